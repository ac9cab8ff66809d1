"""What is read from a scope, when, and at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

import pytest

from armillary.datastructures import URL, Address, Headers, HTTPConnection, QueryParams, State, URLPath

SCOPE: dict[str, Any] = {
    "type": "http",
    "scheme": "https",
    "path": "/root/a b",
    "root_path": "/root",
    "query_string": b"a=1&a=2",
    "headers": [(b"host", b"example.org"), (b"cookie", b"x=1"), (b"cookie", b"y=2; x=3")],
    "client": ["10.0.0.9", 5000],
    "server": ("10.0.0.1", 80),
}


def connection(**keys: Any) -> HTTPConnection:
    return HTTPConnection({**SCOPE, **keys})


def test_reading_a_scope() -> None:
    conn = connection(path_params={"id": 5}, app="the app")
    assert conn.url == "https://example.org/root/a%20b?a=1&a=2"
    assert conn.base_url == "https://example.org/root/"
    assert conn.headers["host"] == "example.org"
    assert conn.query_params.getlist("a") == ["1", "2"]
    assert conn.cookies == {"x": "3", "y": "2"}
    assert conn.client == Address("10.0.0.9", 5000)
    assert (conn.path_params, conn.app) == ({"id": 5}, "the app")


def test_each_part_is_parsed_once() -> None:
    conn = connection()
    for name in ("url", "base_url", "headers", "query_params", "cookies", "state"):
        assert getattr(conn, name) is getattr(conn, name)


def test_making_one_reads_nothing() -> None:
    class Untouchable(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            raise AssertionError(key)

        get = __getitem__  # type: ignore[assignment]

    conn = HTTPConnection(Untouchable(), receive=None)
    assert set(vars(conn)) == {"scope", "_receive"}


def test_what_is_absent() -> None:
    conn = HTTPConnection({"type": "http", "path": "/", "headers": []})
    assert (conn.client, conn.path_params, conn.cookies, dict(conn.query_params)) == (None, {}, {}, {})
    assert conn.url == "/"
    with pytest.raises(KeyError):
        _ = conn.app


@pytest.mark.parametrize(
    ("name", "middleware"),
    [("session", "SessionMiddleware"), ("auth", "AuthenticationMiddleware"), ("user", "AuthenticationMiddleware")],
)
def test_what_a_middleware_puts_there(name: str, middleware: str) -> None:
    assert getattr(connection(**{name: "there"}), name) == "there"
    with pytest.raises(AssertionError, match=f"{middleware} must be installed to access request.{name}"):
        getattr(connection(), name)


def test_it_is_a_mapping_over_its_scope() -> None:
    conn = connection()
    assert isinstance(conn, Mapping)
    assert conn["type"] == "http"
    assert list(conn) == list(SCOPE)
    assert len(conn) == len(SCOPE)
    assert conn.get("nope") is None
    assert {**conn} == SCOPE


def test_it_is_equal_to_itself_only() -> None:
    first, second = connection(), connection()
    assert first == first
    assert first != second
    assert len({first, second}) == 2


def test_state_is_kept_in_the_scope() -> None:
    conn = connection()
    conn.state.count = 1
    assert conn.scope["state"] == {"count": 1}
    assert HTTPConnection(conn.scope).state["count"] == 1
    assert isinstance(conn.state, State)


def test_state_takes_the_type_of_the_lifespan() -> None:
    class Kept(TypedDict):
        count: int

    def read(conn: HTTPConnection[Kept]) -> int:
        return conn.state["count"]

    assert read(HTTPConnection[Kept]({**SCOPE, "state": {"count": 2}})) == 2


def test_base_url_prefers_the_root_of_the_application() -> None:
    conn = connection(root_path="/root/mount", app_root_path="/root/")
    assert conn.base_url == "https://example.org/root/"
    assert connection(root_path="").base_url == "https://example.org/"
    assert "query_string" in conn.scope


def test_base_url_is_no_spelling_of_the_request() -> None:
    conn = connection(path="/root/", raw_path=b"/root%2F")
    assert conn.url == "https://example.org/root%2F?a=1&a=2"
    assert conn.base_url == "https://example.org/root/"


class Router:
    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        return URLPath(f"/{name}/{path_params['name']}", protocol="http")


@pytest.mark.parametrize("keys", [{"router": Router()}, {"app": Router()}, {"router": Router(), "app": object()}])
def test_url_for_asks_the_router_or_the_application(keys: dict[str, Any]) -> None:
    assert connection(**keys).url_for("user", name="é").path == "/root/user/%C3%A9"


@pytest.mark.parametrize("keys", [{}, {"app": object()}])
def test_url_for_outside_an_application_says_so(keys: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="only be used inside an Armillary application or with a router"):
        connection(**keys).url_for("user")


def test_a_subclass_may_read_otherwise() -> None:
    class OwnURL(URL): ...

    class OwnHeaders(Headers): ...

    class OwnParams(QueryParams): ...

    class Own(HTTPConnection):
        url_class = OwnURL
        headers_class = OwnHeaders
        query_params_class = OwnParams

        def parse_cookie_header(self, header: str) -> dict[str, str]:
            return {"all": header}

    conn = Own({**SCOPE, "router": Router()})
    assert (type(conn.url), type(conn.base_url), type(conn.url_for("u", name="n"))) == (OwnURL, OwnURL, OwnURL)
    assert (type(conn.headers), type(conn.query_params)) == (OwnHeaders, OwnParams)
    assert conn.cookies == {"all": "x=1; y=2; x=3"}


def test_a_lazy_attribute_can_be_seen_on_the_class() -> None:
    assert HTTPConnection.url.__doc__ == "The URL that was asked for."
