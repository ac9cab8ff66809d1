"""Basic, Bearer and session credentials, right, wrong and malformed."""

from __future__ import annotations

from base64 import b64encode
from hmac import compare_digest
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    BasicBackend,
    BearerBackend,
    SessionBackend,
    SimpleUser,
    UnauthenticatedUser,
    same_secret,
)
from armillary.datastructures import HTTPConnection

pytestmark = pytest.mark.anyio


async def check_password(username: str, password: str) -> BaseUser | None:
    return SimpleUser(username) if same_secret(password, "päss:word") else None


async def check_token(token: str) -> Any:
    if token == "admin":
        return AuthCredentials(["authenticated", "admin"]), SimpleUser("root")
    return SimpleUser("ada") if token == "s3cret" else None


def connection(*authorization: str, **scope: Any) -> HTTPConnection[Any]:
    headers = [(b"authorization", value.encode("utf-8")) for value in authorization]
    return HTTPConnection({"type": "http", "headers": headers, **scope})


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


async def test_basic_credentials_give_their_user() -> None:
    backend = BasicBackend(check_password)
    found = await backend.authenticate(connection(basic("ada:päss:word")))
    assert found is not None
    assert (found[0].scopes, found[1].identity) == (["authenticated"], "ada")


@pytest.mark.parametrize("header", [[], ["Bearer x"], ["Negotiate abc"]])
async def test_credentials_of_another_scheme_are_ignored(header: list[str]) -> None:
    assert await BasicBackend(check_password).authenticate(connection(*header)) is None


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ([basic("ada:wrong")], "Wrong user name or password"),
        ([basic("no colon")], "malformed"),
        (["Basic !!!"], "malformed"),
        (["Basic /w=="], "malformed"),
        (["basic"], "no basic credentials"),
        ([basic("a:b"), basic("c:d")], "one Authorization header"),
    ],
)
async def test_wrong_and_malformed_basic_credentials_are_errors_with_a_challenge(
    header: list[str], sentence: str
) -> None:
    with pytest.raises(AuthenticationError, match=sentence) as info:
        await BasicBackend(check_password, realm="books").authenticate(connection(*header))
    assert info.value.challenge == 'Basic realm="books", charset="UTF-8"'


def base64_of(raw: bytes) -> bytes:
    return b64encode(raw)


def authenticate(backend: Any, header: bytes) -> Any:
    """Return the result of a backend that waits for nothing."""
    conn: Any = HTTPConnection({"type": "http", "headers": [(b"authorization", header)]})
    with pytest.raises(StopIteration) as info:
        backend.authenticate(conn).send(None)
    return info.value.value


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters=":"))
PASSWORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))


@given(NAMES, PASSWORDS)
def test_basic_credentials_are_split_at_the_first_colon_and_never_changed(name: str, password: str) -> None:
    seen: list[tuple[str, str]] = []

    async def check(username: str, given_password: str) -> BaseUser:
        seen.append((username, given_password))
        return SimpleUser(username)

    authenticate(BasicBackend(check), b"Basic " + base64_of(f"{name}:{password}".encode()))
    assert seen == [(name, password)]


@given(
    st.binary(max_size=60)
    | st.binary(max_size=60).map(b"Basic ".__add__)
    | st.binary().map(base64_of).map(b"basic ".__add__)
)
def test_no_authorization_header_is_an_error_of_the_server(header: bytes) -> None:
    async def check(*given: str) -> None:
        return None

    for backend in (BasicBackend(check), BearerBackend(check)):
        challenge: str | None = "none was needed"
        try:
            assert authenticate(backend, header) is None
        except AuthenticationError as exc:
            challenge = exc.challenge
        assert challenge


@pytest.mark.parametrize("make", [BasicBackend, BearerBackend, SessionBackend])
def test_a_backend_without_a_function_is_rejected(make: Any) -> None:
    with pytest.raises(TypeError, match="is an async function"):
        make("secret")


def test_a_realm_is_text_and_so_is_a_key() -> None:
    with pytest.raises(TypeError, match="realm is text"):
        BasicBackend(check_password, realm=5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="key is text"):
        SessionBackend(load_user, key=5)  # type: ignore[arg-type]


