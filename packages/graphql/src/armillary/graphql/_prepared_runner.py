"""Prepares operations of a schema without extensions.

For each step of an operation Strawberry asks its runner for a context, which enters a hook of each
extension. Where there are none, there is nothing to enter.
"""

from __future__ import annotations

from typing import Any, cast

from strawberry import Schema
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types.execution import ExecutionContext

from ._document import Documents
from ._preparation import Preparation
from ._time_limit import ResultTime


class _Nothing:
    """A context in which nothing happens."""

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        return None


_NOTHING: Any = _Nothing()


class PreparedRunner(SchemaExtensionsRunner):
    """The runner of one operation, without extensions.

    Args:
        context: Strawberry's, of the operation.
        documents: those of the schema.
    """

    def __init__(self, context: ExecutionContext, documents: Documents) -> None:
        super().__init__(context)
        self._preparation = Preparation(documents)

    def operation(self) -> Any:
        return _NOTHING

    def parsing(self) -> Any:
        self._preparation.give_document(self.execution_context)
        return _NOTHING

    def validation(self) -> Any:
        self._preparation.give_errors(self.execution_context)
        return _NOTHING

    def executing(self) -> Any:
        return _NOTHING

    def on_stream_result(self, result: Any) -> Any:
        return _NOTHING

    async def get_extensions_results(self, ctx: ExecutionContext) -> dict[str, Any]:
        return ctx.extensions_results


class SubscriptionRunner(PreparedRunner):
    """The same for a subscription, whose beginning it also holds to a time, as `PreparedSubscription` does."""

    def __init__(self, context: ExecutionContext, documents: Documents, timeout: float | None) -> None:
        super().__init__(context, documents)
        self._timeout = timeout

    def executing(self) -> Any:
        return ResultTime(self._timeout)


_HOOKS = ("get_extensions", "create_extensions_runner")


def has_no_extensions(schema: Any) -> bool:
    """Tell whether nothing takes part in the steps of a schema's operations, and nothing there was overridden."""
    own = cast("type[Schema]", type(schema))
    if schema.extensions or schema.directives or any(name in schema.__dict__ for name in _HOOKS):
        return False
    return all(getattr(own, name) is getattr(Schema, name) for name in _HOOKS)
