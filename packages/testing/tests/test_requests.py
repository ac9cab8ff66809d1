"""What the application sees of a request, and the test of a response."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from armillary.asgi_types import Receive, Scope, Send
from armillary.lint import LintError, lint
from armillary.testing import TestClient

MakeClient = Callable[..., TestClient]


@pytest.fixture
def echo_scope(tools: SimpleNamespace) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        shown = {key: repr(value) for key, value in scope.items()}
        await tools.respond(send, json.dumps(shown).encode())

    return app


def test_the_scope_holds_what_the_url_says(make_client: MakeClient, echo_scope: Any) -> None:
    client = make_client(lint(echo_scope), "https://example.org:8443/api", root_path="/api", client=("1.2.3.4", 5))
    scope = client.get("/caf%C3%A9/a%2Fb", params={"q": "ü"}).json()
    assert scope["path"] == repr("/api/café/a/b")
    assert scope["raw_path"] == repr(b"/api/caf%C3%A9/a%2Fb")
    assert scope["query_string"] == repr(b"q=%C3%BC")
    assert scope["root_path"] == repr("/api")
    assert scope["scheme"] == repr("https")
    assert scope["server"] == repr(["example.org", 8443])
    assert scope["client"] == repr(["1.2.3.4", 5])
    assert "(b'host', b'example.org:8443')" in scope["headers"]
    assert "(b'user-agent', b'testclient')" in scope["headers"]


def test_the_client_address_may_be_unknown(make_client: MakeClient, echo_scope: Any) -> None:
    assert make_client(lint(echo_scope), client=None).get("/").json()["client"] == "None"


def test_a_body_arrives_whole_and_an_iterator_part_by_part(make_client: MakeClient, tools: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await tools.respond(send, repr(await tools.read_body(receive)).encode())

    client = make_client(lint(app))
    assert client.post("/", content=b"abc").text == "[b'abc']"
    assert client.post("/", content=iter([b"a", b"b"])).text == "[b'a', b'b', b'']"
    assert client.post("/", json={"a": 1}).text == "[b'{\"a\":1}']"


def test_an_upload_is_read_only_as_far_as_the_application_asks(make_client: MakeClient, tools: SimpleNamespace) -> None:
    produced: list[int] = []

    def parts() -> Any:
        for number in range(1000):
            produced.append(number)
            yield b"x"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await tools.respond(send, status=413)

    assert make_client(lint(app)).post("/", content=parts()).status_code == 413
    assert produced == [0]


def test_an_upload_that_fails_raises_its_own_exception(make_client: MakeClient, tools: SimpleNamespace) -> None:
    def parts() -> Any:
        yield b"x"
        raise ValueError("disk error")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await tools.read_body(receive)

    with pytest.raises(ValueError, match="disk error"):
        make_client(app).post("/", content=parts())


def test_cookies_are_kept_between_requests(make_client: MakeClient, tools: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        sent = dict(scope["headers"]).get(b"cookie", b"")
        await tools.respond(send, sent, headers=[("set-cookie", "visited=yes")])

    client = make_client(lint(app), cookies={"given": "1"})
    assert client.get("/").text == "given=1"
    assert set(client.get("/").text.split("; ")) == {"given=1", "visited=yes"}


@pytest.mark.parametrize(("follow", "status"), [(True, 200), (False, 307)])
def test_redirects_are_followed_unless_switched_off(
    make_client: MakeClient, tools: SimpleNamespace, follow: bool, status: int
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/end":
            await tools.respond(send, b"end")
        else:
            await tools.respond(send, status=307, headers=[("location", "/end")])

    assert make_client(lint(app), follow_redirects=follow).get("/").status_code == status


def test_what_the_application_raises_is_raised_here_even_after_a_response(
    make_client: MakeClient, tools: SimpleNamespace
) -> None:
    failure = RuntimeError("after the response")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await tools.respond(send, b"sorry", status=500)
        raise failure

    with pytest.raises(RuntimeError) as raised:
        make_client(app).get("/")
    assert raised.value is failure
    response = make_client(app, raise_server_exceptions=False).get("/")
    assert (response.status_code, response.text) == (500, "sorry")


def test_without_raising_an_application_that_fails_before_its_response_gives_500(make_client: MakeClient) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("before the response")

    assert make_client(app, raise_server_exceptions=False).get("/").status_code == 500


def test_an_application_without_a_response_is_a_failed_assertion(make_client: MakeClient) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None: ...

    with pytest.raises(AssertionError, match="did not receive any response"):
        make_client(app).get("/")


def test_lint_is_put_around_the_application_on_request(make_client: MakeClient, tools: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await tools.respond(send, headers=[("Content-Type", "text/plain")])

    assert make_client(app).get("/").status_code == 200
    with pytest.raises(LintError, match="upper-case"):
        make_client(app, lint=True).get("/")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"app": None}, "'app'"),
        ({"backend": "curio"}, "backend is 'curio'; pass 'asyncio' or 'trio'"),
        ({"lifespan": True}, "lifespan is True; pass 'auto', 'on' or 'off'"),
        ({"extensions": ["http.response.magic"]}, "extensions holds 'http.response.magic'"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        TestClient(**{"app": print, **arguments})


def test_the_scheme_of_a_base_url_may_be_in_capitals() -> None:
    assert str(TestClient(print, base_url="HTTPS://testserver").base_url) == "https://testserver"
