"""Look the locked dependencies up in a database of known vulnerabilities; fail without one.

Usage: `python tools/audit.py [--osv-url https://api.osv.dev/v1/query] [requirements.txt ...]`. Without files, all that
`uv.lock` has is looked up. A release whose flaws are published is looked up with it: a source that knows none of them
has no data, and that it found nothing says nothing. Exits with 1 for a vulnerability, with 2 without data.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from charter import ROOT

OSV_URL = "https://api.osv.dev/v1/query"
KNOWN = ("bottle", "0.12.0")
"""No dependency of ours. Has CVE-2014-3137 and CVE-2020-28473, which no source will forget."""


def look_up(requirements: list[Path], osv_url: str) -> dict[str, list[str]] | None:
    """Return the ids of advisories for pinned requirements, by name and version; None if the source cannot be asked."""
    files = [argument for path in requirements for argument in ("--requirement", str(path))]
    options = ["--vulnerability-service", "osv", "--osv-url", osv_url, "--no-deps", "--disable-pip", "--desc", "off"]
    command = [sys.executable, "-m", "pip_audit", *options, "--progress-spinner", "off", "--format", "json", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except ValueError:
        print(done.stderr, file=sys.stderr)
        return None
    return {f"{entry['name']} {entry['version']}": [found["id"] for found in entry["vulns"]] for entry in dependencies}


def locked_requirements(folder: Path) -> Path:
    """Return a file of everything that is locked and comes from an index."""
    uv = (ROOT / ".tools" / "uv-path").read_text("utf-8").strip()
    options = ["--locked", "--all-packages", "--all-extras", "--all-groups", "--no-hashes", "--no-emit-local"]
    command = [uv, "export", "--quiet", *options, "--no-annotate", "--no-header", "--format", "requirements.txt"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    requirements = folder / "locked.txt"
    requirements.write_text(text, "utf-8")
    return requirements


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("requirements", nargs="*", type=Path, help="everything that is locked by default")
    parser.add_argument("--osv-url", default=OSV_URL)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        known = Path(name, "known.txt")
        known.write_text("==".join(KNOWN) + "\n", "utf-8")
        found = look_up([known, *(options.requirements or [locked_requirements(Path(name))])], options.osv_url)
    if found is None or not found.pop(" ".join(KNOWN)):
        print(f"{options.osv_url} has no advisories: it knows no flaw of {' '.join(KNOWN)}", file=sys.stderr)
        return 2
    vulnerable = {release: ids for release, ids in found.items() if ids}
    for release, ids in vulnerable.items():
        print(f"{release}: {', '.join(ids)}")
    print(f"{len(found)} releases looked up, {len(vulnerable)} with known vulnerabilities")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
