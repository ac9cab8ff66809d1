"""What proves who a client is: nothing that was not signed or issued is ever taken."""

from __future__ import annotations

import binascii
import hashlib
import json
import re
from base64 import b64encode, urlsafe_b64decode
from typing import Any

from itsdangerous import TimestampSigner

from armillary.authentication import AuthenticationError, BasicBackend, BearerBackend
from armillary.http import Request
from armillary.idempotency._key import InvalidKey, parse_key
from armillary.security._csrf_token import decode, encode, mask, matches, new_secret
from armillary.sessions._signed_cookie import PURPOSE, SignedCookie

from .support import finish

KEYS = ["a-key-for-the-fuzzer-that-nobody-uses"]
SIGNED = SignedCookie(KEYS)
PEER = TimestampSigner(KEYS, PURPOSE + "session", key_derivation="hmac", digest_method=staticmethod(hashlib.sha256))
GENUINE = SIGNED.write({"user": 1})
SECRET = new_secret()
MASKED = mask(SECRET)


class Taken(Exception):
    """The credentials were taken from the header; what they are is another's business."""


async def _take(*given: str) -> None:
    raise Taken(*given)


BACKENDS = {"basic": BasicBackend(_take, realm="fuzz"), "bearer": BearerBackend(_take)}


def fuzz_authorization(data: bytes) -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [(b"authorization", data)]})
    for scheme, backend in BACKENDS.items():
        expected = credentials(data.decode("latin-1"), scheme)
        try:
            found = finish(backend.authenticate(request))
        except AuthenticationError:
            found = ()
        except Taken as taken:
            found = taken.args
        assert found == expected


def credentials(text: str, scheme: str) -> tuple[str, ...] | None:
    """Return what a header says; None for another scheme, nothing for what is malformed."""
    match = re.fullmatch(rf"\s*{scheme}( .*?)?\s*", text, re.DOTALL | re.IGNORECASE)
    if match is None:
        return None
    given = (match[1] or "").strip()
    if scheme == "bearer" or not given:
        return (given,) if given else ()
    try:
        pair = re.fullmatch(rb"([^:]*):(.*)", binascii.a2b_base64(given, strict_mode=True), re.DOTALL)
        found = () if pair is None else (pair[1].decode(), pair[2].decode())
    except ValueError:
        return ()
    return () if re.search(r"[\x00-\x1f\x7f-\x9f]", "".join(found)) else found


def edited(genuine: str, data: bytes) -> str:
    """Return a text of which pieces are replaced: each three bytes are a place, how much goes, and what comes."""
    text = genuine
    for place, length, new in zip(data[0::3], data[1::3], data[2::3], strict=False):
        place %= len(text) + 1
        text = text[:place] + chr(new) + text[place + length % 4 :]
    return text


def fuzz_session_cookie(data: bytes) -> None:
    """The first byte says whether the rest is a cookie, changes of a genuine one, or JSON that was signed."""
    way, rest = data[:1], data[1:]
    if way < b"\x50":
        assert SIGNED.read(rest.decode("latin-1"), None) is None
    elif way < b"\xa0":
        text = edited(GENUINE, rest)
        assert SIGNED.read(text, None) == ({"user": 1} if text == GENUINE else None)
        assert SIGNED.read(GENUINE, None) == {"user": 1}
    else:
        signed = PEER.sign(b64encode(rest)).decode()
        assert SIGNED.read(signed, 60) == session_of(rest)
        assert SignedCookie(KEYS, cookie_name="other").read(signed, None) is None
        assert SignedCookie(KEYS, cookie_name=None).read(signed, None) is None


def session_of(text: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(text.decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def fuzz_csrf_token(data: bytes) -> None:
    """The first byte says whether the rest is a token, or changes of a genuine one, masked or not."""
    way, rest = data[:1], data[1:]
    text = rest.decode("latin-1") if way < b"\x50" else edited(MASKED if way < b"\xa0" else SECRET, rest)
    raw = decode(text)
    assert len(raw) <= 72
    assert decode(encode(raw)) == raw
    assert matches(text, SECRET) == (secret_in(text) == urlsafe_b64decode(SECRET))


def secret_in(text: str) -> bytes:
    """Return what a token holds; characters that are none of base64's are left out of it."""
    digits = re.sub(r"[^A-Za-z0-9_=+/-]", "", text) if text.isascii() and len(text) <= 96 else ""
    try:
        raw = urlsafe_b64decode(digits)
    except ValueError:
        return b""
    return bytes(left ^ right for left, right in zip(raw, raw[24:], strict=False)) if len(raw) == 48 else raw


def fuzz_idempotency_key(data: bytes) -> None:
    text = data.decode("latin-1")
    expected = string_item(text.strip(" \t"))
    try:
        key = parse_key([data])
    except InvalidKey:
        assert expected is None or not 0 < len(expected) <= 255
        return
    assert key == expected
    assert parse_key(['"{}"'.format(key.replace("\\", "\\\\").replace('"', '\\"')).encode()]) == key


def string_item(text: str) -> str | None:
    """Return a String by RFC 9651 section 4.2.5, one character after the other; and a bare key as it is."""
    if not text.startswith('"'):
        return text if text.isascii() and text.isprintable() and not set(text) & set(' ",;\\') else None
    found: list[str] = []
    characters = iter(enumerate(text[1:], 2))
    for end, character in characters:
        if character == '"':
            return "".join(found) if re.fullmatch(r"(;[^\n]*)?", text[end:]) else None
        if character == "\\":
            _, character = next(characters, (0, ""))
            if character not in ('"', "\\"):
                return None
        elif not " " <= character <= "~":
            return None
        found.append(character)
    return None
