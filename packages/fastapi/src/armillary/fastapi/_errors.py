"""Errors of a request, and who answers them."""

from __future__ import annotations

from json import JSONDecodeError
from typing import Any

from armillary.asgi_types import Message, Receive, Scope, Send
from armillary.starlette.exceptions import HTTPException

from ._fastapi import body_limit, exceptions, routing


def endpoint_context(dependant: Any, request: Any) -> Any:
    """Return which function, file and path an error is about."""
    context = routing._extract_endpoint_context(dependant.call)
    if dependant.path:
        mount_path = request.scope.get("root_path", "").rstrip("/")
        context["path"] = f"{request.method} {mount_path}{dependant.path}"
    return context


def request_error(errors: list[Any], body: Any, dependant: Any, request: Any) -> Exception:
    """Return the exception for a request whose parameters have errors."""
    context = endpoint_context(dependant, request)
    error: Exception = exceptions.RequestValidationError(errors, body=body, endpoint_ctx=context)
    return error


def body_error(exc: Exception, dependant: Any, request: Any) -> Exception:
    """Return the exception for a body that could not be read."""
    if isinstance(exc, JSONDecodeError):
        detail: dict[str, Any] = {
            "type": "json_invalid",
            "loc": ("body", exc.pos),
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": exc.msg},
        }
        return request_error([detail], exc.doc, dependant, request)
    if body_limit.MAX_BODY_SIZE_SCOPE_KEY in request.scope:
        limit_error: Exception | None = body_limit.get_body_limit_error(exc)
        if limit_error is not None:
            return limit_error
    return HTTPException(status_code=400, detail="There was an error parsing the body")


async def respond_to_error(
    exc: Exception, is_started: bool, request: Any, scope: Scope, receive: Receive, send: Send
) -> None:
    """Let the application's handler for an exception respond; without one, the exception is raised again.

    Args:
        exc: the exception.
        is_started: whether the response has started.
    """

    async def raising(scope: Scope, receive: Receive, tracking_send: Send) -> None:
        if is_started:
            await tracking_send({"type": "http.response.start"})
        raise exc

    async def send_after(message: Message) -> None:
        # Without a status it is the note of `raising` that the response has started, and no message.
        if "status" in message or message["type"] != "http.response.start":
            await send(message)

    await routing.wrap_app_handling_exceptions(raising, request)(scope, receive, send_after)
