"""Errors as they are sent to clients, masked unless they are public."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from graphql import GraphQLError

MASKED_MESSAGE = "Unexpected error."
"""Replaces the message of an exception that is not meant for the client."""

ErrorFormatter = Callable[[GraphQLError], dict[str, Any]]


def is_public(error: GraphQLError, public_errors: tuple[type[Exception], ...] = ()) -> bool:
    """Return whether an error is meant for the client.

    These are a GraphQLError raised by a resolver, errors of parsing, validation and the coercion
    of variables, and the exceptions of `public_errors`.

    >>> is_public(GraphQLError("No such user.")), is_public(GraphQLError("boom", original_error=KeyError()))
    (True, False)
    """
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    if original is None or isinstance(original, (GraphQLError, *public_errors)):
        return True
    # An error of coercion wraps what a scalar raised; it has a position in the document but no path in the result.
    return error.path is None and error.nodes is not None


def mask(error: GraphQLError) -> GraphQLError:
    """Return an error with the same position and path that reveals nothing about its cause."""
    return GraphQLError(MASKED_MESSAGE, error.nodes, error.source, error.positions, error.path)


def format_errors(errors: Iterable[GraphQLError], format_error: ErrorFormatter) -> list[dict[str, Any]]:
    """Return errors as they are sent."""
    return [format_error(error) for error in errors]
