"""Arguments that the sources of parameters do not take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest

from armillary.binding import BindingError, Depends, EventStream, Header, Query, bind
from armillary.testing import TestClient

MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"default": 20}, "write `Annotated[..., Query()] = 20`"),
    ({"default_factory": list}, "write `Annotated[list[str], Query()] = []`"),
    ({"regex": "^a"}, "write pattern='^a'"),
    ({"example": 3}, "write examples=[3]"),
    ({"min_items": 1}, "write min_length=1"),
    ({"discriminator": "kind"}, "write a union of structs with a tag"),
    ({"exmples": [3]}, "did you mean 'examples'?"),
]


@pytest.mark.parametrize(("given", "said"), MISTAKES, ids=[next(iter(given)) for given, _ in MISTAKES])
def test_an_argument_that_is_not_taken_says_what_to_write(given: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError) as caught:
        Query(**given)
    name = next(iter(given))
    assert str(caught.value).startswith(f"Query got an unexpected keyword argument {name!r}")
    assert said in str(caught.value)


def test_an_ellipsis_learns_that_no_default_means_required() -> None:
    source: Any = Query
    with pytest.raises(TypeError, match=r"got \.\.\.; leave it out: a parameter without a default is required"):
        source(..., gt=3)


def test_an_argument_of_one_source_is_not_taken_by_another() -> None:
    assert Header(convert_underscores=False).convert_underscores is False
    source: Any = Query
    with pytest.raises(TypeError, match="'convert_underscores'"):
        source(convert_underscores=False)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        (Query, r"Query is not a type: write Annotated\[int, Query\(...\)\]"),
        (Depends, r"Depends is not a type: write Annotated\[int, Depends\(...\)\]"),
        (EventStream, r"EventStream is not a type: write Annotated\[AsyncIterator\[int\], EventStream\(...\)\]"),
    ],
)
def test_a_marker_written_as_a_generic_type_says_where_it_stands(marker: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        marker[int]


def test_a_marker_in_the_place_of_a_type_is_an_error_at_construction() -> None:
    def read(number: Query) -> None: ...

    async def watch() -> EventStream:
        raise NotImplementedError

    def made(number: Annotated[int, Depends]) -> None: ...

    for function, said in (
        (read, "of parameter 'number' Query is not a type: write Annotated[..., Query(...)]"),
        (watch, "of its result EventStream is not a type: write Annotated[AsyncIterator[...], EventStream(...)]"),
        (made, "Depends() of 'number' names no function: write Depends(the_function)"),
    ):
        with pytest.raises(BindingError) as caught:
            bind(function)
        assert said in str(caught.value)


def test_the_class_of_a_stream_of_events_will_do() -> None:
    async def clock() -> Annotated[AsyncIterator[int], EventStream]:
        yield 1

    with TestClient(bind(clock)) as client:
        assert client.get("/").headers["content-type"].startswith("text/event-stream")
