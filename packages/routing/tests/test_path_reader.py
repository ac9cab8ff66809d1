"""Paths read by their segments give the values that the regex and the convertors give."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from itertools import product
from types import FrameType
from typing import Any

import pytest

from armillary.routing import Convertor, Match, Route, Router, _path_reader, compile_path, register_url_convertor
from armillary.routing._path_reader import RegexReader, SegmentReader, path_reader
from armillary.routing._path_shape import path_shape


async def endpoint(request: Any) -> Any: ...


class Even(Convertor[int]):
    regex = "[0-9]+"

    def convert(self, value: str) -> int:
        if int(value) % 2:
            raise ValueError("odd")
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


class Looking(Convertor[str]):
    """Its regex looks at the text around the parameter."""

    regex = "(?<=/)[ab/]+"

    def convert(self, value: str) -> str:
        return value.upper()

    def to_string(self, value: str) -> str:
        return value.lower()


register_url_convertor("evens", Even())
register_url_convertor("looking", Looking())

# Templates of the parameters x and z, and y in the segment after them.
TEMPLATES = [
    *("/{x}", "/{x:int}", "/{x:float}", "/{x:uuid}", "/{x:date}", "/{x:path}", "/{x:evens}", "/{x:int(min=5,max=9)}"),
    *("/{x:float(max=7)}", "/{x:regex([ab]+)}", "/{x:regex(a|b)}", "/{x:regex(a|)}", "/{x:looking}"),
    *("/a{x}", "/{x}b", "/a{x}b", "/a{x:int}", "/{x:date}b", "/a{x:path}", "/{x:path}b", "/a{x:regex(a|)}"),
    *("/{x}-{z}", "/{x}{z}", "/{x:int}-{z}", "/{x}-{z:int}", "/{x}{z:int}", "/{x:int}{z:int}", "/a{x}-{z}b"),
    *("/{x:float}-{z:date}", "/{x:regex(a|b)}-{z}", "/{x:evens}-{z:evens}", "/{x:path}-{z:path}", "/{x:path}{z:int}"),
]
UUID = "123e4567-e89b-12d3-a456-426614174000"
TEXTS = [
    *(
        "",
        "a",
        "b",
        "ab",
        "aa",
        "aab",
        "ba",
        "a-b",
        "a-",
        "-a",
        "-",
        "--",
        "a-b-a",
        "aa-bb",
        "a/b",
        "/",
        "/a",
        "a/",
        "a/-/b",
    ),
    *(
        "7",
        "8",
        "10",
        "007",
        " 7",
        "7 ",
        "+7",
        "-7",
        "7_7",
        "a7",
        "7b",
        "7-7",
        "8-8",
        "8-7",
        "7-a",
        "a-7",
        "-7-",
        "a77",
        "77",
    ),
    *("\n", "a\n", "\na", "7\n", "a\nb", "a-\n", "\n-b", "7-\n", "8\n-8", "2026-01-31\n", UUID + "\n"),
    *("\u0667", "\u00b2", "7\u0667", "a-\u0667", "\u0667-a", "7.\u0667", "\u0667\u0667\u0667\u0667-01-31", "\uff17"),
    *(
        "7.5",
        "7.",
        ".5",
        "1e5",
        "7.5.5",
        "inf",
        "nan",
        "9" * 400 + ".5",
        "9" * 4301,
        "7.5-2026-01-31",
        "7.5-2026-02-31",
    ),
    *("2026-01-31", "2026-02-31", "20260131", "2026-1-31", "2026-W05-6", "2026-01-31b", "a2026-01-31"),
    *(UUID, UUID.upper(), UUID.replace("-", ""), UUID[:-1], UUID + "0", "{" + UUID + "}", "urn:uuid:" + UUID),
]


def by_regex(regex: re.Pattern[str], convertors: dict[str, Convertor[Any]], path: str) -> dict[str, Any] | None:
    """The definition: the regex matches, and each convertor takes its text."""
    found = regex.match(path)
    if found is None:
        return None
    try:
        return {name: convertors[name].convert(text) for name, text in found.groupdict().items()}
    except ValueError:
        return None


@pytest.mark.parametrize("after", ["", "/{y:int}", "/c"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_path_has_the_parameters_that_its_regex_gives(template: str, after: str) -> None:
    route = Route(template + after, endpoint)
    router = Router([route], redirect_slashes=False)
    regex, _, convertors = compile_path(template + after)
    for text, more in product(TEXTS, ["", "/7", "/c"]):
        path = f"/{text}{more}"
        expected = by_regex(regex, convertors, path)
        scope = {"type": "http", "method": "GET", "path": path, "headers": []}
        match, child = route.matches(scope)
        assert (match is Match.FULL) == (expected is not None), path
        assert child.get("path_params") == expected, path
        assert (router.select(scope) is route.app) == (expected is not None), path
        assert scope.get("path_params") == expected, path
        assert list(expected or ()) == list(scope.get("path_params", ())), path


def test_a_regex_is_needed_only_where_it_looks_around() -> None:
    for template in TEMPLATES:
        expected = RegexReader if "looking" in template else SegmentReader
        assert type(Route(template, endpoint).reader) is expected, template


def test_a_custom_convertor_is_asked_only_if_all_texts_match() -> None:
    class Raising(Convertor[str]):
        regex = "[a-z]+"

        def convert(self, value: str) -> str:
            raise RuntimeError(value)

        def to_string(self, value: str) -> str:
            return value

    register_url_convertor("raising", Raising())
    route = Route("/{x:raising}/{y:int}", endpoint)
    scope = {"type": "http", "method": "GET", "headers": []}
    assert route.matches({**scope, "path": "/a/b"}) == (Match.NONE, {})
    with pytest.raises(RuntimeError, match="a"):
        route.matches({**scope, "path": "/a/7"})


def test_a_custom_convertor_of_the_rest_of_a_path_may_reject_it() -> None:
    class Rejecting(Convertor[str]):
        regex = ".*"

        def convert(self, value: str) -> str:
            raise ValueError(value)

        def to_string(self, value: str) -> str:
            return value

    reader = path_reader(compile_path("/m/{path:path}")[0], {"path": Rejecting()})
    assert reader.split("/m/x") is None


class Letters(Convertor[str]):
    regex = "[a-z]+"

    def convert(self, value: str) -> str:
        return value.upper()

    def to_string(self, value: str) -> str:
        return value.lower()


register_url_convertor("letters", Letters())


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/{x:int}", "/4"),
        ("/{x:letters}", "/a"),
        ("/{x}-{z:letters}/{y:evens}", "/7-b/4"),
        ("/{x}/{y:path}", "/a/b/c"),
    ],
)
def test_threads_may_read_the_first_path_at_once(template: str, path: str) -> None:
    """Wherever one is interrupted, another reads a whole path, and again after each line that the first goes on."""
    regex, _, convertors = compile_path(template)
    expected = by_regex(regex, convertors, path)
    shape = path_shape(regex)
    assert expected
    assert shape is not None
    line, found = 0, [expected]
    while line == 0 or len(found) > 1:
        line += 1
        reader = SegmentReader(regex, shape, convertors)
        found = found_when_interrupted(partial(reader.params, path), line)
        assert [*found, reader.params(path)] == [expected] * (len(found) + 1), line
    assert line > 20


def found_when_interrupted(read: Callable[[], Any], first_line: int) -> list[Any]:
    """Return what `read` returns, and other calls of it before each line of the reader from some line on."""
    found: list[Any] = []
    lines = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal lines
        if frame.f_code.co_filename != _path_reader.__file__:
            return None
        lines += event == "line"
        if event == "line" and lines >= first_line:
            found.append(read())
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        found.append(read())
    finally:
        sys.settrace(before)
    return found
