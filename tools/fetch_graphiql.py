"""Puts GraphiQL's released files into the package, from the npm registry.

Run it by `make graphiql`; it needs npm. Versions and hashes are listed here: a file that is not the
one that was reviewed is rejected. `--adopt` prints the hashes of what was fetched instead.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

TARGET = Path(__file__).resolve().parents[1] / "packages/graphql/src/armillary/graphql/graphiql"


class Release(NamedTuple):
    """One npm package: its version, and the targets of its files, by their paths in the package."""

    name: str
    version: str
    files: dict[str, str]


RELEASES = (
    Release(
        "graphiql",
        "4.1.2",
        {
            "graphiql.min.js": "graphiql.min.js",
            "graphiql.min.css": "graphiql.min.css",
            "LICENSE": "LICENSE.graphiql.txt",
        },
    ),
    Release(
        "react",
        "18.3.1",
        {"umd/react.production.min.js": "react.production.min.js", "LICENSE": "LICENSE.react.txt"},
    ),
    Release(
        "react-dom",
        "18.3.1",
        {"umd/react-dom.production.min.js": "react-dom.production.min.js", "LICENSE": "LICENSE.react-dom.txt"},
    ),
    Release(
        "graphql-ws",
        "5.16.2",
        {"umd/graphql-ws.min.js": "graphql-ws.min.js", "LICENSE.md": "LICENSE.graphql-ws.txt"},
    ),
)

SHA256 = {
    "LICENSE.graphiql.txt": "4b18fbe55c4e8f9169cb702be138f4d858a2dad920c39857204ffdc9c1c9fdc4",
    "LICENSE.graphql-ws.txt": "58737f97fe15c9aa68eb067f97a5488ceffca6835bfce511c6819c5156dca48e",
    "LICENSE.react-dom.txt": "52412d7bc7ce4157ea628bbaacb8829e0a9cb3c58f57f99176126bc8cf2bfc85",
    "LICENSE.react.txt": "52412d7bc7ce4157ea628bbaacb8829e0a9cb3c58f57f99176126bc8cf2bfc85",
    "graphiql.min.css": "30487e07635d312a63f647b140d37740a73c53332b0975bf4b1fe985ca6ec885",
    "graphiql.min.js": "867226ba8af5ce7949903fc53932f78dac9f4bfc6cc8da0fd3869b8bc6c5256b",
    "graphql-ws.min.js": "deb8cd1b4feadd52ae0365a4df8a89847f2904c2a8cbdac8756b8d962c0cb8e4",
    "react-dom.production.min.js": "35f4f974f4b2bcd44da73963347f8952e341f83909e4498227d4e26b98f66f0d",
    "react.production.min.js": "d949f1c3687aedadcedac85261865f29b17cd273997e7f6b2bfc53b2f9d4c4dd",
}


def fetch(release: Release, folder: Path) -> dict[str, bytes]:
    """Return the files of a release, by the names they are to have."""
    command = ["npm", "pack", "--silent", "--ignore-scripts", f"{release.name}@{release.version}"]
    archive = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.split()[-1]
    found: dict[str, bytes] = {}
    with tarfile.open(folder / archive) as package:
        for path, name in release.files.items():
            member = package.extractfile(f"package/{path}")
            assert member is not None, f"{release.name} has no {path}"
            found[name] = member.read()
    return found


def main(arguments: list[str]) -> int:
    """Fetch all releases, and write them if every hash is right."""
    adopt = arguments == ["--adopt"]
    files: dict[str, bytes] = {}
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for release in RELEASES:
            fetched = fetch(release, Path(folder))
            for name in release.files.values():
                digest = sha256(fetched[name]).hexdigest()
                if adopt:
                    print(f"{name} {digest}")
                elif digest != SHA256[name]:
                    print(f"{release.name} {release.version}: {name} is {digest}, not {SHA256[name]}", file=sys.stderr)
                    wrong += 1
            files.update(fetched)
    if wrong or adopt:
        return 1 if wrong else 0
    TARGET.mkdir(exist_ok=True)
    for name, content in files.items():
        (TARGET / name).write_bytes(content)
    versions = {release.name: release.version for release in RELEASES}
    record = {"packages": versions, "files": {name: sha256(content).hexdigest() for name, content in files.items()}}
    (TARGET / "versions.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
