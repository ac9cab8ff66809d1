"""No text of any public parameter gets line breaks, control characters or half a surrogate pair into a message.

The parameters are found by walking the public API: every response class, every exception that becomes a response, every
middleware, and the methods that set cookies. Each parameter that takes text, or headers, rejects a hostile one when it
is given, or sends what a header may have.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from testkit import http_scope

import armillary.http
from armillary.asgi_types import HTTPException
from armillary.errors import ExceptionMiddleware
from armillary.http import FileResponse, PlainTextResponse, Response, ServerSentEvent, format_content_disposition

HOSTILE = {
    "line break": "a\r\nX-Evil: 1\r\n\r\n<script>",
    "line feed": "a\nset-cookie: x=1",
    "carriage return": "a\rb",
    "NUL": "a\0b",
    "control characters": "a\x0b\x1b[31m\x7fb",
    "C1 control characters": "a\x85\x9bb",
    "separators": "a\u2028b\u2029c",
    "quotes": 'a"; b="c\\',
    "lone surrogate": "a\ud800b",
}
SENDABLE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
# The drop-in keeps Starlette's behaviour; these serve no requests, or serve those of tests.
NOT_SWEPT = ("cli", "fastapi", "lint", "starlette", "starlette_auto", "testing", "web")


def public_classes() -> Iterator[type]:
    for module in pkgutil.iter_modules(importlib.import_module("armillary").__path__):
        if module.name not in NOT_SWEPT:
            part = importlib.import_module(f"armillary.{module.name}")
            yield from (found for name in part.__all__ if inspect.isclass(found := getattr(part, name)))


CLASSES = sorted(set(public_classes()), key=lambda found: (found.__name__, found.__module__))
GIVEN: dict[str, Any] = {
    "content": "x",
    "status_code": 400,
    "path": __file__,
    "url": "/",
    "detail": "x",
    "reason": "x",
    "problem": "x",
    "body": b"x",
    "offset": 0,
    "limit": 1,
    "limiter": "x",
    "seconds": 1.0,
    "errors": [],
    "secret_key": "a key that nobody guesses, for this test",
    "allowed_hosts": ["*"],
    "trusted": ["127.0.0.1"],
}


def texts_of(callable_: Callable[..., Any]) -> Iterator[inspect.Parameter]:
    """Each parameter that may be given text, or a header with one."""
    for parameter in inspect.signature(callable_).parameters.values():
        kinds = (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.kind not in kinds and re.search(r"\bstr\b|HeaderFields|\bobject\b", str(parameter.annotation)):
            yield parameter


def hostile(parameter: inspect.Parameter, text: str) -> Any:
    annotation = str(parameter.annotation)
    if "Mapping" in annotation or "HeaderFields" in annotation:
        return {"x-text": text}
    if "Sequence[str]" in annotation or "Iterable[str]" in annotation:
        return [text]
    return text


def required(callable_: Callable[..., Any], chosen: str) -> dict[str, Any] | None:
    """Return what a call needs beside the chosen parameter; None if this file cannot tell."""
    needed = [
        name
        for name, parameter in inspect.signature(callable_).parameters.items()
        if parameter.default is parameter.empty and name != chosen and parameter.kind > parameter.POSITIONAL_ONLY
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) and name not in ("app", "self")
    ]
    return {name: GIVEN[name] for name in needed} if set(needed) <= set(GIVEN) else None


def is_middleware(found: type) -> bool:
    return found.__name__.endswith("Middleware") and "app" in inspect.signature(found).parameters


def swept(kind: Callable[[type], bool]) -> list[Any]:
    return [
        pytest.param(found, parameter, id=f"{found.__name__}-{parameter.name}")
        for found in CLASSES
        if kind(found)
        for parameter in texts_of(found)
        if parameter.name != "app" and not (parameter.name == "path" and issubclass(found, FileResponse))
        if required(found, parameter.name) is not None
    ]


def send_through(app: Any) -> list[Any]:
    """Return the messages that an application sends; none if it raises what says that a text is wrong."""
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    headers = [(b"host", b"example.org"), (b"origin", b"https://example.org"), (b"accept-encoding", b"gzip")]
    try:
        anyio.run(app, http_scope(headers=headers), receive, send)
    except (TypeError, ValueError, HTTPException):
        assert not messages, "half a response was sent before the text was rejected"
    return messages


def check(messages: list[Any]) -> None:
    for message in messages:
        for name, value in message.get("headers", ()):
            assert TOKEN.fullmatch(name), name
            assert SENDABLE.fullmatch(value), (name, value)
            assert name not in (b"x-evil", b"set-cookie") or not value.startswith(b"x=1")


def made(callable_: Callable[..., Any], **arguments: Any) -> Any:
    """Return what is called; None if it says that an argument is wrong."""
    try:
        return callable_(**arguments)
    except UnicodeError as exc:
        if "x-text" not in str(exc):
            raise AssertionError("an error that names no parameter") from None
        return None
    except (TypeError, ValueError, LookupError, ImportError, OSError):
        return None


every_text = pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))


@every_text
@pytest.mark.parametrize(("found", "parameter"), swept(lambda found: issubclass(found, Response)))
def test_a_response(found: type, parameter: inspect.Parameter, text: str) -> None:
    arguments = {**(required(found, parameter.name) or {}), parameter.name: hostile(parameter, text)}
    response = made(found, **arguments)
    if response is not None:
        check(send_through(response))


@every_text
@pytest.mark.parametrize(("found", "parameter"), swept(lambda found: issubclass(found, HTTPException)))
def test_an_exception_that_becomes_a_response(found: type, parameter: inspect.Parameter, text: str) -> None:
    arguments = {**(required(found, parameter.name) or {}), parameter.name: hostile(parameter, text)}

    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise found(**arguments)

    check(send_through(ExceptionMiddleware(fails)))


@every_text
@pytest.mark.parametrize(("found", "parameter"), swept(is_middleware))
def test_a_middleware(found: type, parameter: inspect.Parameter, text: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if "session" in scope:
            scope["session"]["seen"] = True
        await PlainTextResponse("x" * 2000)(scope, receive, send)

    arguments = {**(required(found, parameter.name) or {}), parameter.name: hostile(parameter, text)}
    middleware = made(found, app=app, **arguments)
    if middleware is not None:
        check(send_through(middleware))


@every_text
@pytest.mark.parametrize("method", ["set_cookie", "delete_cookie"])
@pytest.mark.parametrize("name", ["key", "value", "path", "domain", "samesite", "expires"])
def test_a_cookie(method: str, name: str, text: str) -> None:
    response = Response(b"")
    function = getattr(response, method)
    if name not in inspect.signature(function).parameters:
        return
    arguments = {"key": "name", name: text}
    made(function, **arguments)
    messages = send_through(response)
    check(messages)
    for field, value in messages[0]["headers"]:
        if field == b"set-cookie":
            assert value.count(b";") <= 4, value
            assert b"evil" not in value.lower()


@every_text
def test_the_name_of_a_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    check(send_through(FileResponse(path, filename=text)))
    assert SENDABLE.fullmatch(format_content_disposition("attachment", text).encode("ascii"))


@every_text
@pytest.mark.parametrize("name", ["data", "event", "id", "comment"])
def test_a_field_of_an_event(name: str, text: str) -> None:
    event = made(ServerSentEvent, **{"data": "x", name: text})
    if event is None:
        return
    sent = armillary.http.EventSourceResponse([event], ping=None)
    body = b"".join(message.get("body", b"") for message in send_through(sent))
    fields = {line.partition(b":")[0] for line in re.split(rb"\r\n|\r|\n", body)}
    assert fields <= {b"", b"data", b"event", b"id", b"retry"}


def test_the_sweep_finds_the_classes_and_parameters_that_there_are() -> None:
    responses = {parameter.id for parameter in swept(lambda found: issubclass(found, Response))}
    assert {"RedirectResponse-url", "FileResponse-filename", "Response-media_type", "Response-headers"} <= responses
    assert {"HTTPException-headers"} <= {param.id for param in swept(lambda found: issubclass(found, HTTPException))}
    middleware = {parameter.id for parameter in swept(is_middleware)}
    assert {"CORSMiddleware-expose_headers", "CSRFMiddleware-cookie_name", "SessionMiddleware-domain"} <= middleware
