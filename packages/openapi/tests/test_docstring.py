"""Malformed docstrings name route, file and line."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from armillary.openapi import DocstringError, SchemaGenerator
from armillary.routing import Route

GENERATOR = SchemaGenerator({"openapi": "3.2.0", "info": {"title": "Shop", "version": "1.0"}})
SOURCE = Path(__file__).read_text().splitlines()


def broken(request: Any) -> None:
    """
    Orders.

    ---
    responses:
      200:
        description: [an order  # broken here
    """


def scalar(request: Any) -> None:
    """
    Orders.

    ---
    just text
    """


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(SOURCE, 1) if line.strip().startswith(text))


@pytest.mark.parametrize("method", [broken, functools.wraps(broken)(lambda request: None)])
def test_a_yaml_error_names_route_file_and_line(method: Any) -> None:
    with pytest.raises(DocstringError) as info:
        GENERATOR.get_schema([Route("/orders", method)])
    message = str(info.value)
    assert message.startswith(f"docstring of GET /orders, {__file__}:")
    line = int(message.removeprefix(f"docstring of GET /orders, {__file__}:").partition(":")[0])
    assert line_of("description: [an order") <= line <= line_of("description: [an order") + 1


def test_yaml_that_is_not_a_mapping_is_an_error() -> None:
    with pytest.raises(DocstringError, match="expected fields such as 'responses:'"):
        GENERATOR.get_schema([Route("/orders", scalar)])


def no_such_day(request: Any) -> None:
    """
    responses:
      200:
        description: Orders of a day.
        example: 2024-02-31
    """


def control_character(request: Any) -> None:
    """
    responses:
      200:
        description: A bell \a rings.
    """


def listed_by_name(request: Any) -> None:
    """
    parameters: [id]
    responses: {}
    """


@pytest.mark.parametrize("method", [no_such_day, control_character, listed_by_name])
def test_yaml_that_cannot_be_parsed_names_route_and_file(method: Any) -> None:
    with pytest.raises(DocstringError, match=r"docstring of GET /orders/\{id\}, .*test_docstring\.py:"):
        GENERATOR.get_schema([Route("/orders/{id:int}", method)])


def test_without_a_source_file_the_line_of_the_docstring_is_named() -> None:
    namespace: dict[str, Any] = {}
    exec('def generated(request):\n    """\n    responses: [\n    """\n', namespace)  # noqa: S102
    with pytest.raises(DocstringError, match=r"docstring of generated, line \d of it: "):
        GENERATOR.parse_docstring(namespace["generated"])
