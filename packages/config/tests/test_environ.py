"""The guard on the environment."""

from __future__ import annotations

import os

import pytest

from armillary.config import Environ, EnvironError


def test_what_was_not_read_can_be_changed() -> None:
    guarded = {"A": "1"}
    environ = Environ(guarded)
    environ["A"] = "2"
    environ["B"] = "3"
    del environ["B"]
    assert guarded == {"A": "2"}
    assert environ["A"] == "2"


@pytest.mark.parametrize("read", [lambda e: e["A"], lambda e: e.get("A"), lambda e: "A" in e, lambda e: dict(e)])
def test_what_was_read_cannot_be_changed(read: object) -> None:
    environ = Environ({"A": "1"})
    read(environ)  # type: ignore[operator]
    with pytest.raises(EnvironError, match=r"cannot set environ\['A'\]: its value has already been read"):
        environ["A"] = "2"
    with pytest.raises(EnvironError, match="cannot delete"):
        del environ["A"]


def test_finding_a_variable_absent_is_reading_it() -> None:
    environ = Environ({})
    assert environ.get("A") is None
    with pytest.raises(EnvironError):
        environ["A"] = "1"


def test_it_represents_the_processs_environment() -> None:
    environ = Environ()
    assert (list(environ), len(environ)) == (list(os.environ), len(os.environ))
