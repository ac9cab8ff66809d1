"""The interface of the application object that the transports use."""

from __future__ import annotations

from typing import Any, Protocol

from graphql import GraphQLError

from armillary.datastructures import HTTPConnection

from ._context import ContextValues, GraphQLContext
from .execution._engine import Engine
from .results._format import ErrorFormatter


class Hooks(Protocol):
    """The part of `GraphQL` that a transport uses."""

    engine: Engine

    async def get_context(self, context: GraphQLContext) -> Any: ...

    async def get_root_value(self, context: GraphQLContext) -> Any: ...

    async def on_connect(self, context: GraphQLContext) -> dict[str, Any] | bool | None: ...

    def is_debug(self, connection: HTTPConnection[Any]) -> bool: ...

    def format_error(self, error: GraphQLError, debug: bool) -> dict[str, Any]: ...


def error_formatter(hooks: Hooks, connection: HTTPConnection[Any]) -> ErrorFormatter:
    """Return the function that formats the errors of one connection."""
    debug = hooks.is_debug(connection)
    return lambda error: hooks.format_error(error, debug)


async def make_values(hooks: Hooks, context: GraphQLContext) -> ContextValues:
    """Return what an operation is run with; raises what the functions of the program raise."""
    return ContextValues(context, await hooks.get_context(context), await hooks.get_root_value(context))
