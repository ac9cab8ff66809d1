"""Constructors and methods take what Starlette's take, and raise what Starlette's raise."""

from __future__ import annotations

from http.cookies import CookieError
from typing import Any

import pytest

from armillary.starlette.applications import Starlette
from armillary.starlette.authentication import AuthCredentials
from armillary.starlette.config import Config, Environ
from armillary.starlette.datastructures import Secret
from armillary.starlette.middleware.authentication import AuthenticationMiddleware
from armillary.starlette.middleware.exceptions import ExceptionMiddleware
from armillary.starlette.middleware.sessions import SessionMiddleware
from armillary.starlette.requests import HTTPConnection, Request
from armillary.starlette.responses import PlainTextResponse, Response
from armillary.starlette.routing import Host, Mount, Route, Router, WebSocketRoute
from armillary.starlette.testclient import TestClient
from armillary.starlette.websockets import WebSocket

OK = PlainTextResponse("OK")


async def endpoint(request: Request) -> Response:
    return OK


async def handler(request: Request, exc: Exception) -> Response:
    return PlainTextResponse("handled")


@pytest.mark.parametrize("value", [None, 5, "text"])
@pytest.mark.parametrize("route_class", [Route, WebSocketRoute])
def test_what_cannot_be_called_is_taken_as_an_endpoint(route_class: Any, value: Any) -> None:
    route = route_class("/", value)
    assert (route.endpoint, route.name) == (value, type(value).__name__)


def test_what_cannot_be_called_is_an_error_when_a_request_comes() -> None:
    client = TestClient(Starlette(routes=[Route("/", None)]), raise_server_exceptions=False)
    assert client.get("/").status_code == 500
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        TestClient(Starlette(routes=[Route("/", None)])).get("/")


@pytest.mark.parametrize(
    "make", [lambda: Mount("/a", app=5), lambda: Host("a", 5), lambda: Router(default=5, lifespan=5)]
)  # type: ignore[arg-type]
def test_what_cannot_be_called_is_taken_as_an_application(make: Any) -> None:
    assert make() is not None


def test_a_string_of_methods_is_taken_as_its_letters() -> None:
    client = TestClient(Route("/", endpoint, methods="GET"))
    assert client.get("/").status_code == 405
    assert client.request("G", "/").status_code == 200


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Route("a", endpoint), "Routed paths must start with '/'"),
        (lambda: Route("", endpoint), "Routed paths must start with '/'"),
        (lambda: WebSocketRoute("a", endpoint), "Routed paths must start with '/'"),
        (lambda: Mount("a", OK), "Routed paths must start with '/'"),
        (lambda: Mount("/a"), "Either 'app=...', or 'routes=' must be specified"),
        (lambda: Host("/a", OK), "Host must not start with '/'"),
        (lambda: Request({"type": "websocket"}), "http scope"),
        (lambda: WebSocket({"type": "http"}, None, None), "websocket"),  # type: ignore[arg-type]
        (lambda: HTTPConnection({"type": "lifespan"}), "lifespan"),
        (lambda: Response().set_cookie("a", samesite="bogus"), "samesite takes"),  # type: ignore[arg-type]
    ],
)
def test_misuse_is_an_assertion_error(make: Any, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        make()


def test_a_mount_at_the_root_needs_no_slash() -> None:
    assert Mount("", OK).path == ""


@pytest.mark.parametrize("name", ["a b", "", "ü", "path"])
def test_a_name_that_no_cookie_has_is_a_cookie_error(name: str) -> None:
    with pytest.raises(CookieError):
        Response().set_cookie(name, "b")


@pytest.mark.parametrize(
    ("arguments", "cookie"),
    [
        ({"key": "a:b", "value": "c"}, "a:b=c; Path=/; SameSite=lax"),
        ({"key": "a", "value": ""}, 'a=""; Path=/; SameSite=lax'),
        ({"key": "a", "value": "b", "path": "/ü"}, "a=b; Path=/ü; SameSite=lax"),
        ({"key": "a", "value": "b", "path": "x"}, "a=b; Path=x; SameSite=lax"),
    ],
)
def test_odd_cookies_are_sent(arguments: dict[str, Any], cookie: str) -> None:
    response = Response()
    response.set_cookie(**arguments)
    assert response.headers["set-cookie"] == cookie


def test_a_content_length_given_by_hand_is_kept() -> None:
    assert Response("x", headers={"Content-Length": "99"}).headers.getlist("content-length") == ["99"]


def test_credentials_of_a_string_are_its_letters() -> None:
    assert AuthCredentials("ab").scopes == ["a", "b"]
    assert AuthenticationMiddleware.credentials_class is AuthCredentials


@pytest.mark.parametrize("text", ["yes", "on", "no", "off", "", "2", " true "])
def test_only_true_false_and_digits_are_booleans(text: str) -> None:
    with pytest.raises(ValueError, match="Not a valid bool"):
        Config(environ=Environ({"A": text}))("A", cast=bool)
    assert Config(environ=Environ({"A": "TRUE"}))("A", cast=bool) is True


def test_an_error_of_a_cast_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        Config(environ=Environ({"A": "1"}))("A", cast=lambda value: 1 / 0)


def test_a_secret_equals_itself_only_and_holds_anything() -> None:
    secret = Secret("a")
    assert secret == secret
    assert secret != Secret("a")
    assert (secret._value, "a" in repr(vars(secret))) == ("a", False)
    assert repr(Secret(None)) == "Secret('**********')"  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["404", None, 404.0, (KeyError, ValueError), int, BaseException])
def test_a_key_that_is_no_exception_is_an_error_when_the_middleware_is_built(key: Any) -> None:
    app = Starlette(exception_handlers={key: handler})
    with pytest.raises((TypeError, AssertionError)):
        TestClient(app).get("/")
    with pytest.raises((TypeError, AssertionError)):
        ExceptionMiddleware(OK, {key: handler})


def test_no_handler_for_a_status_leaves_the_default() -> None:
    app = Starlette(exception_handlers={404: None, 1000: handler}, middleware=[])  # type: ignore[dict-item]
    assert TestClient(app).get("/").text == "Not Found"


def test_any_same_site_is_sent() -> None:
    async def store(request: Request) -> Response:
        request.session["a"] = 1
        return PlainTextResponse("OK")

    app = SessionMiddleware(Route("/", store), "key", same_site="bogus")  # type: ignore[arg-type]
    assert "samesite=bogus" in TestClient(app).get("/").headers["set-cookie"]
