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
    text = str(exc)
    missing = re.match(r"^'Request' object has no attribute '(\w+)'", text)
    if missing is not None and missing[1] in OF_REQUEST:
        return f"Write {OF_REQUEST[missing[1]]}"
    return next((hint for pattern, hint in HINTS if pattern.match(text)), None)
