"""What to write instead, for exceptions of Python whose words do not say it."""

from __future__ import annotations

import re
from typing import Final

from armillary.asgi_types import yields_hint

from ._frames import steps_of

OF_REQUEST: Final = {
    "FILES": "await request.form()",
    "GET": "request.query_params",
    "META": "request.headers, request.client or request.scope",
    "POST": "await request.form()",
    "accept": "WebSocketRoute(path, endpoint): a Route is for HTTP",
    "args": "request.query_params",
    "data": "await request.body()",
    "files": "await request.form()",
    "get_data": "await request.body()",
    "get_json": "await request.json()",
    "host": "request.url.netloc, or request.headers['host']",
    "is_json": "request.headers.get('content-type')",
    "params": "request.path_params or request.query_params",
    "path": "request.url.path",
    "query": "request.query_params",
    "remote_addr": "request.client",
    "view_args": "request.path_params",
    "values": "request.query_params or await request.form()",
}
OF_WEBSOCKET: Final = {
    "receive_message": "await websocket.receive_text()",
    "recv": "await websocket.receive_text()",
    "send_message": "await websocket.send_text(text)",
}
OF_TEMPLATES: Final = {
    "render": "TemplateResponse(request, name, context)",
    "render_template": "TemplateResponse(request, name, context)",
}
ATTRIBUTES: Final = {"Request": OF_REQUEST, "WebSocket": OF_WEBSOCKET, "Jinja2Templates": OF_TEMPLATES}
"""What other frameworks call an attribute, by the class that does not have it."""
ARGUMENTS: Final = {
    "content_type": "media_type=...",
    "mimetype": "media_type=...",
    "safe": "JSONResponse(data) alone: a list is data too",
    "status": "status_code=...",
}
"""What other frameworks call an argument of a response."""
_RESPONSE: Final = r"(?:|EventSource|File|Redirect|Streaming)Response"
_ARGUMENT: Final = _RESPONSE + r"\.__init__\(\) got an unexpected keyword argument '(\w+)'"
HINTS: Final = (
    (
        r"'coroutine' object is not callable$",
        "Give the function, not what it returns: leave out its (); with arguments, BackgroundTask(function, ...)",
    ),
    (r"'coroutine' object ", "Await the call: what an async function returns is a coroutine until then"),
    (r"'PendingForm' object ", "Write await request.form(), or async with request.form() as form"),
    (r"'builtin_function_or_method' object is not subscriptable$", "Call it: write () behind its name"),
    (
        r"'\w*method' object is not subscriptable$",
        "Call the method: write () behind its name, await before",
    ),
    (r"'bool' object is not callable$", "It is an attribute: leave out the ()"),
    (
        r"exceptions must derive from BaseException$",
        "Return a response; what is raised is an exception, such as HTTPException(404)",
    ),
    (r"object \w+ can't be used in 'await' expression$", "Leave out await: what is called is not async"),
)
"""How the text of an error begins, and what to write."""


def hint_of(exc: BaseException) -> str | None:
    """Return a sentence with what to write, if the mistake is a known one.

    >>> hint_of(TypeError("'coroutine' object is not subscriptable"))
    'Await the call: what an async function returns is a coroutine until then'
    """
    if isinstance(exc, RuntimeError):
        return yields_hint(exc)
    if not isinstance(exc, TypeError | AttributeError):
        return None
    try:
        text = str(exc)
    except Exception:  # a class of the program whose text fails
        return None
    write = _attribute(exc) if isinstance(exc, AttributeError) else _argument(text)
    if write:
        return f"Write {write}"
    return next((hint for pattern, hint in HINTS if re.match(pattern, text)), None)


def _attribute(exc: AttributeError) -> str | None:
    if exc.name == "isascii" and any(step.tb_frame.f_code.co_name == "send_text" for step in steps_of(exc)):
        return "send_json(data) for what is no text"
    classes = [base.__name__ for base in type(exc.obj).__mro__ if base.__module__.startswith("armillary.")]
    return next((found for name in classes if (found := ATTRIBUTES.get(name, {}).get(exc.name or ""))), None)


def _argument(text: str) -> str | None:
    found = re.match(_ARGUMENT, text)
    return None if found is None else ARGUMENTS.get(found[1])
