"""Names that Starlette's modules have because they import them; programs take them from there."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import armillary.starlette
from armillary.starlette._imported_names import HOMES, IMPORTED
from armillary.starlette._missing import imported

OPTIONAL = {
    "formparsers": "python_multipart",
    "middleware.opentelemetry": "opentelemetry",
    "middleware.sessions": "itsdangerous",
    "requests": "python_multipart",
    "schemas": "yaml",
    "templating": "jinja2",
}


@pytest.fixture(autouse=True)
def alias() -> object:
    armillary.starlette.install(force=True)
    yield
    armillary.starlette.uninstall()


@pytest.mark.parametrize("module", sorted(IMPORTED))
def test_every_name_of_a_module_can_be_imported_and_is_the_object_of_its_home(module: str) -> None:
    if module in OPTIONAL:
        pytest.importorskip(OPTIONAL[module])
    found = import_module(f"starlette.{module}")
    namespace: dict[str, object] = {}
    for name in IMPORTED[module].split():
        exec(f"from starlette.{module} import {name}", namespace)  # noqa: S102
        assert namespace[name] is getattr(found, name)
        assert namespace[name] is imported(name)


def test_a_star_import_gives_imported_names_too() -> None:
    namespace: dict[str, object] = {}
    exec("from starlette.routing import *", namespace)  # noqa: S102
    assert {"Route", "Headers", "WebSocket", "re"} <= namespace.keys()


def test_a_class_has_one_identity_wherever_it_is_imported_from() -> None:
    from starlette.datastructures import State
    from starlette.requests import State as StateOfRequests

    assert StateOfRequests is State


def test_a_name_that_starlette_does_not_have_is_still_an_error_that_says_so() -> None:
    with pytest.raises(ImportError, match=r"this is Starlette 1\.10\.0 as served by Armillary"):
        exec("from starlette.routing import Teapot")  # noqa: S102
    assert not hasattr(import_module("starlette.routing"), "Teapot")


def test_no_name_is_loaded_before_it_is_asked_for() -> None:
    program = (
        "import armillary.starlette; armillary.starlette.install()\n"
        "import sys, starlette.datastructures\n"
        "assert 'ipaddress' not in vars(starlette.datastructures)\n"
        "starlette.datastructures.ipaddress\n"
        "assert 'ipaddress' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_home_is_named_once() -> None:
    names = [entry.partition("=")[0] for entries in HOMES.values() for entry in entries.split()]
    assert len(names) == len(set(names))
    assert set(names) >= {name for listed in IMPORTED.values() for name in listed.split()}
