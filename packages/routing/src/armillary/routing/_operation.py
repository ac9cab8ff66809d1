"""What API documents say about a route: kept with it, and read by `armillary.openapi` alone."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypedDict

from armillary.asgi_types import unexpected_argument


class ChannelOperation(TypedDict, total=False):
    """The keyword arguments of a `WebSocketRoute` that describe it in API documents (AsyncAPI 3.0, Operation Object).

    Keys:
        summary: a line about it.
        description: more, in Markdown; by default the docstring of the function.
        tags: the groups it is listed in.
        security: the requirements that a client fulfils, any one of them.
        external_docs: documentation elsewhere.
    """

    summary: str
    description: str
    tags: Sequence[str]
    security: Sequence[Any]
    external_docs: Mapping[str, Any]


class Operation(ChannelOperation, total=False):
    """The keyword arguments of a `Route` that describe it in API documents (OpenAPI 3.1, Operation Object).

    Keys, beside those of `ChannelOperation`:
        responses: further responses by status: descriptions, or Response Objects.
        deprecated: whether clients should stop using it.
        operation_id: its name in generated clients.
        callbacks: requests that the server sends, by name.
        servers: where it is, if not where the rest is.
    """

    responses: Mapping[int, Any] | Mapping[str, Any] | Mapping[int | str, Any]
    deprecated: bool
    operation_id: str
    callbacks: Mapping[str, Any]
    servers: Sequence[Any]


_OF_BOTH: Final = ("name", "include_in_schema", "middleware", "dependencies")
_OF_ROUTE: Final = ("methods", "max_body_size", "status_code")

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def operation_of(given: Mapping[str, Any], *, is_websocket: bool = False) -> Mapping[str, Any]:
    """Return the description of a route, read-only.

    Args:
        given: the keyword arguments.
        is_websocket: whether it is one of WebSockets, which takes fewer.

    Raises:
        TypeError: there is no argument of that name.
    """
    kind = ChannelOperation if is_websocket else Operation
    unknown = given.keys() - kind.__annotations__.keys()
    if unknown:
        name = "WebSocketRoute" if is_websocket else "Route"
        own = _OF_BOTH if is_websocket else (*_OF_BOTH, *_OF_ROUTE)
        from ._other_names import OF_ROUTE

        raise unexpected_argument(name, sorted(unknown)[0], (*own, *kind.__annotations__), OF_ROUTE)
    if not given:
        return NOTHING
    joined = tag_list(given.get("tags", ()))
    return MappingProxyType({**given, "tags": joined} if joined else dict(given))


def tag_list(tags: Any) -> tuple[str, ...]:
    """Return tags as a tuple; `TypeError` for a single one, whose letters would be tags."""
    if isinstance(tags, str):
        raise TypeError(f"tags takes a list of names, such as [{tags!r}], not a string")
    return tuple(tags)
