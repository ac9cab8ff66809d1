"""Print what each input of inputs.txt does on the `starlette` that this process imports, as JSON.

A line of inputs.txt is an expression; its effect is the text of its value, the messages that an application sent, or
the class of the exception.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent

IMPORTS = """
import datetime, json, re, uuid
from starlette import status, types
from starlette._utils import is_async_callable, parse_host_header
from starlette.applications import Starlette
from starlette.authentication import *
from starlette.background import *
from starlette.config import *
from starlette.convertors import *
from starlette.datastructures import *
from starlette.endpoints import *
from starlette.exceptions import *
from starlette.formparsers import *
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import *
from starlette.responses import *
from starlette.routing import *
from starlette.schemas import *
from starlette.staticfiles import *
from starlette.templating import *
from starlette.websockets import *
"""


def inputs() -> list[str]:
    """Return the expressions; lines that begin with `#` head a group."""
    lines = (HERE / "inputs.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def run(app: Any, scope: dict[str, Any], incoming: list[Any]) -> list[Any]:
    """Call an application and return what it sent; a client of HTTP stays after its messages."""
    sent: list[Any] = []
    waiting = iter(incoming)

    async def receive() -> Any:
        message = next(waiting, None)
        if message is None and scope["type"] == "http":
            await asyncio.Event().wait()  # the client stays
        return message or {"type": "websocket.disconnect", "code": 1001}

    async def send(message: Any) -> None:
        sent.append(normal(message))

    async def main() -> None:
        try:
            await asyncio.wait_for(app(scope, receive, send), 5)
        except Exception as error:
            sent.append(error_of(error))

    asyncio.run(main())
    return sent


def normal(message: Any) -> dict[str, Any]:
    """Return a message without what means the same: the order of fields of different names, what is left out."""
    found = {"more_body": False, **message} if message["type"] == "http.response.body" else dict(message)
    if "headers" in found:
        found["headers"] = sorted(found["headers"], key=lambda field: field[0])
    if isinstance(found.get("body"), memoryview):
        found["body"] = bytes(found["body"])
    return found


def scope_of(path: str, headers: dict[str, str] | list[tuple[str, str]], **more: Any) -> dict[str, Any]:
    path, _, query = path.partition("?")
    pairs = headers if isinstance(headers, list) else list(headers.items())
    return {
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs],
        "server": ("example.org", 80),
        "client": ("192.0.2.1", 5000),
        "http_version": "1.1",
        **more,
    }


def http(app: Any, path: str = "/", method: str = "GET", body: Any = b"", headers: Any = (), **more: Any) -> list[Any]:
    """Return what an application sends for a request; a list is a body in parts."""
    parts = [body] if isinstance(body, bytes) else body
    incoming = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    incoming[-1]["more_body"] = False
    scope = {"type": "http", "method": method, "scheme": "http", **scope_of(path, dict(headers), **more)}
    return run(app, scope, incoming)


def asked(get: Callable[[Any], Any], path: str = "/", method: str = "GET", **options: Any) -> str:
    """Return what an endpoint finds in its request."""
    from starlette.requests import Request

    found: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        value = get(Request(scope, receive, send))
        found.append(text_of(await value if hasattr(value, "__await__") else value))

    sent = http(app, path, method, **options)
    return found[0] if found else text_of(sent)


def websocket(app: Any, path: str = "/", *incoming: Any, headers: Any = (), **more: Any) -> list[Any]:
    """Return what an application sends on a WebSocket that receives these messages."""
    scope = {"type": "websocket", "scheme": "ws", "subprotocols": [], **scope_of(path, dict(headers), **more)}
    return run(app, scope, [{"type": "websocket.connect"}, *incoming])


def on_websocket(act: Callable[[Any], Any], *incoming: Any) -> str:
    """Return what a function gets and sends on an accepted WebSocket."""
    from starlette.websockets import WebSocket

    found: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        found.append(text_of(await act(socket)))

    sent = websocket(app, "/", *incoming)
    return f"{found} {text_of(sent)}"


def after(value: Any, change: Callable[[Any], Any]) -> str:
    """Return what a change of an object returns and makes of it."""
    return f"{text_of(change(value))} {text_of(value)}"


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers with a short text."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"x" * 600})


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """An application that sends back the first part of the body."""
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


def accept_and_raise(error: Exception) -> Callable[..., Any]:
    """Return a WebSocket endpoint that accepts and then fails."""

    async def endpoint(websocket: Any) -> None:
        await websocket.accept()
        raise error

    return endpoint


def raise_at_once(error: Exception) -> Callable[..., Any]:
    """Return a WebSocket endpoint, or an application, that fails."""

    async def endpoint(*arguments: Any) -> None:
        raise error

    return endpoint


def accept_and_raise_bare(error: Exception) -> Callable[..., Any]:
    """Return an application that accepts a WebSocket and then fails."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        raise error

    return app


def error_of(error: BaseException) -> str:
    """Return the classes of an exception, the most special first, without Armillary's own."""
    status = getattr(error, "status_code", None)
    classes = [f"{cls.__module__}.{cls.__qualname__}" for cls in type(error).__mro__[:-2]]
    public = [name for name in classes if not name.startswith("armillary.")]
    return f"raises {' '.join(public)}" + (f" {status}" if status else "")


def text_of(value: Any) -> str:
    """Return a value's text, without what differs from process to process."""
    text = f"{{{', '.join(sorted(map(repr, value)))}}}" if isinstance(value, (set, frozenset)) else repr(value)
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    text = re.sub(r"armillary\.\w+(\._\w+)*", "starlette", text)
    return re.sub(r"(boundary=|--)[0-9a-f]{26,32}", r"\1B", text)


def namespace(folder: Path) -> dict[str, Any]:
    (folder / "a.txt").write_text("0123456789", encoding="utf-8")
    (folder / "b.html").write_text("{{ x }} {% block y %}z{% endblock %}", encoding="utf-8")
    (folder / "sub").mkdir()
    (folder / "sub/index.html").write_text("sub", encoding="utf-8")
    (folder / ".env").write_text("A=1\n# no\nB='2'\nbad\n", encoding="utf-8")
    for path in folder.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    found: dict[str, Any] = {}
    exec(IMPORTS, found)  # noqa: S102
    tools = (http, asked, websocket, on_websocket, after, plain, list, run)
    tools += (echo, accept_and_raise, raise_at_once, accept_and_raise_bare)
    return {**found, **{tool.__name__: tool for tool in tools}, "folder": folder}


def effects(names: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for expression in inputs():
        try:
            value = eval(expression, dict(names))  # noqa: S307 - the table is in this folder
            yield expression, value if isinstance(value, str) else text_of(value)
        except Exception as error:
            yield expression, error_of(error)


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable()
    with tempfile.TemporaryDirectory() as made:
        found = {key: text.replace(made, "FOLDER") for key, text in effects(namespace(Path(made)))}
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
