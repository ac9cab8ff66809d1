"""Typed methods of a class endpoint, each for the HTTP method of its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from armillary.http import HTTPEndpoint, Request

from ._endpoint import BoundEndpoint


class BoundMethod(BoundEndpoint):
    """A method of a class, whose instance is that of the request."""

    is_method = True


def bind_methods(
    cls: type[HTTPEndpoint], names: Sequence[str], *, path: Mapping[str, bool] | Sequence[str] = ()
) -> type[HTTPEndpoint]:
    """Return a class endpoint whose typed methods take a request, called with values from it.

    It is a subclass, so what the class overrides, such as `dispatch`, is still called. Its attribute `signatures` has
    the `EndpointSignature` of each typed method by its name.

    Args:
        cls: the class.
        names: the typed methods, such as ["get", "put"].
        path: as for `bind`.

    Raises:
        BindingError: something about a method is wrong.

    >>> class Double(HTTPEndpoint):
    ...     async def get(self, number: int) -> int:
    ...         return 2 * number
    >>> bind_methods(Double, ["get"]).signatures["get"].parameters[0].source
    'query'
    """
    known = path if isinstance(path, Mapping) else dict.fromkeys(path, False)
    bound = {name: BoundMethod(getattr(cls, name), path=known, request_class=cls.request_class) for name in names}
    members: dict[str, Any] = {name: _method_of(method) for name, method in bound.items()}
    members |= {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "signatures": {name: method.signature for name, method in bound.items()},
    }
    return type(cls.__name__, (cls,), members)


def _method_of(bound: BoundMethod) -> Callable[[Any, Request[Any]], Awaitable[Any]]:
    async def handle(self: Any, request: Request[Any]) -> Any:
        return await bound.respond(request, self)

    return handle
