"""The limits on one operation, batch or connection."""

from __future__ import annotations

from math import inf
from typing import Any

_ZERO_ALLOWED = ("max_aliases", "max_cached_documents")


def _check(name: str, value: Any) -> None:
    is_count = name.startswith("max_")
    none = ", 0 for no cache" if name == "max_cached_documents" else ", or None for no limit"
    if value is None and name != "max_cached_documents":
        return
    if isinstance(value, bool) or not isinstance(value, int if is_count else (int, float)):
        kind = "a whole number" if is_count else "a number of seconds"
        raise TypeError(f"GraphQLLimits needs {name} as {kind}{none}, got {value!r}")
    if not (value >= 0 if name in _ZERO_ALLOWED else 0 < value < inf):
        least = "of 0 or more" if name in _ZERO_ALLOWED else "above 0"
        raise ValueError(f"GraphQLLimits needs {name} {least}{none}, got {value!r}")


class GraphQLLimits:
    """The limits on what clients send. None switches a limit off.

    Depth, aliases, repeats and complexity are counted with every fragment expanded, before the document is
    validated, even if its fragments form cycles.

    Args:
        max_query_size: characters of one document.
        max_tokens: lexical tokens of one document.
        max_depth: levels of nested fields.
        max_aliases: aliased fields.
        max_repeats: fields of one response name in one place of the result. They are compared with one
            another in pairs.
        max_complexity: the sum of the costs of all fields, see `FieldCosts`; 1 a field by default.
        max_errors: errors of validation that are reported for a document, after which it stops.
        max_variable_values: values of the variables of one operation, with list items and members of input objects.
        max_batch_size: operations in one HTTP request, if batching is on.
        max_subscriptions: operations running at the same time on one WebSocket or event stream.
        max_event_streams: event streams reserved or open, in single connection mode.
        connection_init_timeout: seconds a WebSocket may take to send `connection_init`.
        max_result_values: fields and list items of one result, with all parts that follow by `@defer` or
            `@stream`.
        execution_timeout: seconds one query or mutation may take, with all parts that follow by `@defer` or
            `@stream`, and one call of `on_connect`.
        result_timeout: seconds for the resolvers of one result of a subscription, for the start of a
            subscription, and for each part that follows by `@defer` or `@stream`. The wait for a
            subscription's next event is not counted.
        max_cached_documents: validated documents that are cached; 0 for no cache.

    Raises:
        TypeError: a limit is not a number, or a number of things not a whole one.
        ValueError: a limit is negative or infinite, or zero when that would reject everything.

    >>> GraphQLLimits(max_depth=8).max_depth
    8
    """

    __slots__ = (
        "connection_init_timeout",
        "execution_timeout",
        "max_aliases",
        "max_batch_size",
        "max_cached_documents",
        "max_complexity",
        "max_depth",
        "max_errors",
        "max_event_streams",
        "max_query_size",
        "max_repeats",
        "max_result_values",
        "max_subscriptions",
        "max_tokens",
        "max_variable_values",
        "result_timeout",
    )

    def __init__(
        self,
        *,
        max_query_size: int | None = 100_000,
        max_tokens: int | None = 1_000,
        max_depth: int | None = 20,
        max_aliases: int | None = 30,
        max_repeats: int | None = 50,
        max_complexity: int | None = 1_000,
        max_errors: int | None = 20,
        max_variable_values: int | None = 10_000,
        max_batch_size: int | None = 10,
        max_subscriptions: int | None = 100,
        max_event_streams: int | None = 1_000,
        max_result_values: int | None = 100_000,
        connection_init_timeout: float | None = 10.0,
        execution_timeout: float | None = 30.0,
        result_timeout: float | None = 30.0,
        max_cached_documents: int = 256,
    ) -> None:
        self.max_query_size: int | None = max_query_size
        self.max_tokens: int | None = max_tokens
        self.max_depth: int | None = max_depth
        self.max_aliases: int | None = max_aliases
        self.max_repeats: int | None = max_repeats
        self.max_complexity: int | None = max_complexity
        self.max_errors: int | None = max_errors
        self.max_variable_values: int | None = max_variable_values
        self.max_batch_size: int | None = max_batch_size
        self.max_subscriptions: int | None = max_subscriptions
        self.max_event_streams: int | None = max_event_streams
        self.max_result_values: int | None = max_result_values
        self.connection_init_timeout: float | None = connection_init_timeout
        self.execution_timeout: float | None = execution_timeout
        self.result_timeout: float | None = result_timeout
        self.max_cached_documents: int = max_cached_documents
        for name in self.__slots__:
            _check(name, getattr(self, name))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"
