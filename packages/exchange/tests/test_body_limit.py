from __future__ import annotations

from copy import copy
from typing import Any

import pytest

from armillary.asgi_types import scope_record
from armillary.exchange import BodyTooLarge, CountedReceive, check_body_limit, check_declared_length, declared_length


def source(*pieces: bytes) -> Any:
    left = list(pieces)

    async def receive() -> Any:
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    return receive


def scope(*lengths: bytes) -> dict[str, Any]:
    return {"type": "http", "headers": [(b"content-length", length) for length in lengths]}


@pytest.mark.parametrize("limit", [True, 1.5, "16", b"1"])
def test_a_limit_that_is_no_whole_number_is_a_type_error_that_names_the_parameter(limit: Any) -> None:
    with pytest.raises(TypeError, match="max_size is a whole number of bytes"):
        check_body_limit(limit, "max_size")


def test_a_negative_limit_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        check_body_limit(-1)


def test_zero_and_none_are_limits() -> None:
    assert check_body_limit(0) == 0
    assert check_body_limit(None) is None


@pytest.mark.parametrize(
    ("value", "length"),
    [(b"12", 12), (b"", 0), (b"-1", 0), (b"1_0", 0), (b" 5", 0), (b"9" * 5000, 10**19), (b"0" * 5 + b"7", 7)],
)
def test_a_declared_length_is_ascii_digits_and_cheap_however_long(value: bytes, length: int) -> None:
    assert declared_length(scope(value)) == length


def test_a_length_over_the_limit_is_rejected_before_anything_is_read() -> None:
    check_declared_length(scope(b"10"), 10)
    check_declared_length(scope(b"11"), None)
    with pytest.raises(BodyTooLarge) as caught:
        check_declared_length(scope(b"11"), 10)
    assert caught.value.status_code == 413
    assert caught.value.headers == {"Connection": "close"}


@pytest.mark.anyio
async def test_received_bytes_are_counted_whatever_was_declared() -> None:
    receive = CountedReceive(scope(b"1"), source(b"ab", b"cd"), 3)
    await receive()
    with pytest.raises(BodyTooLarge) as caught:
        await receive()
    assert receive.rejection is caught.value
    assert receive.received == 4


@pytest.mark.anyio
async def test_a_declared_length_over_the_limit_is_raised_at_the_first_message() -> None:
    receive = CountedReceive(scope(b"4"), source(b"ab", b"cd"), 3)
    with pytest.raises(BodyTooLarge):
        await receive()
    assert receive.received == 0


@pytest.mark.anyio
@pytest.mark.parametrize("inner", [None, 100])
async def test_a_limit_set_further_in_replaces_the_default_in_both_directions(inner: int | None) -> None:
    request = scope()
    receive = CountedReceive(request, source(b"abcd", b"efgh"), 3)
    scope_record(request)["max_body_size"] = inner
    await receive()
    scope_record(request)["max_body_size"] = 5
    with pytest.raises(BodyTooLarge, match="5 bytes"):
        await receive()


def test_the_exception_can_be_copied_and_so_pickled() -> None:
    assert copy(BodyTooLarge(7)).limit == 7
