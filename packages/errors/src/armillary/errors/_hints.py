"""What to write instead, for exceptions of Python whose words do not say it."""

from __future__ import annotations

import re
from typing import Final

OF_REQUEST: Final = {
    "GET": "request.query_params",
    "POST": "await request.form()",
    "accept": "WebSocketRoute(path, endpoint): a Route is for HTTP",
    "args": "request.query_params",
    "data": "await request.body()",
    "files": "await request.form()",
    "get_json": "await request.json()",
    "params": "request.path_params or request.query_params",
    "query": "request.query_params",
    "remote_addr": "request.client",
    "values": "request.query_params or await request.form()",
}
HINTS: Final = (
    (re.compile(r"^'coroutine' object "), "Await the call: what an async function returns is a coroutine until then"),
    (re.compile(r"^'PendingForm' object "), "Write await request.form(), or async with request.form() as form"),
    (re.compile(r"^'builtin_function_or_method' object is not subscriptable$"), "Call it: write () behind its name"),
    (
        re.compile(r"^'\w*method' object is not subscriptable$"),
        "Call the method: write () behind its name, await before",
    ),
    (re.compile(r"^object \w+ can't be used in 'await' expression$"), "Leave out await: what is called is not async"),
)


def hint_of(exc: BaseException) -> str | None:
    """Return a sentence with what to write, if the mistake is a known one.

    >>> hint_of(TypeError("'coroutine' object is not subscriptable"))
    'Await the call: what an async function returns is a coroutine until then'
    """
    if not isinstance(exc, TypeError | AttributeError):
        return None
    try:
        text = str(exc)
    except Exception:  # a class of the program whose text fails
        return None
    if isinstance(exc, AttributeError) and exc.name in OF_REQUEST and is_request(exc.obj):
        return f"Write {OF_REQUEST[exc.name]}"
    return next((hint for pattern, hint in HINTS if pattern.match(text)), None)


def is_request(value: object) -> bool:
    from armillary.http import Request

    return isinstance(value, Request)
