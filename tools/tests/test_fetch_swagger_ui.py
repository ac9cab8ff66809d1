from __future__ import annotations

import gzip
import json
from hashlib import sha256

from fetch_swagger_ui import COMPRESSED, RELEASES, SHA256, TARGET


def test_the_files_in_the_package_are_those_the_tool_would_fetch() -> None:
    record = json.loads((TARGET / "versions.json").read_text("utf-8"))
    assert record["packages"] == {release.name: release.version for release in RELEASES}
    assert record["files"] == SHA256
    assert {name for release in RELEASES for name in release.files.values()} == SHA256.keys()
    for name, digest in SHA256.items():
        packed = name in COMPRESSED
        content = (TARGET / (f"{name}.gz" if packed else name)).read_bytes()
        assert sha256(gzip.decompress(content) if packed else content).hexdigest() == digest
