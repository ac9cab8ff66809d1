"""Results of Strawberry and graphql-core as JSON values, with errors masked unless they are public."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from graphql import GraphQLError
from graphql.execution import InitialIncrementalExecutionResult, SubsequentIncrementalExecutionResult
from strawberry.types.execution import PreExecutionError

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


def is_request_error(result: Any) -> bool:
    """Return whether nothing was run: the result then has no `data` (GraphQL specification, section 7.1.2)."""
    if isinstance(result, PreExecutionError):
        return True
    errors = result.errors
    return result.data is None and bool(errors) and all(error.path is None for error in errors)


def format_result(result: Any, format_error: ErrorFormatter) -> dict[str, Any]:
    """Return a single result, or the first one of incremental delivery."""
    value: dict[str, Any] = {}
    if not is_request_error(result):
        value["data"] = result.data
    if result.errors:
        value["errors"] = format_errors(result.errors, format_error)
    if result.extensions:
        value["extensions"] = result.extensions
    return value


class FrameFormat:
    """Formats the results of one stream, in their order.

    Incremental delivery refers to pending parts by id; clients also expect their path and label, so
    these are tracked.
    """

    __slots__ = ("_format_error", "_pending")

    def __init__(self, format_error: ErrorFormatter) -> None:
        self._format_error = format_error
        self._pending: dict[str, Any] = {}

    def format(self, frame: Any) -> dict[str, Any]:
        """Return one result as it is sent."""
        if isinstance(frame, InitialIncrementalExecutionResult):
            value = format_result(frame, self._format_error)
            value["pending"] = self._announce(frame.pending)
            value["hasNext"] = frame.has_next
            return value
        if isinstance(frame, SubsequentIncrementalExecutionResult):
            return self._subsequent(frame)
        return format_result(frame, self._format_error)

    def _announce(self, pending: Any) -> list[dict[str, Any]]:
        self._pending.update((result.id, result) for result in pending)
        return [dict(result.formatted) for result in pending]

    def _subsequent(self, frame: SubsequentIncrementalExecutionResult) -> dict[str, Any]:
        value: dict[str, Any] = {"hasNext": frame.has_next}
        if frame.pending:
            value["pending"] = self._announce(frame.pending)
        if frame.incremental:
            value["incremental"] = [self._incremental(result) for result in frame.incremental]
        if frame.completed:
            value["completed"] = [self._with_errors(result) for result in frame.completed]
        if frame.extensions:
            value["extensions"] = frame.extensions
        return value

    def _incremental(self, result: Any) -> dict[str, Any]:
        value = self._with_errors(result)
        pending = self._pending.get(result.id)
        if pending is not None:
            value["path"] = pending.path
            if pending.label is not None:
                value["label"] = pending.label
        return value

    def _with_errors(self, result: Any) -> dict[str, Any]:
        value = dict(result.formatted)
        if result.errors:
            value["errors"] = format_errors(result.errors, self._format_error)
        return value
