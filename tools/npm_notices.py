"""Write the licences of what a bundled file of an npm release holds, from its source map.

usage: python tools/npm_notices.py RELEASE MAP TARGET [RELEASE_TO_ADD ...]

as in `python tools/npm_notices.py graphiql@4.1.2 graphiql.min.js.map NOTICES.graphiql.txt react@18.3.1`. A source map
names packages without their versions, so the licence of each is that of the release that npm installs beside it; add
those that it no longer installs.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

PACKAGE = re.compile(r"node_modules/((?:@[^/]+/)?[^/]+)")
LICENCE = re.compile(r"(licen[sc]e|copying|notice)", re.IGNORECASE)
WITHOUT_A_FILE = "No licence file is published with it; its package.json names the licence."


def bundled_packages(source_map: str) -> list[str]:
    """Return the packages whose files a bundle was made of, beside those of the release itself."""
    sources = (PACKAGE.findall(source) for source in json.loads(source_map)["sources"])
    return sorted({found[-1] for found in sources if found})


def licence_of(folder: Path) -> tuple[str, str]:
    """Return the name of a package's licence, and its text."""
    name = json.loads((folder / "package.json").read_text("utf-8")).get("license", "unknown")
    files = sorted(file for file in folder.iterdir() if file.is_file() and LICENCE.match(file.name))
    text = "\n".join(file.read_text("utf-8").strip() for file in files)
    return str(name), text or WITHOUT_A_FILE


def notices(release: str, packages: dict[str, tuple[str, str]]) -> str:
    """Return the document: each text once, with the packages that it is of.

    Args:
        release: what bundles the packages.
        packages: the name of the licence and its text, by package.
    """
    owners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for package, licence in sorted(packages.items()):
        owners[licence].append(package)
    parts = [f"{release} contains the packages below, under their own licences.\n"]
    for (name, text), names in sorted(owners.items(), key=lambda item: item[1]):
        parts.append(f"{'-' * 80}\n{', '.join(names)} ({name})\n\n{text}\n")
    return "\n".join(parts)


def main() -> int:
    release, source_map, target, *added = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", release, *added]
        subprocess.run(command, cwd=folder, check=True)
        modules = Path(folder, "node_modules")
        names = bundled_packages((modules / release.partition("@")[0] / source_map).read_text("utf-8"))
        missing = [name for name in names if not (modules / name).is_dir()]
        if missing:
            print(f"npm does not install {', '.join(missing)}; name a release of each", file=sys.stderr)
            return 1
        Path(target).write_text(notices(release, {name: licence_of(modules / name) for name in names}), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
