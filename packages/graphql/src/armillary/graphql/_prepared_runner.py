"""Prepares operations of a schema without extensions.

For each step of an operation Strawberry asks its runner for a context, which enters a hook of each
extension. Without extensions, there is nothing to enter.
"""

from __future__ import annotations

from typing import Any, cast

from strawberry import Schema
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types.execution import ExecutionContext

from ._document import Documents
from ._preparation import Preparation
from ._time_limit import ResultTime


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
        return ResultTime(self._timeout)


_HOOKS = ("get_extensions", "create_extensions_runner")


def has_no_extensions(schema: Any) -> bool:
    """Return whether a schema has no extensions and directives, and does not override how they are found."""
    own = cast("type[Schema]", type(schema))
    if schema.extensions or schema.directives or any(name in schema.__dict__ for name in _HOOKS):
        return False
    return all(getattr(own, name) is getattr(Schema, name) for name in _HOOKS)
