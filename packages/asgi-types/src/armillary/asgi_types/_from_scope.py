"""Types whose value a connection has: what a function gets for a parameter of one of them."""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar

from ._application import Scope

T = TypeVar("T")


class FromScope(Protocol):
    """A type that finds its value for a connection, so that typed endpoints take it as a parameter by its type.

    A part that keeps something about a connection gives its class this method; `armillary.binding` calls it. Neither
    imports the other. A class may also have two attributes: `error_statuses`, a tuple of the statuses of what
    `__from_scope__` raises, for API documents; and `runs_after_response = True`, if its value is to be awaited, as
    `value()`, after the response.

    >>> class Tenant:
    ...     def __init__(self, name):
    ...         self.name = name
    ...     @classmethod
    ...     def __from_scope__(cls, scope):
    ...         return cls(dict(scope["headers"]).get(b"x-tenant", b"none").decode("latin-1"))
    """

    @classmethod
    def __from_scope__(cls, scope: Scope, /) -> Self:
        """Return the value for a connection.

        Raises:
            HTTPException: this connection has none; a parameter that may be None is then None.
            RuntimeError: no connection has one, since something is not installed.
        """
        ...


def value_in_scope(cls: type[T], scope: Scope, key: str, provider: str) -> T:
    """Return what is in the scope under a key, if it is an instance of a class.

    Args:
        cls: the class.
        scope: the connection's.
        key: such as "session".
        provider: what puts it there, for the message.

    Raises:
        RuntimeError: there is nothing, or something of another class.

    >>> value_in_scope(dict, {"session": {}}, "session", "SessionMiddleware")
    {}
    """
    missing: Any = object()
    value: Any = scope.get(key, missing)
    if isinstance(value, cls):
        return value
    found = "there is none" if value is missing else f"it is a {type(value).__name__}"
    raise RuntimeError(
        f"a parameter annotated {cls.__name__} takes scope[{key!r}], and {found}: put {provider} around the application"
    )
