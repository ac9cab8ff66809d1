"""The drop-in has the names, kinds, signatures, members and bases of the Starlette installed, and does what it does."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).with_name("starlette_interface")))

import compare
from differences import KNOWN, KNOWN_EFFECTS


@pytest.fixture(scope="module")
def real() -> Any:
    return compare.printed_by(sys.executable, "describe.py")


def test_nothing_differs_but_what_is_listed(real: Any) -> None:
    found = compare.differences(real, compare.printed_by(sys.executable, "describe.py", *real, ours=True))
    assert compare.unlisted(found, KNOWN) == []
    # This line covers nothing on Python 3.13 and newer.
    assert {*compare.unused(found, KNOWN)} <= {"starlette.requests.TypeVar"}


def test_inputs_have_the_same_effects_but_for_what_is_listed() -> None:
    found = compare.compare_effects(sys.executable)
    assert compare.unlisted(found, KNOWN_EFFECTS) == []
    assert compare.unused(found, KNOWN_EFFECTS) == []


def test_an_effect_differs_unless_it_is_an_exception_of_the_same_kind() -> None:
    real = {"a": "1", "b": "raises KeyError 404", "c": "raises KeyError", "d": "raises KeyError", "e": "raises A 404"}
    ours = {"a": "2", "b": "raises Own KeyError 404", "c": "raises Own KeyError", "d": "None", "e": "raises A 405"}
    assert [*compare.effects_that_differ(real, ours)] == ["a", "d", "e"]


def test_a_difference_of_every_kind_is_found(real: Any) -> None:
    changed = copy.deepcopy(real)
    routing = changed["starlette.routing"]
    routing["star"].remove("Route")
    route = routing["names"]["Route"]
    route["mro"].insert(1, "starlette.routing.Other")
    route["signature"][0]["name"] = "pattern"
    route["members"]["matches"]["kind"] = "coroutine function"
    del route["members"]["url_path_for"], routing["names"]["Host"]
    routing["names"]["Mount"]["signature"].append({"name": "needed", "kind": "KEYWORD_ONLY"})
    routing["names"]["Router"]["signature"].append({"name": "more", "kind": "KEYWORD_ONLY", "default": "None"})
    assert sorted(compare.differences(real, changed)) == [
        "starlette.routing.*.Route",
        "starlette.routing.Host",
        "starlette.routing.Mount()",
        "starlette.routing.Route()",
        "starlette.routing.Route.__mro__",
        "starlette.routing.Route.matches",
        "starlette.routing.Route.url_path_for",
    ]


def test_starlette_compared_with_itself_differs_in_nothing(real: Any) -> None:
    assert compare.differences(real, real) == {}
