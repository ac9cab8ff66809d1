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
OF_DJANGO: Final = {
    "csrf_token": "{{ csrf_field() }}",
    "load": "no {% load %}, what a template may call is there",
    "static": "{{ static_url('style.css') }}",
    "url": "{{ url_for('name', number=1) }}",
}
"""What the tags of Django's templates are in Jinja's."""
OF_TEMPLATES: Final = {
    "render": "TemplateResponse(request, name, context)",
    "render_template": "TemplateResponse(request, name, context)",
}
OF_RESPONSE: Final = {
    "content": "response.body",
    "cookies": "response.set_cookie(name, value)",
    "data": "response.body",
    "set_data": "Response(data)",
    "status": "response.status_code",
}
ATTRIBUTES: Final = {
    "Response": OF_RESPONSE,
    "Request": OF_REQUEST,
    "WebSocket": OF_WEBSOCKET,
    "Jinja2Templates": OF_TEMPLATES,
}
"""What other frameworks call an attribute, by the class that does not have it."""
ARGUMENTS: Final = {
    "content_type": "media_type=...",
    "mimetype": "media_type=...",
    "safe": "JSONResponse(data) alone: a list is data too",
    "status": "status_code=...",
}
"""What other frameworks call an argument of a response."""
OF_EXCEPTION: Final = {
    "content": "detail=...",
    "description": "detail=...",
    "message": "detail=...",
    "status": "status_code=...",
}
"""What other frameworks call an argument of an `HTTPException`."""
_RESPONSE: Final = r"(?:|EventSource|File|Redirect|Streaming)Response"
_ARGUMENT: Final = _RESPONSE + r"\.__init__\(\) got an unexpected keyword argument '(\w+)'"
_OF_EXCEPTION: Final = r"HTTPException\.__init__\(\) got an unexpected keyword argument '(\w+)'"
_OF_TEMPLATE: Final = r"\w+\.TemplateResponse\(\) got an unexpected keyword argument '(\w+)'"
HINTS: Final = (
    (
        r"'coroutine' object is not callable$",
        "Give the function, not what it returns: leave out its (); with arguments, BackgroundTask(function, ...)",
    ),
    (
        r"'coroutine' object ",
        "Await the call, in an async def: what an async function returns is a coroutine until then",
    ),
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
    (r"CallNextExchange\.call_next\(\) missing ", "Write await call_next(request)"),
    (r"object \w+ can't be used in 'await' expression$", "Leave out await: what is called is not async"),
)
"""How the text of an error begins, and what to write."""
OF_MESSAGES: Final = (
    ('Expected ASGI message "websocket.accept"', "Write await websocket.accept() before the first message"),
    (
        'Expected ASGI message "websocket.send" or "websocket.close", but got \'websocket.accept\'',
        "Leave out the second accept()",
    ),
)
"""The same for messages of a WebSocket that come in the wrong order."""


def hint_of(exc: BaseException) -> str | None:
    """Return a sentence with what to write, if the mistake is a known one.

    >>> hint_of(TypeError("'coroutine' object is not subscriptable"))
    'Await the call, in an async def: what an async function returns is a coroutine until then'
    """
    try:
        text = str(exc)
    except Exception:  # a class of the program whose text fails
        return None
    if isinstance(exc, RuntimeError):
        return yields_hint(exc) or next((hint for start, hint in OF_MESSAGES if text.startswith(start)), None)
    if type(exc).__name__ == "TemplateSyntaxError":
        return _django_tag(text)
    if not isinstance(exc, TypeError | AttributeError):
        return None
    write = _attribute(exc) if isinstance(exc, AttributeError) else _background(exc, text) or _argument(text)
    if write:
        return f"Write {write}"
    return next((hint for pattern, hint in HINTS if re.match(pattern, text)), None)


def _attribute(exc: AttributeError) -> str | None:
    if exc.name == "isascii" and any(step.tb_frame.f_code.co_name == "send_text" for step in steps_of(exc)):
        return "send_json(data) for what is no text"
    classes = [base.__name__ for base in type(exc.obj).__mro__ if base.__module__.startswith("armillary.")]
    if "Session" in classes:
        return f"session[{exc.name!r}]: a session is a dict"
    return next((found for name in classes if (found := ATTRIBUTES.get(name, {}).get(exc.name or ""))), None)


def _django_tag(text: str) -> str | None:
    found = re.match(r"Encountered unknown tag '(\w+)'", text)
    write = None if found is None else OF_DJANGO.get(found[1])
    return None if write is None else f"Templates are Jinja's: write {write}"


def _background(exc: TypeError, text: str) -> str | None:
    """Return what to write for a function that is not async as the background work of a response."""
    if not text.endswith("can't be used in 'await' expression"):
        return None
    steps = list(steps_of(exc))
    is_response = bool(steps) and steps[-1].tb_frame.f_code.co_qualname.endswith("Response.__call__")
    return "background=BackgroundTask(function, ...): a function alone must be async" if is_response else None


def _argument(text: str) -> str | None:
    if found := re.match(_ARGUMENT, text):
        return ARGUMENTS.get(found[1])
    if found := re.match(_OF_EXCEPTION, text):
        return OF_EXCEPTION.get(found[1])
    found = re.match(_OF_TEMPLATE, text)
    return (
        None if found is None else f"{{{found[1]!r}: ...}} as the third argument: a template gets its values as a dict"
    )