async def test_a_bearer_token_gives_its_user_and_its_own_scopes() -> None:
    backend = BearerBackend(check_token, scopes=["authenticated", "read"])
    found = await backend.authenticate(connection("bearer s3cret"))
    assert found is not None
    assert (found[0].scopes, found[1].identity) == (["authenticated", "read"], "ada")
    admin = await backend.authenticate(connection("Bearer admin"))
    assert admin is not None
    assert admin[0].scopes == ["authenticated", "admin"]


async def test_a_wrong_token_is_an_error_that_says_invalid_token() -> None:
    with pytest.raises(AuthenticationError, match="wrong or has expired") as info:
        await BearerBackend(check_token).authenticate(connection("Bearer guess"))
    assert info.value.challenge == 'Bearer realm="restricted", error="invalid_token"'


async def load_user(identity: Any) -> BaseUser | None:
    return SimpleUser(identity) if identity == "ada" else None


@pytest.mark.parametrize(("session", "found"), [({"user": "ada"}, True), ({"user": "deleted"}, False), ({}, False)])
async def test_the_session_remembers_a_user_who_still_exists(session: dict[str, str], found: bool) -> None:
    result = await SessionBackend(load_user).authenticate(connection(session=session))
    assert (result is not None) is found


async def test_a_session_backend_without_sessions_says_what_is_missing() -> None:
    with pytest.raises(AssertionError, match="needs a session middleware outside"):
        await SessionBackend(load_user).authenticate(connection())


@given(st.text(), st.text())
def test_secrets_are_the_same_only_if_they_are_equal(left: str, right: str) -> None:
    assert same_secret(left, left)
    assert same_secret(left, right) is (left == right)


def test_secrets_are_compared_by_the_function_whose_time_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return compare_digest(left, right)

    monkeypatch.setattr("armillary.authentication._secret.compare_digest", compare)
    assert not same_secret("guess", "secret")
    assert same_secret("secret", "secret")
    assert compared == [(b"guess", b"secret"), (b"secret", b"secret")]


@pytest.mark.parametrize("realm", ['a"b', "a\r\nb: c", "münchen", "back\\slash"])
def test_a_realm_that_cannot_be_sent_in_a_header_is_rejected(realm: str) -> None:
    for backend in (BasicBackend, BearerBackend):
        with pytest.raises(ValueError, match="cannot be sent in a header"):
            backend(check_token, realm)  # type: ignore[arg-type]


def test_scopes_are_a_list() -> None:
    assert AuthCredentials().scopes == []
    assert repr(AuthCredentials(("a", "b"))) == "AuthCredentials(['a', 'b'])"
    with pytest.raises(TypeError, match=r"write \['admin'\]"):
        AuthCredentials("admin")


async def test_what_a_subclass_must_define_is_named() -> None:
    with pytest.raises(NotImplementedError, match="AuthenticationBackend must define authenticate"):
        await AuthenticationBackend().authenticate(connection())
    for attribute in ("is_authenticated", "display_name", "identity"):
        with pytest.raises(NotImplementedError, match=f"BaseUser must define {attribute}"):
            getattr(BaseUser(), attribute)


def test_the_unauthenticated_user_is_not_authenticated() -> None:
    user = UnauthenticatedUser()
    assert (user.is_authenticated, user.display_name, user.identity) == (False, "", "")
    assert repr(SimpleUser("ada")) == "SimpleUser('ada')"


@pytest.mark.parametrize("text", ["a\nb:x", "a\0:x", "ada:\x7f", "ada\x1b[2J:x", "ada\x85:x"])
async def test_control_characters_in_basic_credentials_are_a_401_and_never_checked(text: str) -> None:
    async def check(username: str, password: str) -> BaseUser | None:
        raise AssertionError("checked")

    with pytest.raises(AuthenticationError, match="malformed") as info:
        await BasicBackend(check).authenticate(connection(basic(text)))
    assert info.value.challenge == 'Basic realm="restricted", charset="UTF-8"'
