"""Files of npm releases, checked by their hashes, put into a package."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple


class Release(NamedTuple):
    """One npm package: its version, and the targets of its files, by their paths in the package."""

    name: str
    version: str
    files: dict[str, str]


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


def put(
    releases: Sequence[Release],
    hashes: dict[str, str],
    target: Path,
    arguments: list[str],
    *,
    compressed: frozenset[str] = frozenset(),
) -> int:
    """Fetch all releases, and write them if every hash is right; return the status to exit with.

    Args:
        releases: what to fetch.
        hashes: the SHA-256 of each file.
        target: the folder to write to.
        arguments: `["--adopt"]` prints the hashes of what was fetched instead.
        compressed: the files to write compressed by gzip, with ".gz" added to their names.
    """
    adopt = arguments == ["--adopt"]
    files: dict[str, bytes] = {}
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for release in releases:
            fetched = fetch(release, Path(folder))
            for name in release.files.values():
                digest = sha256(fetched[name]).hexdigest()
                if adopt:
                    print(f"{name} {digest}")
                elif digest != hashes[name]:
                    print(f"{release.name} {release.version}: {name} is {digest}, not {hashes[name]}", file=sys.stderr)
                    wrong += 1
            files.update(fetched)
    if wrong or adopt:
        return 1 if wrong else 0
    target.mkdir(exist_ok=True)
    for name, content in files.items():
        if name in compressed:
            (target / f"{name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
        else:
            (target / name).write_bytes(content)
    versions = {release.name: release.version for release in releases}
    record = {"packages": versions, "files": {name: sha256(content).hexdigest() for name, content in files.items()}}
    (target / "versions.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return 0
