"""`SignedCookie`: what is read, what is ignored, what is rejected."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given, strategies as st
from itsdangerous import Signer, TimestampSigner

from armillary.sessions import SignedCookie
from armillary.sessions._signed_cookie import PURPOSE

KEY = "a-secret-key-of-32-characters-..."
OLD = "the-key-of-last-year-32-characters"
COOKIE = SignedCookie([KEY])
LATIN_1 = "".join(map(chr, range(256)))

JSON = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text(), max_size=5)


@given(JSON)
def test_what_was_written_is_read_again(data: dict[str, Any]) -> None:
    assert COOKIE.read(COOKIE.write(data), 60) == data


@given(st.text(max_size=200))
def test_nothing_else_is_read(text: str) -> None:
    value = "".join(character for character in text if ord(character) < 256)
    assert COOKIE.read(value, None) is None


@pytest.mark.parametrize("name", [None, "session"])
@given(data=JSON, keys=st.lists(st.text(LATIN_1, min_size=16), min_size=1, max_size=3))
def test_the_format_is_a_time_stamped_signature_of_itsdangerous_over_base64_json(
    name: str | None, data: dict[str, Any], keys: list[str]
) -> None:
    named: Any = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    peer = TimestampSigner(keys[::-1]) if name is None else TimestampSigner(keys[::-1], PURPOSE + name, **named)
    cookie, payload = SignedCookie(keys, cookie_name=name), b64encode(json.dumps(data).encode())
    assert cookie.read(peer.sign(payload).decode(), 60) == data
    assert peer.unsign(cookie.write(data), max_age=60) == payload


@given(st.data())
def test_a_value_of_which_any_character_changed_is_not_read(data: st.DataObject) -> None:
    value = COOKIE.write({"user": 1})
    at = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.sampled_from(LATIN_1).filter(lambda character: character != value[at]))
    assert COOKIE.read(value[:at] + other + value[at + 1 :], None) is None
    assert COOKIE.read(value[:at] + value[at + 1 :], None) is None


@pytest.mark.parametrize("signed", ["eyJhIjogMX0=", ".eyJhIjogMX0="])
def test_a_value_that_was_signed_without_a_time_is_not_read(signed: str) -> None:
    value = Signer(KEY, TimestampSigner(KEY).salt).sign(signed).decode()
    assert SignedCookie([KEY], cookie_name=None).read(value, 60) is None


def test_a_value_that_was_signed_for_another_cookie_or_for_none_is_not_read() -> None:
    other, unnamed = SignedCookie([KEY], cookie_name="cart"), SignedCookie([KEY], cookie_name=None)
    for first in (COOKIE, other, unnamed):
        for second in (COOKIE, other, unnamed):
            assert (second.read(first.write({"a": 1}), 60) == {"a": 1}) is (first is second)


def test_values_without_a_name_are_read_if_asked_for_and_never_written() -> None:
    unnamed = SignedCookie([OLD], cookie_name=None)
    moving = SignedCookie([KEY, OLD], reads_unnamed=True)
    assert moving.read(unnamed.write({"a": 1}), 60) == {"a": 1}
    assert unnamed.read(moving.write({"a": 1}), 60) is None
    assert COOKIE.read(moving.write({"a": 1}), 60) == {"a": 1}


@pytest.mark.parametrize(
    ("ahead", "max_age", "is_read"), [(2, 60, True), (60, 60, True), (61, 60, False), (3600, None, True)]
)
def test_a_server_whose_clock_is_a_minute_ahead_is_trusted(
    monkeypatch: pytest.MonkeyPatch, ahead: int, max_age: int | None, is_read: bool
) -> None:
    now = 1_700_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    value = COOKIE.write({"a": 1})
    now -= ahead
    assert (COOKIE.read(value, max_age) == {"a": 1}) is is_read


@pytest.mark.parametrize("payload", [[1], "text", 3, None])
def test_a_signed_payload_that_is_not_a_dict_is_ignored(payload: Any) -> None:
    signed = TimestampSigner(KEY).sign(b64encode(json.dumps(payload).encode())).decode()
    assert SignedCookie([KEY], cookie_name=None).read(signed, 60) is None


@pytest.mark.parametrize("payload", [b"not json", b64encode(b"{"), b64encode(b"\xff\xfe"), b64encode(b"[" * 100_000)])
def test_a_signed_payload_that_cannot_be_decoded_is_ignored(payload: bytes) -> None:
    signed = TimestampSigner(KEY).sign(payload).decode()
    assert SignedCookie([KEY], cookie_name=None).read(signed, 60) is None


def test_an_expired_cookie_is_ignored() -> None:
    assert COOKIE.read(COOKIE.write({"a": 1}), -1) is None


def test_old_keys_are_read_and_the_newest_signs() -> None:
    rotated = SignedCookie([KEY, OLD])
    assert rotated.read(SignedCookie([OLD]).write({"a": 1}), 60) == {"a": 1}
    assert COOKIE.read(rotated.write({"b": 2}), 60) == {"b": 2}
    assert SignedCookie([OLD]).read(rotated.write({"b": 2}), 60) is None


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [([], "empty list"), ([""], "has 0 characters"), (["short"], "has 5 characters"), ([KEY, "x"], "has 1 characters")],
)
def test_a_key_that_can_be_guessed_is_rejected(keys: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SignedCookie(keys)


@pytest.mark.parametrize("key", [b"a-secret-key-of-32-characters-...", None, 12345678901234567890])
def test_a_key_that_is_not_text_is_rejected(key: Any) -> None:
    with pytest.raises(TypeError, match="secret_key is text"):
        SignedCookie([key])


@pytest.mark.parametrize("method", ["reveal", "get_secret_value"])
def test_a_key_that_is_masked_signs_with_its_text_and_not_with_the_mask(method: str) -> None:
    class Masked:
        def __str__(self) -> str:
            return "*" * 32

    setattr(Masked, method, lambda self: KEY)
    key: Any = Masked()
    assert COOKIE.read(SignedCookie([key]).write({"a": 1}), 60) == {"a": 1}


def test_a_key_may_be_an_object_that_hides_its_text() -> None:
    class Hidden:
        def __str__(self) -> str:
            return KEY

    assert COOKIE.read(SignedCookie([Hidden()]).write({"a": 1}), 60) == {"a": 1}  # type: ignore[list-item]
