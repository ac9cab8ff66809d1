"""PyYAML is an extra: importing needs nothing of it, and what does says how to install it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from armillary.openapi import OpenAPIResponse, SchemaGenerator
from armillary.routing import Route

BASE: dict[str, Any] = {"openapi": "3.2.0", "info": {"title": "Shop", "version": "1.0"}}


@pytest.fixture(autouse=True)
def without_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)


def show(request: Any) -> None:
    """
    responses:
      200:
        description: An order.
    """


def prose(request: Any) -> None:
    """An order."""


def test_a_docstring_with_yaml_names_the_extra() -> None:
    with pytest.raises(ImportError, match=r"YAML in a docstring needs PyYAML: pip install 'armillary-openapi\[yaml\]'"):
        SchemaGenerator(BASE).get_schema([Route("/", show)])


def test_a_response_in_yaml_names_the_extra() -> None:
    with pytest.raises(ImportError, match=r"pip install 'armillary-openapi\[yaml\]'"):
        OpenAPIResponse(BASE)


def test_prose_needs_no_yaml() -> None:
    assert SchemaGenerator(BASE).get_schema([Route("/", prose)]) == {**BASE, "paths": {}}


def test_importing_the_package_loads_neither_yaml_nor_a_validation_library() -> None:
    code = "import sys, armillary.openapi; print({'yaml', 'msgspec', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
