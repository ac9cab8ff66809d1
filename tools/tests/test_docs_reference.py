"""The reference that is made from docstrings."""

from __future__ import annotations

import importlib

import griffe
from docs_doctests import Doctests
from docs_reference import public_modules, reference_pages


def test_every_package_with_public_names_has_a_page() -> None:
    pages = {title for page in reference_pages() for title in page}
    assert {"cors", "http", "routing", "sessions.redis"} <= pages
    assert "starlette.routing" not in pages


def test_the_names_of_a_page_are_those_that_its_module_exports() -> None:
    for _, module, names in public_modules():
        assert [name for name in names if not hasattr(importlib.import_module(module), name)] == [], module


def test_examples_become_blocks_of_code() -> None:
    docstring = griffe.Docstring("Add.\n\n>>> 1\n1")
    Doctests().on_object(obj=griffe.Function("add", docstring=docstring))
    assert docstring.value == "Add.\n\n```pycon\n>>> 1\n1\n```"
