"""Data that a function endpoint returns instead of a response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from functools import lru_cache
from types import NoneType
from typing import Any, Final, get_origin, get_type_hints

from armillary.asgi_types import EndpointError
from armillary.serialization import is_optional, union_members, unwrap

from ._json_response import JSONResponse
from ._response import Response

_DATA: Final = frozenset((dict, list, int, float, bool))
"""Classes of which any value is data, as most are."""


def data_response(value: Any, endpoint: Any) -> Response:
    """Return data as JSON, by what it is: a dict, a list, a struct, a model, a dataclass.

    Text, a tuple and None are data too if that is what the endpoint declares; `-> None` is a response without content.

    Args:
        value: what the endpoint returned.
        endpoint: the function, which errors name with its file and line.

    Raises:
        EndpointError: what the endpoint returned is more likely a mistake than data; the message has the fix.
    """
    fix = _fix(value)
    if fix:
        declared = _declared(endpoint)
        if value is None and declared is NoneType:
            return Response(None, 204)
        if not _is_data(value, declared):
            raise _mistake(value, endpoint, fix)
    try:
        return JSONResponse(value)
    except (TypeError, ValueError) as exc:
        problem = f"returned {value!r:.80}, which has no JSON form ({exc})"
        raise EndpointError(endpoint, f"{problem}; return data, a Response or an ASGI application") from exc


def check_undeclared(value: Any, endpoint: Any) -> None:
    """Check what a function returned that does not declare its result.

    Args:
        value: what it returned.
        endpoint: the function, which errors name with its file and line.

    Raises:
        EndpointError: it is more likely a mistake than data, such as text, None or a tuple; the message has the fix.

    >>> check_undeclared({"name": "Vega"}, print)
    """
    fix = _fix(value)
    if fix:
        raise _mistake(value, endpoint, fix)


def _mistake(value: Any, endpoint: Any, fix: str) -> EndpointError:
    shown = f"{value!r:.80}" if value is None or not hasattr(value, "close") else f"a {type(value).__name__}"
    close = getattr(value, "close", None)
    if isinstance(value, Awaitable) and close is not None:
        close()
    return EndpointError(endpoint, f"returned {shown}; {fix}")


def _declared(endpoint: Any) -> Any:
    """Return what a function declares to return; Any if it declares nothing, or what cannot be found."""
    from inspect import unwrap as unwrap_function

    function = unwrap_function(getattr(endpoint, "func", endpoint))  # of a partial, its function
    return _result_of(getattr(function, "__func__", function))  # a bound method is a new one each time


@lru_cache(maxsize=1024)
def _result_of(function: Any) -> Any:
    try:
        return unwrap(get_type_hints(function).get("return", Any)).type
    except Exception:  # annotations are code
        return Any


def _is_data(value: Any, declared: Any) -> bool:
    """Return whether text, a tuple or None is what a function declares to return."""
    if value is None:
        return is_optional(declared)
    members = [get_origin(item) or item for item in union_members(declared)]
    return any(kind in members and isinstance(value, kind) for kind in (str, tuple))


def _fix(value: Any) -> str:
    """Return what to write instead, if the value is no data; else nothing."""
    if type(value) in _DATA:
        return ""
    if value is None:
        return "return a Response or data, or declare `-> None` for a response without content"
    if isinstance(value, str | bytes | bytearray | memoryview):
        return "return a Response, such as PlainTextResponse(...), or declare `-> str` for a JSON string"
    if isinstance(value, tuple):
        return "return a Response with its status, such as JSONResponse(data, 201); a list is data"
    if isinstance(value, AsyncIterator | Iterator):
        return "return a StreamingResponse(...) of it, or declare what it yields with `-> AsyncIterator[...]`"
    if isinstance(value, Awaitable):
        return "declare the function with `async def`, or await what it calls"
    if isinstance(value, BaseException):
        return "raise it"
    if isinstance(value, type):
        return "return an instance, such as a Response or another ASGI application"
    return ""
