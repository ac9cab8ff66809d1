"""Functions whose parameters are injected by their types."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from inspect import Signature, signature
from typing import Any, TypeVar

from armillary.asgi_types import is_async_callable
from armillary.concurrency import run_in_threadpool
from armillary.datastructures import HTTPConnection

from ._errors import InjectionError
from ._plan import InjectionPlan, plan_for
from ._scope import current_scope

F = TypeVar("F", bound=Callable[..., Any])


def inject(func: F) -> F:
    """Fill the parameters of a function that its caller does not pass.

    A parameter annotated with your own class, or with dishka's `FromDishka[...]`, gets its value from
    the providers. Parameters of an endpoint annotated `int float bool str Decimal UUID datetime date
    time`, with enums, literals, lists of them or `X | None` are read from the path, else from the
    query, by name; the response to an invalid value is 400. A parameter for the request or WebSocket
    is optional. A function that is not async runs in a worker thread.

    Use it for function endpoints, methods of class endpoints, WebSocket endpoints, background tasks
    and GraphQL resolvers; the injected parameters are not in the GraphQL schema.

    Args:
        func: the function; the result is async.

    Raises:
        InjectionError: (when called) outside of a request, or after its end; for an annotation that
            cannot be found.
    """
    plans: list[InjectionPlan] = []
    is_async = is_async_callable(func)

    def plan() -> InjectionPlan:
        if not plans:
            plans.append(plan_for(func))
        return plans[0]

    @wraps(func)
    async def call(*args: Any, **kwargs: Any) -> Any:
        known = plans[0] if plans else plan()
        arguments, given = split_connection(known, args, kwargs)
        if known.dependencies:
            await current_scope(known.name).fill(arguments, known.dependencies, given)
        if is_async:
            return await func(**arguments)
        return await run_in_threadpool(partial(func, **arguments))

    call.__armillary_plan__ = plan  # type: ignore[attr-defined]
    call.__armillary_call__ = call  # type: ignore[attr-defined]
    hide_dependencies(call, func)
    return call  # type: ignore[return-value]


def split_connection(plan: InjectionPlan, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """Return the arguments by name, including those from the request, and the connection passed to an endpoint."""
    connection: Any = next((value for value in args[:2] if is_connection_value(value)), None)
    if connection is None:
        return {**dict(zip(plan.positional, args, strict=False)), **kwargs}, None
    rest = [value for value in args if value is not connection]
    free = [name for name in plan.positional if name != plan.connection]
    arguments = {**dict(zip(free, rest, strict=False)), **kwargs}
    if plan.connection is not None:
        arguments[plan.connection] = connection
    for parameter in plan.from_request:
        if parameter.name not in arguments:
            arguments[parameter.name] = parameter.read(connection)
    return arguments, connection


def is_connection_value(value: object) -> bool:
    """Return whether a value is a request or a WebSocket."""
    return isinstance(value, HTTPConnection)


def hide_dependencies(call: Any, func: Callable[..., Any]) -> None:
    """Remove the injected parameters from the signature that GraphQL and other tools read."""
    try:
        dependencies = call.__armillary_plan__().dependencies
    except InjectionError:
        return  # raised when it is called, or at start-up
    original = signature(func)
    shown = [item for name, item in original.parameters.items() if name not in dependencies]
    call.__signature__ = Signature(shown, return_annotation=original.return_annotation)
    call.__annotations__ = {
        name: kind for name, kind in getattr(func, "__annotations__", {}).items() if name not in dependencies
    }
