"""What API documents say about a route: kept with it, and read by `armillary.openapi` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypedDict


class Operation(TypedDict, total=False):
    """The keyword arguments of a `Route` that describe it in API documents (OpenAPI 3.1, Operation Object).

    Keys:
        summary: a line about it.
        description: more, in Markdown; by default the docstring of the function.
        tags: the groups it is listed in.
        responses: further responses by status: descriptions, or Response Objects.
        deprecated: whether clients should stop using it.
        operation_id: its name in generated clients.
        security: the requirements that a client fulfils, any one of them.
        callbacks: requests that the server sends, by name.
        servers: where it is, if not where the rest is.
        external_docs: documentation elsewhere.
    """

    summary: str
    description: str
    tags: Sequence[str]
    responses: Mapping[int, Any] | Mapping[str, Any] | Mapping[int | str, Any]
    deprecated: bool
    operation_id: str
    security: Sequence[Any]
    callbacks: Mapping[str, Any]
    servers: Sequence[Any]
    external_docs: Mapping[str, Any]


NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def operation_of(given: Mapping[str, Any], tags: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return the description of a route, read-only.

    Args:
        given: the keyword arguments.
        tags: those of the group or router around it, which come first.

    Raises:
        TypeError: there is no argument of that name.
    """
    unknown = given.keys() - Operation.__annotations__.keys()
    if unknown:
        raise TypeError(f"Route got an unexpected keyword argument {_hinted(sorted(unknown)[0])}")
    if not given and not tags:
        return NOTHING
    joined = (*tags, *tag_list(given.get("tags", ())))
    return MappingProxyType({**given, "tags": joined} if joined else dict(given))


def _hinted(name: str) -> str:
    """Return the name of an argument that a route does not have, with the one that is meant."""
    from ._other_names import OF_ROUTE, meant_argument

    own = ("methods", "name", "include_in_schema", "middleware", "max_body_size", "status_code", "dependencies")
    return meant_argument(name, (*own, *Operation.__annotations__), OF_ROUTE)


def tag_list(tags: Any) -> tuple[str, ...]:
    """Return tags as a tuple; `TypeError` for a single one, whose letters would be tags."""
    if isinstance(tags, str):
        raise TypeError(f"tags takes a list of names, such as [{tags!r}], not a string")
    return tuple(tags)
