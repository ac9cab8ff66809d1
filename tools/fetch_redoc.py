"""Puts Redoc's released file into armillary-redoc, from the npm registry.

Run it by `make redoc`; it needs npm. The hash of the file is listed here: one that is not the one that was reviewed is
rejected. `--adopt` prints the hashes of what was fetched instead.

Redoc's release has no list of what is bundled in it beyond the comments in the file. `tools/redoc/package.json` has the
packages that its `package.json` names and the registry has. npm installs what the lock file beside it names, with its
hashes, and the licences of all of it become the notices. To upgrade, change both there and run
`npm install --package-lock-only --ignore-scripts --legacy-peer-deps --omit-lockfile-registry-resolved`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from npm_files import Release, put
from npm_notices import notices, package_in

SOURCE = Path(__file__).with_name("redoc")
TARGET = Path(__file__).resolve().parents[1] / "packages/redoc/src/armillary/redoc/bundle"

RELEASES = (
    Release("redoc", "3.0.1", {"bundles/redoc.standalone.js": "redoc.standalone.js", "LICENSE": "LICENSE.redoc.txt"}),
)
COMPRESSED = frozenset({"redoc.standalone.js"})
SHA256 = {
    "LICENSE.redoc.txt": "02c01d2ca84c2e845a48602cbb51c82b4fa25120b30b7e85045d940db50d15eb",
    "redoc.standalone.js": "8c70c2de83d33e33a75b225e573d6d9fe851f066f824b44b1637d831d52d7543",
}


def notices_of_contents() -> str:
    """Install what Redoc names as its parts, and return their licences."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / file, folder)
        npm = ["npm", "ci", "--silent", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"]
        subprocess.run(npm, cwd=folder, check=True)
        locked = json.loads((SOURCE / "package-lock.json").read_text("utf-8"))["packages"]
        packages = [package_in(folder / path) for path in locked if path]
    return notices("Redoc", packages)


def main(arguments: list[str]) -> int:
    """Write the files if every hash is right; return the status to exit with."""
    status = put(RELEASES, SHA256, TARGET, arguments, compressed=COMPRESSED)
    if status == 0 and not arguments:
        (TARGET / "NOTICES.redoc.txt").write_text(notices_of_contents(), "utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
