"""Arguments that are made from the connection: by their type, without a name in the request."""

# What is looked at here are the types of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple, get_origin

from armillary.asgi_types import HTTPException
from armillary.datastructures import HTTPConnection, State
from armillary.http import Request, Response
from armillary.serialization import is_optional, union_members, unwrap
from armillary.websockets import WebSocket

Kind = Literal["http", "websocket"]


class Making(NamedTuple):
    """How a value is made from the connection.

    Attributes:
        kind: the class, or the marker that finds the value.
        make: makes it of the request or WebSocket.
        runs_after: whether it is work to do after the response.
        is_response: whether it is the response whose headers and cookies are added to that of the result.
        reads_path: whether it may read the path parameters.
        errors: statuses of the `HTTPException`s that making it may raise.
        scopes: what a client must be granted for a value to be made.
    """

    kind: Any
    make: Callable[[Any], Any]
    runs_after: bool = False
    is_response: bool = False
    reads_path: bool = False
    errors: tuple[int, ...] = ()
    scopes: tuple[str, ...] = ()


class Provided(NamedTuple):
    """An argument made from the connection.

    Attributes:
        target, name: the argument.
        making: how.
    """

    target: int
    name: str
    making: Making


def making_of(type_: Any, kind: Kind, metadata: tuple[Any, ...] = ()) -> Making | None:
    """Return how a value of this type is made from the connection; None if it is not.

    Args:
        type_: of the parameter.
        kind: of the connection.
        metadata: what the parameter's `Annotated` says of it: a marker with `__from_scope__` finds the value of a type
            that does not know of connections.

    Raises:
        TypeError: it is the connection of the other kind; the message ends a sentence about the parameter.

    >>> making_of(Request, "http").reads_path
    True
    >>> making_of(int, "http") is None
    True
    """
    members = union_members(type_)
    if len(members) != 1:
        return None
    member, inner = unwrap(members[0])
    base: Any = get_origin(member) or member
    for finder in (*metadata, *inner, base):
        if hasattr(finder, "__from_scope__"):
            make = partial(_from_scope_or_none if is_optional(type_) else _from_scope, finder)
            required = object if is_optional(type_) else finder  # None, where there is no value
            return Making(
                finder,
                make,
                getattr(finder, "runs_after_response", False) is True,
                errors=tuple(getattr(required, "error_statuses", ())),
                scopes=tuple(getattr(required, "required_scopes", ())),
            )
    if not _is_class(base):
        return None
    if is_optional(type_):
        return None
    if issubclass(base, HTTPConnection):
        return _making_of_connection(base, kind)
    if issubclass(base, State):
        return Making(base, _state)
    if base is Response and kind == "http":
        return Making(base, _empty_response, is_response=True)
    return None


def _making_of_connection(base: type[HTTPConnection[Any]], kind: Kind) -> Making:
    own: Any = Request if kind == "http" else WebSocket
    if base is not HTTPConnection and not issubclass(base, own) and not issubclass(own, base):
        raise TypeError(f"is a {base.__name__}; this endpoint has a {own.__name__}")
    if issubclass(base, own) and base is not own:
        return Making(base, partial(_connection_as, base), reads_path=True)
    return Making(base, _connection, reads_path=True)


def _connection(connection: Any) -> Any:
    return connection


def _connection_as(cls: Any, connection: Any) -> Any:
    return connection if isinstance(connection, cls) else cls(connection.scope, connection._receive, connection._send)


def _is_class(value: Any) -> bool:
    return isinstance(value, type)


def _state(connection: Any) -> Any:
    return connection.state


def _from_scope(finder: Any, connection: Any) -> Any:
    return finder.__from_scope__(connection.scope)


def _from_scope_or_none(finder: Any, connection: Any) -> Any:
    try:
        return finder.__from_scope__(connection.scope)
    except HTTPException:
        return None


def _empty_response(connection: Any) -> Response:
    return Response()
