"""Functions whose parameters are injected by their types."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial, wraps
from inspect import Signature
from typing import Any, TypeVar, overload

from dishka.exceptions import NoFactoryError

from armillary.asgi_types import annotations_of, is_async_callable, signature_of
from armillary.concurrency import run_in_threadpool

from ._arguments import add_request_parameters, connection_among, given_arguments, positioned
from ._plan import InjectionPlan, missing_among, plan_by_hints, plan_for, require_passed, type_hints_so_far
from ._scope import current_scope

R = TypeVar("R")
Injected = Callable[..., Coroutine[Any, Any, R]]
"""What is injected may be left out of a call, which no type of parameters says."""


@overload
def inject(func: Callable[..., Coroutine[Any, Any, R]]) -> Injected[R]: ...


@overload
def inject(func: Callable[..., R]) -> Injected[R]: ...


def inject(func: Callable[..., Any]) -> Injected[Any]:
    """Fill the parameters of a function that its caller does not pass.

    A parameter annotated with your own class, or with dishka's `FromDishka[...]`, gets its value from
    the providers. Parameters of the endpoint that the route calls, of types that `armillary.binding` reads
    from text, such as `int`, `UUID`, enums, literals, lists of them or `X | None`, are read from the path,
    else from the query, by name; the response to wrong values is a 422 with all of them. Those of any
    other function are not: they keep their defaults unless the caller passes them. A parameter for the
    request or WebSocket is optional. A function that is not async runs in a worker thread.

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
        connection = connection_among(args)
        arguments = given_arguments(known, args, kwargs, connection)
        if known.from_request and connection is not None:
            add_request_parameters(known, call, arguments, connection)
        if known.dependencies:
            try:
                await current_scope(known.name).fill(arguments, known.dependencies, connection)
            except NoFactoryError as exc:
                missing = missing_among(known, exc)
                if missing is exc:
                    raise
                raise missing from None
        if known.unfilled and connection is not None:
            require_passed(known, arguments)
        positions: tuple[Any, ...] = ()
        if known.needs_positions:
            positions, arguments = positioned(known, arguments)
        if is_async:
            return await func(*positions, **arguments)
        return await run_in_threadpool(partial(func, *positions, **arguments))

    call.__armillary_plan__ = plan  # type: ignore[attr-defined]
    call.__armillary_call__ = call  # type: ignore[attr-defined]
    call.reads_scope_endpoint = True  # type: ignore[attr-defined]  # the interface in docs/scope-keys.md
    hide_dependencies(call, func)
    return call


def hide_dependencies(call: Any, func: Callable[..., Any]) -> None:
    """Remove the injected parameters from the signature that GraphQL and other tools read."""
    # An annotation that cannot be found is an error when it is called, or at start-up: it may name the class around it.
    dependencies = plan_by_hints(func, type_hints_so_far(func)).dependencies
    original = signature_of(func)
    shown = [item for name, item in original.parameters.items() if name not in dependencies]
    call.__signature__ = Signature(shown, return_annotation=original.return_annotation)
    call.__annotations__ = {name: kind for name, kind in annotations_of(func).items() if name not in dependencies}
