"""Saves Strawberry from parsing and validating a document again, by a runner or by one more extension.

For each step of an operation Strawberry asks its runner for a context, which enters a hook of each
extension. Without extensions, there is nothing to enter.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import Any, cast

from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types.execution import ExecutionContext

from ..documents._documents import Documents
from ..documents._prepared_document import PreparedDocument
from ..limits._validation import DEFAULT_RULES
from ._time_limit import result_time


class Preparation:
    """Puts the prepared document into Strawberry's context of one operation.

    Limits apply to the document that is run, wherever it comes from. Validation rules that an
    extension adds are run by Strawberry as usual, after them.
    """

    __slots__ = ("_documents", "_prepared")

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._prepared: PreparedDocument | None = None

    def set_document(self, context: ExecutionContext) -> None:
        """Set the parsed document, unless an extension set one."""
        if context.graphql_document is None and context.query is not None:
            self._prepared = self._documents.prepare(context.query)
            context.graphql_document = self._prepared.node

    def set_errors(self, context: ExecutionContext) -> None:
        """Set the errors of limits and validation, unless the document is rejected already."""
        node = context.graphql_document
        if node is None or context.pre_execution_errors:
            return
        prepared = self._prepared
        if prepared is None or prepared.node is not node:
            errors = self._documents.check(node, context.variables, context.operation_name)
        else:
            errors = prepared.errors
            if not errors and prepared.variable_costs:
                errors = self._documents.measure(node, context.variables, context.operation_name)
        if errors or context.validation_rules == DEFAULT_RULES:
            context.pre_execution_errors = list(errors)


class _NoOpContext:
    """An async context manager that does nothing."""

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        return None


_NO_OP_CONTEXT: Any = _NoOpContext()


class PreparedRunner(SchemaExtensionsRunner):
    """The runner of one operation, without extensions.

    Args:
        context: Strawberry's context of the operation.
        documents: the documents of the schema.
    """

    def __init__(self, context: ExecutionContext, documents: Documents) -> None:
        super().__init__(context)
        self._preparation = Preparation(documents)

    def operation(self) -> Any:
        return _NO_OP_CONTEXT

    def parsing(self) -> Any:
        self._preparation.set_document(self.execution_context)
        return _NO_OP_CONTEXT

    def validation(self) -> Any:
        self._preparation.set_errors(self.execution_context)
        return _NO_OP_CONTEXT

    def executing(self) -> Any:
        return _NO_OP_CONTEXT

    def on_stream_result(self, result: Any) -> Any:
        return _NO_OP_CONTEXT

    async def get_extensions_results(self, ctx: ExecutionContext) -> dict[str, Any]:
        return ctx.extensions_results


class SubscriptionRunner(PreparedRunner):
    """The same for a subscription, with a time-out for its start, as in `PreparedSubscription`."""

    def __init__(self, context: ExecutionContext, documents: Documents, timeout: float | None) -> None:
        super().__init__(context, documents)
        self._timeout = timeout

    def executing(self) -> Any:
        return result_time("subscription", self._timeout)


_HOOKS = ("get_extensions", "create_extensions_runner")


def has_no_extensions(schema: Any) -> bool:
    """Return whether a schema has no extensions and directives, and does not override how they are found."""
    own = cast("type[Schema]", type(schema))
    if schema.extensions or schema.directives or any(name in schema.__dict__ for name in _HOOKS):
        return False
    return all(getattr(own, name) is getattr(Schema, name) for name in _HOOKS)


class PreparedExtension(SchemaExtension):
    """Passes the prepared document to Strawberry, after the schema's own extensions.

    Args:
        documents: the documents of the schema.
    """

    def __init__(self, documents: Documents) -> None:
        self._preparation = Preparation(documents)

    def on_parse(self) -> Iterator[None]:
        self._preparation.set_document(self.execution_context)
        yield

    def on_validate(self) -> Iterator[None]:
        self._preparation.set_errors(self.execution_context)
        yield


class PreparedSubscription(PreparedExtension):
    """The same for a subscription, with a time-out for its start.

    Args:
        documents: the documents of the schema.
        timeout: seconds for creating the source of events, permissions included; None for no limit.
    """

    def __init__(self, documents: Documents, timeout: float | None) -> None:
        super().__init__(documents)
        self._timeout = timeout

    async def on_execute(self) -> AsyncGenerator[None]:
        async with result_time("subscription", self._timeout):
            yield
