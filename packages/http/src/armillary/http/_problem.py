"""Problem details for HTTP APIs (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from armillary.asgi_types import ExceptionHandler, HTTPException, reason_phrase
from armillary.exchange import BODILESS_STATUSES
from armillary.serialization import encode_json

from ._json_response import JSONResponse
from ._response import Background, Response

_STANDARD_MEMBERS = frozenset(("type", "title", "status", "detail", "instance"))
_EXTENSION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def _members(
    status: int,
    detail: str | None,
    kind: str,
    title: str | None,
    instance: str | None,
    extensions: Mapping[str, Any] | None,
) -> dict[str, Any]:
    members: dict[str, Any] = {}
    if kind != "about:blank":
        members["type"] = kind
    if title is None and kind == "about:blank":
        title = _phrase(status)
    for name, value in (("title", title), ("status", status), ("detail", detail), ("instance", instance)):
        if value is not None:
            members[name] = value
    for name, value in (extensions or {}).items():
        if name in _STANDARD_MEMBERS or not _EXTENSION_NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot be an extension member: it must be a word and no standard member (RFC 9457, 3.2)"
            )
        members[name] = value
    return members


def _phrase(status: int) -> str | None:
    try:
        return reason_phrase(status)
    except ValueError:
        return None


class ProblemResponse(JSONResponse):
    """A machine-readable error response.

    Args:
        status_code: the status, also a member of the document.
        detail: a sentence about this occurrence.
        type: a URI identifying the kind of problem; "about:blank" means no more than the status.
        title: the kind of problem in words; for "about:blank" the reason phrase.
        instance: a URI identifying this occurrence.
        extensions: further members.
        headers: further headers.
        background: awaited after the response was sent.

    Raises:
        ValueError: an extension has the name of a standard member, or one that is not a word.

    Follows RFC 9457.

    >>> ProblemResponse(404, "No such order.").body.decode()
    '{"title":"Not Found","status":404,"detail":"No such order."}'
    """

    media_type: str | None = "application/problem+json"

    def __init__(
        self,
        status_code: int,
        detail: str | None = None,
        *,
        type: str = "about:blank",
        title: str | None = None,
        instance: str | None = None,
        extensions: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        background: Background | None = None,
    ) -> None:
        document = _members(status_code, detail, type, title, instance, extensions)
        super().__init__(document, status_code, headers, background=background)


class ProblemException(HTTPException):
    """An HTTP exception whose response has problem details.

    A client that prefers text/plain or text/html gets the detail as text, unless `problem_details()` handles it.

    Args:
        status_code, detail, type, title, instance, extensions, headers: as of `ProblemResponse`.

    >>> ProblemException(409, "Sold out.", type="https://example.com/sold-out", extensions={"left": 0}).status_code
    409
    """

    def __init__(
        self,
        status_code: int,
        detail: str | None = None,
        *,
        type: str = "about:blank",
        title: str | None = None,
        instance: str | None = None,
        extensions: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status_code, title if detail is None else detail, headers)
        self.members: dict[str, Any] = _members(status_code, detail, type, title, instance, extensions)


def _problem_from(exc: Exception, extensions: Callable[[Exception], Mapping[str, Any]] | None) -> Response:
    if isinstance(exc, HTTPException) and exc.status_code in BODILESS_STATUSES:
        # No document, so no content type: a cache would store it for the page it keeps.
        return Response(None, exc.status_code, exc.headers)
    extra: dict[str, Any] = {} if extensions is None else dict(extensions(exc))
    if isinstance(exc, ProblemException):
        document = {**exc.members, **extra}
        media_type = ProblemResponse.media_type
        return JSONResponse(document, exc.status_code, exc.headers, media_type)
    if not isinstance(exc, HTTPException):
        return ProblemResponse(500, extensions=extra)
    detail = None if exc.detail == _phrase(exc.status_code) else exc.detail
    errors: Any = getattr(exc, "errors", None)
    if isinstance(errors, list | tuple) and _has_json_form(errors):
        extra.setdefault("errors", errors)
        if getattr(exc, "more", False) is True:
            extra.setdefault("more", True)
    return ProblemResponse(exc.status_code, detail, extensions=extra, headers=exc.headers)


def _has_json_form(value: Any) -> bool:
    try:
        encode_json(value)
    except (TypeError, ValueError):
        return False
    return True


def problem_details(
    *, extensions: Callable[[Exception], Mapping[str, Any]] | None = None
) -> dict[int | type[Exception], ExceptionHandler]:
    """Return exception handlers that send every error of an application as problem details.

    Give them to the application: `Armillary(exception_handlers=problem_details())`. They handle
    each `HTTPException`, and any other exception as a 500 that does not reveal its cause. An
    exception's `errors`, if it is a list, becomes a member of that name.

    Args:
        extensions: returns further members for an exception, such as a request id.

    Follows RFC 9457.

    >>> [key.__name__ for key in problem_details()]
    ['HTTPException', 'Exception']
    """

    async def respond(request: Any, exc: Exception) -> Response:
        return _problem_from(exc, extensions)

    return {HTTPException: respond, Exception: respond}
