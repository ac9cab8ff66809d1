from __future__ import annotations

import functools
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from armillary.asgi_types import annotations_of, signature_of

# Before CPython 3.14 a name that is not there yet is possible in texts only.
LATE = "" if sys.version_info >= (3, 14) else "from __future__ import annotations\n"


@pytest.fixture
def late_function(tmp_path: Path) -> Any:
    """A function with an annotation that names what is not there."""
    module = tmp_path / "late.py"
    module.write_text(f"{LATE}def show(star: Star, number: int) -> Star: ...\n")
    return runpy.run_path(str(module))["show"]


def test_an_annotation_that_cannot_be_found_is_a_text(late_function: Any) -> None:
    found = annotations_of(late_function)
    assert (found["star"], found["return"]) == ("Star", "Star")
    assert found["number"] in ("int", int)


def test_the_signature_of_a_function_is_known_before_its_annotations_are(late_function: Any) -> None:
    signature = signature_of(late_function)
    assert [*signature.parameters] == ["star", "number"]
    assert signature.parameters["star"].annotation == "Star"


def test_annotations_that_resolve_are_as_they_are() -> None:
    def show(star: int) -> str: ...

    show.__annotations__ = {"star": int, "return": str}
    assert annotations_of(show) == annotations_of(functools.partial(show, 1)) == {"star": int, "return": str}
    assert annotations_of(print) == annotations_of(object()) == {}


def test_what_has_no_signature_is_an_error() -> None:
    with pytest.raises(TypeError):
        signature_of(3)  # type: ignore[arg-type]
