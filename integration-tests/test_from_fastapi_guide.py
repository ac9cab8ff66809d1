"""The guide for those who come from FastAPI has each of its parameter functions, options and classes of security."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

GUIDE = Path(__file__).parents[1] / "docs" / "guides" / "from-fastapi.md"
fastapi: Any = pytest.importorskip("fastapi")

NAMED = re.compile(r"\w+")


@pytest.fixture(scope="module")
def rows() -> set[str]:
    """Every word in code in the first column of a table."""
    lines = [line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    cells = [re.split(r"(?<!\\)\|", line)[1] for line in lines]
    return {word for cell in cells for code in re.findall("`([^`]*)`", cell) for word in NAMED.findall(code)}


def options_of(function: Any) -> set[str]:
    return {*inspect.signature(function).parameters} - {"self", "extra", "dependency", "dependencies"}


FUNCTIONS = ["Path", "Query", "Header", "Cookie", "Body", "Form", "File", "Depends", "Security"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_function_and_option_is_in_the_guide(rows: set[str], name: str) -> None:
    assert {name, *options_of(getattr(fastapi, name))} - rows == set()


@pytest.mark.parametrize("name", ["get", "websocket", "include_router", "__init__"])
def test_every_option_of_a_route_and_of_the_application_is_in_the_guide(rows: set[str], name: str) -> None:
    shown = rows | {f"response_model_{rest}" for rest in ("exclude", "by_alias", "exclude_defaults", "exclude_none")}
    assert options_of(getattr(fastapi.FastAPI, name)) - shown == set()


def test_every_option_of_a_router_is_in_the_guide(rows: set[str]) -> None:
    assert options_of(fastapi.APIRouter.__init__) - rows == set()


def test_every_class_of_security_is_in_the_guide(rows: set[str]) -> None:
    classes = {name for name, value in vars(fastapi.security).items() if inspect.isclass(value)}
    assert classes - rows == set()
