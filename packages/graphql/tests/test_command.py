"""`python -m armillary.graphql` prints a schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.graphql.__main__ import main

PROGRAM = """
import strawberry
from armillary.graphql import GraphQL

@strawberry.type
class Query:
    hello: str = "world"

schema = strawberry.Schema(Query)
app = GraphQL(schema)
number = 1
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "printed_program.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "printed_program"


@pytest.mark.parametrize("name", ["schema", "app"])
def test_the_schema_is_printed(module: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{module}:{name}"]) == 0
    assert capsys.readouterr().out.startswith("type Query {\n  hello: String!\n}")


def test_the_schema_is_written_to_a_file(module: str, tmp_path: Path) -> None:
    assert main([f"{module}:schema", "--output", str(tmp_path / "schema.graphql")]) == 0
    assert "type Query" in (tmp_path / "schema.graphql").read_text()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("printed_program", "expected module:name"),
        ("printed_program:missing", "has no attribute"),
        ("printed_program:number", "neither a strawberry.Schema"),
        ("no_such_program:schema", "No module named"),
    ],
)
def test_a_wrong_target_is_named(module: str, target: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([target]) == 2
    assert message in capsys.readouterr().err
