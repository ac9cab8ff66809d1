from __future__ import annotations

from pathlib import Path

import pytest
from charter import load_charter


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('[a]\nsiblings = ["b"]\n[b]\nsiblings = ["c"]\n[c]\nsiblings = ["a"]', "in a circle: a -> b -> c -> a"),
        ('[a]\nsiblings = ["b"]\n[b]\nextra-siblings = ["a"]', "in a circle: a -> b -> a"),
        ('[a]\nsiblings = ["b"]\n[b]\nsiblings = ["c"]\n[c]\nsiblings = ["*"]', "in a circle: a -> b -> c -> a"),
        ('[a]\nsiblings = ["b"]', r"\[a\] names siblings that have no row: b"),
    ],
)
def test_a_table_that_cannot_be_held_to_is_rejected(tmp_path: Path, rows: str, message: str) -> None:
    table = tmp_path / "charter.toml"
    table.write_text(rows)
    with pytest.raises(ValueError, match=message):
        load_charter(table)


def test_a_star_is_every_other_package_but_the_meta_package(tmp_path: Path) -> None:
    table = tmp_path / "charter.toml"
    table.write_text('[a]\n[b]\n[c]\nsiblings = ["*"]\n[armillary]\nsiblings = ["*"]')
    charter = load_charter(table)
    assert charter["c"].siblings == {"a", "b"}
    assert charter["armillary"].siblings == {"a", "b", "c"}


def test_a_star_leaves_out_what_stands_on_the_package(tmp_path: Path) -> None:
    table = tmp_path / "charter.toml"
    table.write_text('[a]\n[b]\nsiblings = ["*"]\n[c]\nsiblings = ["b"]')
    assert load_charter(table)["b"].siblings == {"a"}
