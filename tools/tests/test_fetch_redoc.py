from __future__ import annotations

import gzip
import json
from hashlib import sha256

from fetch_redoc import COMPRESSED, RELEASES, SHA256, SOURCE, TARGET

from armillary.redoc import SCRIPT, VERSION


def test_the_files_in_the_package_are_those_the_tool_would_fetch() -> None:
    record = json.loads((TARGET / "versions.json").read_text("utf-8"))
    assert record["packages"] == {release.name: release.version for release in RELEASES} == {"redoc": VERSION}
    assert record["files"] == SHA256
    for name, digest in SHA256.items():
        packed = name in COMPRESSED
        content = (TARGET / (f"{name}.gz" if packed else name)).read_bytes()
        assert sha256(gzip.decompress(content) if packed else content).hexdigest() == digest
    assert SCRIPT.is_file()


def test_every_package_that_redoc_names_has_its_licence_in_the_notices() -> None:
    notices = (TARGET / "NOTICES.redoc.txt").read_text("utf-8")
    locked = json.loads((SOURCE / "package-lock.json").read_text("utf-8"))["packages"]
    for path, about in locked.items():
        if path:
            assert about["integrity"].startswith("sha512-"), path
            assert f"{path.rpartition('node_modules/')[2]} {about['version']}" in notices
    assert "(unknown)" not in notices


def test_the_package_is_below_1_mb() -> None:
    assert sum(path.stat().st_size for path in TARGET.iterdir()) < 1_000_000
