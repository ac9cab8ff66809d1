"""Copies of a schema that run prepared documents."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, cast

from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionContext

from ..documents._documents import Documents
from ._executors import limited_executor, subscription_executor
from ._prepared_hooks import (
    PreparedExtension,
    PreparedRunner,
    PreparedSubscription,
    SubscriptionRunner,
    has_no_extensions,
)


def prepared_schema(schema: Schema, documents: Documents) -> Schema:
    """Return a copy that shares its types, to execute queries and mutations.

    Args:
        schema: it is not changed; its extensions run first.
        documents: the documents of the schema.
    """
    prepared: Any = copy(schema)
    prepared.execution_context_class = limited_executor(prepared.execution_context_class)
    if has_no_extensions(schema):

        def prepared_runner(context: ExecutionContext, extensions: object) -> PreparedRunner:
            return PreparedRunner(context, documents)

        prepared.create_extensions_runner = prepared_runner
    else:
        _add_extension(prepared, lambda: PreparedExtension(documents))
    return cast("Schema", prepared)


def timed_schema(schema: Schema, documents: Documents, timeout: float | None) -> Schema:
    """Return a copy to stream subscriptions, with a time-out for their start and for each result.

    Args:
        schema, documents: as above.
        timeout: seconds; None for no limit.
    """
    prepared: Any = copy(schema)
    prepared.execution_context_class = subscription_executor(prepared.execution_context_class, timeout)
    if has_no_extensions(schema):

        def subscription_runner(context: ExecutionContext, extensions: object) -> SubscriptionRunner:
            return SubscriptionRunner(context, documents, timeout)

        prepared.create_extensions_runner = subscription_runner
    else:
        _add_extension(prepared, lambda: PreparedSubscription(documents, timeout))
    return cast("Schema", prepared)


def _add_extension(prepared: Any, make: Callable[[], SchemaExtension]) -> None:
    """Add an extension to each operation of a copy, after those of the schema, however they are found."""
    extensions = prepared.get_extensions

    def get_extensions(*arguments: Any, **options: Any) -> list[SchemaExtension]:
        return [*extensions(*arguments, **options), make()]

    prepared.get_extensions = get_extensions
