"""The header's value (RFC 9651 section 3.3.3)."""

from __future__ import annotations

import pytest

from armillary.idempotency._key import InvalidKey, parse_key


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b'"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (b' "a b" ', "a b"),
        (b'"a\\"b\\\\c"', 'a"b\\c'),
        (b'"a";v=1', "a"),
        (b"8e03978e-40d5", "8e03978e-40d5"),
        (b'"' + b"x" * 255 + b'"', "x" * 255),
    ],
)
def test_a_key_is_a_string_with_or_without_quotation_marks(value: bytes, key: str) -> None:
    assert parse_key([value]) == key


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b'""',
        b'"',
        b'"a',
        b'a"',
        b'"a" b',
        b"a, b",
        b'"\xc3\xa9"',
        b"\xe9",
        b'"a\\b"',
        b'"a\tb"',
        b"a;b",
        b"x" * 256,
    ],
)
def test_what_is_no_string_or_too_long_is_an_error(value: bytes) -> None:
    with pytest.raises(InvalidKey, match="Idempotency-Key"):
        parse_key([value])


def test_two_keys_are_an_error() -> None:
    with pytest.raises(InvalidKey, match="more than one"):
        parse_key([b"a", b"a"])
