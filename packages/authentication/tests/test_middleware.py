"""`AuthenticationMiddleware` and `requires` around endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    AuthenticationMiddleware,
    BasicBackend,
    BearerBackend,
    SessionBackend,
    SimpleUser,
    requires,
)
from armillary.http import HTTPEndpoint, JSONResponse, PlainTextResponse, request_response
from armillary.lint import lint
from armillary.websockets import websocket_session

pytestmark = pytest.mark.anyio


async def check(token: str) -> SimpleUser | None:
    return SimpleUser(token) if token in ("ada", "root") else None


BACKEND = BearerBackend(check)
ADA = [(b"authorization", b"Bearer ada")]
WRONG = [(b"authorization", b"Bearer wrong")]


@requires("authenticated")
async def async_endpoint(request: Any) -> PlainTextResponse:
    return PlainTextResponse(request.user.display_name)


@requires("authenticated")
def sync_endpoint(request: Any) -> PlainTextResponse:
    return PlainTextResponse(request.user.display_name)


class Endpoint(HTTPEndpoint):
    @requires("authenticated")
    async def get(self, request: Any) -> PlainTextResponse:
        return PlainTextResponse(request.user.display_name)


@pytest.mark.parametrize("endpoint", [request_response(async_endpoint), request_response(sync_endpoint), Endpoint])
async def test_an_endpoint_handles_only_requests_granted_its_scope(call: Any, endpoint: Any) -> None:
    app = AuthenticationMiddleware(endpoint, BACKEND)
    granted = await call(app, headers=ADA)
    assert (granted[0]["status"], granted[1]["body"]) == (200, b"ada")
    assert (await call(app))[0]["status"] == 403


async def test_wrong_credentials_get_a_401_with_a_challenge(call: Any) -> None:
    messages = await call(AuthenticationMiddleware(request_response(async_endpoint), BACKEND), headers=WRONG)
    assert messages[0]["status"] == 401
    challenge = dict(messages[0]["headers"])[b"www-authenticate"]
    assert challenge == b'Bearer realm="restricted", error="invalid_token"'


async def test_the_response_to_wrong_credentials_can_be_changed(call: Any) -> None:
    def on_error(conn: Any, exc: Exception) -> JSONResponse:
        return JSONResponse({"error": str(exc)}, status_code=418)

    app = AuthenticationMiddleware(request_response(async_endpoint), BACKEND, on_error)
    assert (await call(app, headers=WRONG))[0]["status"] == 418


async def test_the_first_backend_that_knows_the_credentials_decides(call: Any) -> None:
    async def load(identity: Any) -> SimpleUser:
        return SimpleUser(f"remembered {identity}")

    app = AuthenticationMiddleware(request_response(async_endpoint), [BACKEND, SessionBackend(load)])
    assert (await call(app, headers=ADA, session={"user": "eve"}))[1]["body"] == b"ada"
    assert (await call(app, session={"user": "eve"}))[1]["body"] == b"remembered eve"


async def test_all_scopes_are_needed_and_the_status_is_the_endpoints_choice(call: Any) -> None:
    @requires(["authenticated", "admin"], status_code=404)
    async def hidden(request: Any) -> PlainTextResponse:
        return PlainTextResponse("secret")

    app = AuthenticationMiddleware(request_response(hidden), BACKEND)
    assert (await call(app, headers=ADA))[0]["status"] == 404


async def test_an_unauthenticated_request_can_be_redirected_to_log_in(call: Any) -> None:
    class Router:
        def url_path_for(self, name: str, /, **params: Any) -> Any:
            from armillary.datastructures import URLPath

            return URLPath(f"/{name}", "http")

    @requires("authenticated", redirect="login")
    async def orders(request: Any) -> PlainTextResponse:
        return PlainTextResponse("orders")

    app = AuthenticationMiddleware(request_response(orders), BACKEND)
    messages = await call(app, path="/orders", headers=[(b"host", b"shop.test")], router=Router())
    assert messages[0]["status"] == 303
    location = dict(messages[0]["headers"])[b"location"]
    assert location == b"http://shop.test/login?next=http%3A%2F%2Fshop.test%2Forders"


async def handshake(app: Any, *headers: tuple[bytes, bytes], **scope: Any) -> list[Any]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    full_scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": list(headers),
        "subprotocols": [],
        "client": ("192.0.2.1", 5000),
        "server": ("127.0.0.1", 8000),
        **scope,
    }
    await lint(app)(full_scope, receive, send)
    return sent


@requires("authenticated")
async def chat(websocket: Any) -> None:
    await websocket.accept()


async def test_a_websocket_is_rejected_before_it_is_accepted() -> None:
    app = AuthenticationMiddleware(websocket_session(chat), BACKEND)
    assert (await handshake(app, *ADA))[0]["type"] == "websocket.accept"
    assert [message["type"] for message in await handshake(app)] == ["websocket.close"]
    rejected = await handshake(app, *WRONG)
    assert [(message["type"], message["code"]) for message in rejected] == [("websocket.close", 1008)]


async def test_a_lifespan_passes_through() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    await AuthenticationMiddleware(app, BACKEND)({"type": "lifespan"}, app, app)  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}]


async def test_a_rejected_handshake_has_the_challenge_if_the_server_can_send_it() -> None:
    app = AuthenticationMiddleware(websocket_session(chat), BACKEND)
    start, body = await handshake(app, *WRONG, extensions={"websocket.http.response": {}})
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)
    assert dict(start["headers"])[b"www-authenticate"] == b'Bearer realm="restricted", error="invalid_token"'
    assert (body["type"], body["body"]) == ("websocket.http.response.body", b"The token is wrong or has expired")


@pytest.mark.parametrize("sentence", ["ü" * 200, "a\r\nb\0", "x" * 500])
async def test_the_reason_of_a_close_fits_into_its_frame(sentence: str) -> None:
    class Rejecting(AuthenticationBackend):
        async def authenticate(self, conn: Any) -> Any:
            raise AuthenticationError(sentence)

    (closed,) = await handshake(AuthenticationMiddleware(websocket_session(chat), Rejecting()))
    assert closed["type"] == "websocket.close"
    assert len(closed["reason"].encode()) <= 123
    assert closed["reason"].isprintable()


@pytest.mark.parametrize("backend", [object(), None, "abc", BearerBackend, [BACKEND, object()]])
def test_what_is_no_backend_is_rejected(backend: Any) -> None:
    with pytest.raises(TypeError, match="backend must be an AuthenticationBackend or a list of them"):
        AuthenticationMiddleware(lambda *args: None, backend)  # type: ignore[arg-type, return-value]


def test_no_backend_at_all_is_rejected() -> None:
    with pytest.raises(ValueError, match="backend is an empty list"):
        AuthenticationMiddleware(lambda *args: None, [])  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match="on_error is a function"):
        AuthenticationMiddleware(lambda *args: None, BACKEND, "401")  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("options", "error"),
    [({"status_code": "404"}, TypeError), ({"status_code": 200}, ValueError), ({"redirect": 5}, TypeError)],
)
def test_requires_rejects_what_it_could_not_respond_with(options: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(options))):
        requires("authenticated", **options)


def test_a_function_without_a_connection_is_rejected() -> None:
    with pytest.raises(TypeError, match="has no parameter named 'request' or 'websocket'"):

        @requires("authenticated")
        def nothing() -> None: ...


async def test_the_user_of_an_outer_middleware_is_left_unchanged() -> None:
    inner: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        inner.append((scope["user"].is_authenticated, scope["auth"].scopes))

    scope: dict[str, Any] = {"type": "http", "headers": ADA, "user": "theirs", "auth": "theirs too"}
    await AuthenticationMiddleware(app, BACKEND)(scope, None, None)  # type: ignore[arg-type]
    assert (scope["user"], scope["auth"]) == ("theirs", "theirs too")
    assert inner == [(True, ["authenticated"])]


async def test_a_401_of_requires_says_how_to_authenticate(call: Any) -> None:
    @requires("authenticated", status_code=401)
    async def endpoint(request: Any) -> PlainTextResponse:
        return PlainTextResponse("ok")

    async def check_password(username: str, password: str) -> None: ...

    backends = [BACKEND, BasicBackend(check_password)]
    rejected = await call(AuthenticationMiddleware(request_response(endpoint), backends))
    assert rejected[0]["status"] == 401
    challenge = dict(rejected[0]["headers"])[b"www-authenticate"]
    assert challenge == b'Bearer realm="restricted", Basic realm="restricted", charset="UTF-8"'


async def test_a_403_of_requires_has_no_challenge(call: Any) -> None:
    rejected = await call(AuthenticationMiddleware(request_response(async_endpoint), BACKEND))
    assert b"www-authenticate" not in dict(rejected[0]["headers"])


async def test_a_rejection_whose_body_was_not_read_closes_the_connection(call: Any) -> None:
    app = AuthenticationMiddleware(request_response(async_endpoint), BACKEND)
    rejected = await call(app, method="POST", headers=[*WRONG, (b"content-length", b"3")], body=b"abc")
    assert dict(rejected[0]["headers"])[b"connection"] == b"close"


@pytest.mark.parametrize(
    ("origin", "kind"),
    [(b"https://evil.test", "websocket.close"), (b"http://shop.test", "websocket.accept"), (None, "websocket.accept")],
)
async def test_a_users_websocket_is_opened_by_pages_of_this_server_and_programs(origin: Any, kind: str) -> None:
    app = AuthenticationMiddleware(websocket_session(chat), BACKEND)
    headers = [(b"host", b"shop.test"), *([] if origin is None else [(b"origin", origin)])]
    assert (await handshake(app, *headers, *ADA))[0]["type"] == kind


def test_the_scopes_that_an_endpoint_requires_are_listed_on_it() -> None:
    @requires("admin")
    @requires(["authenticated", "staff"], 401)
    async def endpoint(request: Any) -> None: ...

    listed: Any = endpoint
    assert listed.required_scopes == ("admin", "authenticated", "staff")


async def test_credentials_and_user_may_be_a_list(call: Any) -> None:
    class Backend(AuthenticationBackend):
        found: Any = [AuthCredentials(["authenticated"]), SimpleUser("ada")]

        async def authenticate(self, conn: Any) -> Any:
            return self.found

    app = AuthenticationMiddleware(request_response(async_endpoint), Backend())
    assert (await call(app))[1]["body"] == b"ada"
    Backend.found = SimpleUser("ada")
    with pytest.raises(TypeError, match=r"authenticate .* return \(AuthCredentials"):
        await call(app)
