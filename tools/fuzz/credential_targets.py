"""What proves who a client is: nothing that was not signed or issued is ever taken."""

from __future__ import annotations

from armillary.authentication import AuthenticationError, BasicBackend, BearerBackend
from armillary.http import Request
from armillary.idempotency._key import InvalidKey, parse_key
from armillary.security._csrf_token import decode, encode, matches, new_secret
from armillary.sessions._signed_cookie import SignedCookie

from .support import finish, plant

SIGNED = SignedCookie(["a-key-for-the-fuzzer-that-nobody-uses"])
SECRET = new_secret()


async def _no_user(*given: str) -> None:
    assert all(isinstance(part, str) for part in given)
    plant(len("".join(given)) > 3)


BACKENDS = (BasicBackend(_no_user, realm="fuzz"), BearerBackend(_no_user))


def authorization(data: bytes) -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [(b"authorization", data)]})
    for backend in BACKENDS:
        try:
            assert finish(backend.authenticate(request)) is None
        except AuthenticationError:
            continue


def session_cookie(data: bytes) -> None:
    text = data.decode("latin-1")
    assert SIGNED.read(text, None) is None
    plant(text.count(".") == 2)


def csrf_token(data: bytes) -> None:
    text = data.decode("latin-1")
    assert not matches(text, SECRET)
    raw = decode(text)
    assert decode(encode(raw)) == raw or len(raw) % 3
    plant(len(raw) > 3)


def idempotency_key(data: bytes) -> None:
    try:
        key = parse_key([data])
    except InvalidKey:
        return
    assert key.isascii()
    assert key.isprintable()
    assert 0 < len(key) <= 255
    plant(len(key) > 3)
