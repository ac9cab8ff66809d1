"""How a session's cookie is found in a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from armillary.sessions._cookie_header import CookieHeader

COOKIE = CookieHeader("session", "/", "lax", None, None, False)


@pytest.mark.parametrize(
    ("headers", "value"),
    [
        ([], None),
        ([b"session=a"], "a"),
        ([b"theme=dark", b"session=a"], "a"),
        ([b"session=a", b"theme=dark"], "a"),
        ([b"my-session=a"], None),
        ([b"theme=session"], None),
    ],
)
def test_the_cookie_is_found_in_any_header_and_by_its_whole_name(headers: list[bytes], value: str | None) -> None:
    assert COOKIE.read({"type": "http", "headers": [(b"cookie", header) for header in headers]}) == value


def test_other_cookies_are_not_parsed_if_the_session_is_not_among_them(
    steps: Callable[[Callable[[], object]], int],
) -> None:
    def taken(count: int) -> int:
        scope = {"type": "http", "headers": [(b"cookie", b"; ".join([b"theme=dark"] * count))]}
        return steps(lambda: COOKIE.read(scope))

    assert taken(100) == taken(1)


@pytest.mark.parametrize("text", ["a\r\nx: y", "a\0", "a\x0b", "a\x1b[31m", "a\x7f", "a\x85", "a;b", "a b", "a\ud800"])
@pytest.mark.parametrize("parameter", ["path", "domain", "same_site"])
@pytest.mark.parametrize("strict", [True, False])
def test_no_text_adds_to_the_field_or_has_control_characters(parameter: str, text: str, strict: bool) -> None:
    arguments: dict[str, Any] = {"path": "/", "same_site": "lax", "domain": None} | {parameter: text}
    with pytest.raises(ValueError, match=parameter):
        CookieHeader("session", https_only=None, partitioned=False, strict=strict, **arguments)
