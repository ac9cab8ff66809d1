"""Which errors a client may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from graphql import GraphQLError

MASKED = "Unexpected error."
"""What stands in place of the text of an exception that was not meant for the client."""

ErrorFormatter = Callable[[GraphQLError], dict[str, Any]]


def is_public(error: GraphQLError, public_errors: tuple[type[Exception], ...] = ()) -> bool:
    """Tell whether an error was made for the client.

    That is so for a GraphQLError a resolver raised, for what parsing, validation and the
    coercion of variables found, and for the exceptions named.

    >>> is_public(GraphQLError("No such user.")), is_public(GraphQLError("boom", original_error=KeyError()))
    (True, False)
    """
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    if original is None or isinstance(original, (GraphQLError, *public_errors)):
        return True
    # Coercion keeps what a scalar raised, at a place in the document but at none in the result.
    return error.path is None and error.nodes is not None


def mask(error: GraphQLError) -> GraphQLError:
    """Return an error at the same place that tells nothing of its cause."""
    return GraphQLError(MASKED, error.nodes, error.source, error.positions, error.path)


def format_errors(errors: Iterable[GraphQLError], format_error: ErrorFormatter) -> list[dict[str, Any]]:
    """Return errors as they are sent."""
    return [format_error(error) for error in errors]
