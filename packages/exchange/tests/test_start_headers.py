from __future__ import annotations

from typing import Any

import pytest

from armillary.exchange import lower_names, start_headers


@pytest.mark.parametrize(
    "headers",
    [[(b"Content-Type", b"Text/HTML")], ((b"content-type", b"Text/HTML"),), [[b"CONTENT-TYPE", b"Text/HTML"]]],
)
def test_names_are_lowered_and_values_are_not(headers: Any) -> None:
    assert start_headers({"type": "http.response.start", "headers": headers}) == [(b"content-type", b"Text/HTML")]


@pytest.mark.parametrize("message", [{"type": "websocket.accept"}, {"type": "websocket.accept", "headers": None}])
def test_a_message_may_have_no_headers(message: Any) -> None:
    assert start_headers(message) == []


def test_the_list_is_a_new_one_that_may_be_changed() -> None:
    headers = [(b"etag", b"1")]
    lowered = lower_names(headers)
    lowered.append((b"vary", b"*"))
    assert headers == [(b"etag", b"1")]


def test_headers_that_can_be_read_only_once_are_read_once() -> None:
    assert lower_names(iter([(b"A", b"1"), (b"b", b"2")])) == [(b"a", b"1"), (b"b", b"2")]
