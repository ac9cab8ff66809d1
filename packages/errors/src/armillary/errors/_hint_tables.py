"""What other frameworks and other habits write, and what to write instead."""

from __future__ import annotations

from typing import Final

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
    "emit": "await websocket.send_json(data)",
    "on": "async for message in websocket:",
    "on_message": "async for message in websocket:",
    "receive_message": "await websocket.receive_text()",
    "recv": "await websocket.receive_text()",
    "send_message": "await websocket.send_text(text)",
    "send_str": "await websocket.send_text(text)",
}
OF_SESSION: Final = {
    "cycle_key": "session.rotate(), which needs ServerSessionMiddleware",
    "delete": "session.destroy(), or session.clear() for one in a cookie",
    "flush": "session.destroy(), or session.clear() for one in a cookie",
    "invalidate": "session.destroy(), or session.clear() for one in a cookie",
    "regenerate": "session.rotate(), which needs ServerSessionMiddleware",
    "set": "session[key] = value",
    "set_expiry": "Middleware(SessionMiddleware, ..., max_age=...)",
}
OF_SETTERS: Final = {
    "session": "session.clear() and session.update(...): the session of a request is changed in place",
    "user": "request.state.user = ..., or an AuthenticationBackend, whose user request.user is",
}
"""What to write for an attribute of a request that cannot be set."""
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
OF_HEADERS: Final = {
    "add": "headers.append(name, value)",
    "add_header": "headers.append(name, value)",
    "set": "headers[name] = value",
}
OF_CALL_NEXT: Final = {
    "body": "response.body_iterator: it streams what the endpoint sends",
    "json": "response.body_iterator: it streams what the endpoint sends",
}
ATTRIBUTES: Final = {
    "PassingResponse": OF_CALL_NEXT,
    "ResponseHeaders": OF_HEADERS,
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
OF_FILES: Final = {
    "as_attachment": "filename='...', which makes it a download",
    "attachment_filename": "filename='...'",
    "download": "filename='...', which makes it a download",
    "download_name": "filename='...'",
    "file": "path=...",
}
"""What other frameworks call an argument of a `FileResponse`."""
OF_EXCEPTION: Final = {
    "content": "detail=...",
    "description": "detail=...",
    "message": "detail=...",
    "status": "status_code=...",
}
"""What other frameworks call an argument of an `HTTPException`."""
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
    (
        r"'(?:Headers|QueryParams|FormData|\w*Session)' object is not callable$",
        "Write [...] or .get(...): it is a mapping",
    ),
    (r".*\(not \"Secret\"\) to str$", "Write str(secret) where its text is needed"),
    (r"'\w*Response' object does not support item assignment$", "Write response.headers[name] = value"),
    (r"CallNextExchange\.call_next\(\) missing ", "Write await call_next(request)"),
    (r"object \w+ can't be used in 'await' expression$", "Leave out await: what is called is not async"),
)
"""How the text of an error begins, and what to write."""
OF_RUNTIME: Final = (
    ("asyncio.run() cannot be called from a running event loop", "Write await in place of asyncio.run()"),
    ('Expected ASGI message "websocket.accept"', "Write await websocket.accept() before the first message"),
    (
        'Expected ASGI message "websocket.send" or "websocket.close", but got \'websocket.accept\'',
        "Leave out the second accept()",
    ),
)
"""The same for errors of event loops, and for messages of a WebSocket that come in the wrong order."""
