from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from hashlib import sha256

from fetch_graphiql import SHA256, SOURCE, TARGET

RECORD = json.loads((TARGET / "versions.json").read_text("utf-8"))


def bundled() -> Iterator[tuple[str, str]]:
    for name, versions in RECORD["packages"].items():
        for version in versions.split(", "):
            yield name, version


def test_the_files_in_the_package_are_those_the_tool_makes() -> None:
    made = {path.name.removesuffix(".gz"): gzip.decompress(path.read_bytes()) for path in TARGET.glob("*.gz")}
    assert {name: sha256(content).hexdigest() for name, content in made.items()} == SHA256
    assert RECORD["files"] == SHA256


def test_what_is_bundled_is_what_the_lock_file_names_with_a_hash() -> None:
    installed = json.loads((SOURCE / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = json.loads((SOURCE / "package.json").read_text("utf-8"))["dependencies"]
    assert wanted.items() <= RECORD["packages"].items()
    for name, version in bundled():
        found = [about for path, about in installed.items() if path.endswith(f"node_modules/{name}")]
        assert any(about["version"] == version and about["integrity"].startswith("sha512-") for about in found), name


def test_every_package_and_font_has_its_licence_in_the_notices() -> None:
    notices = (TARGET / "NOTICES.graphiql.txt").read_text("utf-8")
    for name, version in bundled():
        assert f"{name} {version}" in notices
    for text in ("The Fira Code Project Authors", "The Roboto Project Authors", "SIL OPEN FONT LICENSE"):
        assert text in notices
    assert "(unknown)" not in notices


def test_the_page_adds_less_than_3_mb_to_the_wheel() -> None:
    assert sum(path.stat().st_size for path in TARGET.iterdir()) < 3_000_000
