"""Write what a package consists of and needs, as CycloneDX, for its release.

Usage: `python tools/sbom.py PACKAGE ...` writes `sbom/armillary_cors.cdx.json` for `cors`: its locked dependencies with
those of its extras, and the npm packages whose files are in the wheel, with the hash of each file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

from charter import ROOT, distribution_name


def locked_components(package: str) -> dict[str, Any]:
    """Return what uv exports for a package."""
    uv = (ROOT / ".tools" / "uv-path").read_text("utf-8").strip()
    options = ["--quiet", "--locked", "--no-dev", "--all-extras", "--package", distribution_name(package)]
    command = [uv, "export", *options, "--preview-features", "sbom-export", "--format", "cyclonedx1.5"]
    exported: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    return exported


def bundled_components(package: str) -> list[dict[str, Any]]:
    """Return the npm packages whose files a package ships."""
    components: list[dict[str, Any]] = []
    for record in sorted((ROOT / "packages" / package / "src").rglob("versions.json")):
        bundle = json.loads(record.read_text("utf-8"))
        files = [
            {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": digest}]}
            for name, digest in bundle["files"].items()
        ]
        for name, versions in bundle["packages"].items():
            for version in versions.split(", "):
                url = f"pkg:npm/{name.replace('@', '%40')}@{version}"
                components.append({"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url})
        components += files
    return components


def write(package: str, folder: Path) -> Path:
    """Write the bill of materials of a package, and return where it is."""
    bill = locked_components(package)
    bill["components"] = [*bill.get("components", []), *bundled_components(package)]
    folder.mkdir(exist_ok=True)
    path = folder / f"{distribution_name(package).replace('-', '_')}.cdx.json"
    path.write_text(json.dumps(bill, indent=2) + "\n", "utf-8")
    return path


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="+", metavar="PACKAGE")
    for package in parser.parse_args().packages:
        print(write(package, ROOT / "sbom"))


if __name__ == "__main__":
    main()
