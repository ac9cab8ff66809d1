"""Sends every request of the table to the program, and prints what was seen of each as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import anyio
import starlette.routing
from asgi_call import call  # type: ignore[import-not-found]
from differential_app import app  # type: ignore[import-not-found]

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
BODIES: list[tuple[dict[str, str], bytes]] = [
    (JSON, b'{"name": "n", "price": "2.5", "tags": ["a"], "when": "2020-01-02", "theAlias": 9}'),
    (JSON, b'{"name": 3, "price": "x", "when": "never"}'),
    (JSON, b'{"item": {"name": "n"}, "n": 1, "extra": [1]}'),
    (JSON, b'{"item": {}, "n": 0}'),
    (JSON, b'[{"x": 1}, {"x": "2", "y": 3}]'),
    (JSON, b'{"a": 1, "b": 2}'),
    (JSON, b"null"),
    (JSON, b'"text"'),
    (JSON, b'{"open": '),
    (JSON, b"\xff\xfe\x00"),
    (JSON, b""),
    ({}, b'{"name": "no type"}'),
    ({"content-type": "text/plain"}, b'{"name": "plain"}'),
    ({"content-type": "application/geo+json; charset=utf-8"}, b'{"name": "suffix"}'),
    (FORM, b"a=1&b=2&c=x&c=y&user=u&password=secret&roles=r"),
    (FORM, b"a=&b=x&user=&password=p"),
    (FORM, b""),
    (
        MULTIPART,
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\ndata\r\n'
        b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n--b--\r\n',
    ),
    (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--b--\r\n'),
    ({"content-type": "multipart/form-data"}, b"broken"),
]
BODY_PATHS = [
    "/item",
    "/optional-item",
    "/two-bodies",
    "/embedded",
    "/list",
    "/any-body",
    "/lenient",
    "/form",
    "/form-model",
    "/upload",
    "/created",
    "/inner/1?fail=1",
    "/inner/x",
    "/limited-form",
    "/small",
    "/sub/loose/3",
]
HEADERS: list[dict[str, str]] = [
    {},
    {
        "user-agent": "agent",
        "x-many": "1",
        "under_score": "u",
        "cookie": "token=t; user=u; password=secret",
        "authorization": "Bearer abc",
        "x-key": "k",
        "x-number": "4",
        "x-token": "x",
        "numbers": "5",
    },
    {"x-many": "z", "cookie": "user=u; password=p", "authorization": "Basic dTpw", "x-number": "z", "numbers": "z"},
]
PATHS = [
    "/dict",
    "/dict?q=%C3%A9",
    "/sync?q=2",
    "/sync?q=x",
    "/none",
    "/text",
    "/objects",
    "/nan",
    "/unserialisable",
    "/models",
    "/any-models",
    "/invalid-model",
    "/sync-invalid-model",
    "/filtered",
    "/included-fields",
    "/no-none",
    "/no-defaults",
    "/dataclass",
    "/plain",
    "/html",
    "/redirect",
    "/response",
    "/no-content",
    "/injected",
    "/injected?status=205",
    "/injected?status=418",
    "/injected?status=x",
    "/path/1/red",
    "/path/x/green",
    "/file/a/b.txt",
    "/file/",
    "/uuid/6f9619ff-8b86-d011-b42d-00cf4fc964ff",
    "/uuid/x",
    "/query",
    "/query?a=1",
    "/query?a=1&b=2&b=3&the-c=abc&d=9&e=on&f=1&f=2&g=3",
    "/query?a=z&the-c=abcd&e=maybe&f=x&g=x",
    "/headers",
    "/filters",
    "/filters?limit=3&order_by=name&tags=a&tags=b",
    "/filters?limit=x&other=1&other=2",
    "/header-model",
    "/cookie-model",
    "/nested?q=1&page=2",
    "/nested?q=x&page=-1&size=z",
    "/cached",
    "/instance",
    "/generators",
    "/generators?error=http",
    "/generators?error=trouble",
    "/generators?error=value",
    "/generators?q=x",
    "/function-scope",
    "/swallowed",
    "/swallowed?fail=0",
    "/failing",
    "/failing?fail=1",
    "/failing?fail=1&q=x",
    "/user",
    "/bearer",
    "/basic",
    "/key",
    "/connection",
    "/raise/http",
    "/raise/trouble",
    "/raise/value",
    "/late/trouble",
    "/late/value",
    "/background-error",
    "/lines",
    "/lines?n=0",
    "/lines?n=x",
    "/sync-lines",
    "/untyped-lines",
    "/invalid-lines",
    "/events",
    "/events?n=x",
    "/sync-events",
    "/raw-stream",
    "/sync-raw-stream",
    "/sync-raw-stream?n=1",
    "/inner/1",
    "/inner/x?fail=1",
    "/inner/1/",
    "/api/outer/t/inner/2",
    "/api/outer/t/inner/x?q=z",
    "/api/outer/marked",
    "/api/outer/marked?q=x",
    "/api/outer/slash",
    "/api/outer/slash/",
    "/api/outer/none",
    "/starlette/5",
    "/starlette/x",
    "/mounted/below/z",
    "/mounted/none",
    "/sub/error/1",
    "/sub/error/x",
    "/sub/none",
    "/nothing",
    "/",
    "//dict",
    "/dict/",
]


def requests() -> list[tuple[str, str, dict[str, str], bytes]]:
    """Return the table: method, target, headers and body."""
    found = [("GET", path, headers, b"") for path in PATHS for headers in HEADERS]
    found += [("POST", path, headers, body) for path in BODY_PATHS for headers, body in BODIES]
    found += [(method, path, {}, b"") for path in PATHS[::3] for method in ("POST", "HEAD")]
    return found


async def main() -> None:
    results: dict[str, Any] = {}
    for method, target, headers, body in requests():
        results[f"{method} {target} {headers} {body!r}"] = await call(app, method, target, headers, body)
    compiled, kept = routes()
    sys.stdout.write(json.dumps({"results": results, "compiled": compiled, "kept": kept}))


def routes() -> tuple[int, dict[str, int]]:
    """Return how many routes ran compiled handlers, and why others did not."""
    if not starlette.routing.__name__.startswith("armillary"):
        return 0, {}
    import armillary.fastapi

    return tuple(armillary.fastapi.counts())  # type: ignore[return-value]


if __name__ == "__main__":
    anyio.run(main, backend=sys.argv[1])
