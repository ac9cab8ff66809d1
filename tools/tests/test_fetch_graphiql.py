from __future__ import annotations

import json

from fetch_graphiql import RELEASES, SHA256, TARGET


def test_the_files_in_the_package_are_those_the_tool_would_fetch() -> None:
    record = json.loads((TARGET / "versions.json").read_text("utf-8"))
    assert record["packages"] == {release.name: release.version for release in RELEASES}
    assert record["files"] == SHA256
    assert {name for release in RELEASES for name in release.files.values()} == SHA256.keys()
