"""Several parameters in one segment: the texts are those of the regex, the work is linear."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.routing import Match, Route, Router
from armillary.routing._path_shape import Parameter, Piece, Segment
from armillary.routing._segment_texts import parameter_texts


async def endpoint(request: Any) -> Any: ...


REGEXES = ["[^/]+", "[0-9]+", ".*", "a|-", "[0-9]+(?:\\.[0-9]+)?"]
TEXTS = ["-", "a", "--", "1", "/", "-a", "."]


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    pieces: list[Piece] = []
    for piece in draw(st.lists(st.sampled_from([*REGEXES, *TEXTS]), min_size=1, max_size=7)):
        if piece in REGEXES:
            pieces.append(Parameter(f"p{len(pieces)}", piece))
        elif pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return Segment(pieces)


@given(
    segments().filter(lambda segment: sum(isinstance(piece, Parameter) for piece in segment) > 1),
    st.text(alphabet="-a1/x.\n2", max_size=12),
)
def test_several_parameters_get_the_texts_that_the_regex_gives_them(segment: Segment, text: str) -> None:
    expressions = [re.escape(piece) if isinstance(piece, str) else f"({piece.regex})" for piece in segment]
    expected = re.fullmatch("".join(expressions), text)
    found = parameter_texts(segment)(text)
    assert (None if found is None else tuple(found)) == (None if expected is None else expected.groups())


@pytest.mark.parametrize(
    ("template", "make"),
    [
        ("/{a}-{b}/x", lambda n: "/" + "-" * n + "/y"),
        ("/{a}-{b}.json", lambda n: "/" + "-" * n),
        ("/{a}-{b}_{c}", lambda n: "/_" + "-" * n),
        ("/{a}-{b}-{c:int}", lambda n: "/" + "-" * n + "x"),
        ("/{a}{b}", lambda n: "/" + "a" * n + "/"),
        ("/{a:int}{b:int}", lambda n: "/" + "1" * n + "x"),
        ("/{a:path}/x/{b:path}", lambda n: "/x" * n + "\n"),
    ],
)
@pytest.mark.parametrize("served_by", ["router", "route"])
def test_the_work_for_several_parameters_grows_with_the_path_and_no_faster(
    template: str, make: Callable[[int], str], served_by: str, steps: Any
) -> None:
    route = Route(template, endpoint)
    router = Router([route], redirect_slashes=False)

    def serve(path: str) -> object:
        scope = {"type": "http", "method": "GET", "path": path, "headers": []}
        return router.select(scope) if served_by == "router" else route.matches(scope)

    assert serve(make(200)) in (router.default, (Match.NONE, {}))
    assert steps(lambda: serve(make(3200))) <= 24 * steps(lambda: serve(make(200)))
    # The work inside of a regex is not counted; one for several parameters may take the square of the length.
    assert all(regex.groups < 2 for regex in regexes_run(lambda: serve(make(200))))


def regexes_run(call: Callable[[], object]) -> list[re.Pattern[str]]:
    """Return the regexes that are run by a call."""
    found: list[re.Pattern[str]] = []

    def record(frame: Any, event: str, argument: Any) -> None:
        if event == "c_call" and isinstance(getattr(argument, "__self__", None), re.Pattern):
            found.append(argument.__self__)

    sys.setprofile(record)
    try:
        call()
    finally:
        sys.setprofile(None)
    return found
