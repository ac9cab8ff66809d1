"""The arguments of a call of an injected function."""

from __future__ import annotations

from collections.abc import Callable
from inspect import BoundArguments
from typing import Any

from armillary.binding import read_request_values
from armillary.datastructures import HTTPConnection

from ._called_endpoint import is_called_endpoint
from ._errors import InjectionError
from ._plan import InjectionPlan


def connection_among(args: tuple[Any, ...]) -> HTTPConnection[Any] | None:
    """Return the request or WebSocket that is passed to an endpoint, or to a method of one."""
    for value in args[:2]:
        if isinstance(value, HTTPConnection):
            return value  # pyright: ignore[reportUnknownVariableType]
    return None


def given_arguments(
    plan: InjectionPlan, args: tuple[Any, ...], kwargs: dict[str, Any], connection: HTTPConnection[Any] | None
) -> dict[str, Any]:
    """Return the arguments that a caller passes, by name.

    The request or WebSocket goes to the parameter for it, wherever that is, and is left out if there is none.

    Raises:
        TypeError: there are too many of them, or one is passed twice.
    """
    names, values = plan.positional, args
    if connection is not None:
        values = tuple(value for value in args if value is not connection)
        names = tuple(name for name in names if name != plan.connection)
    arguments = dict(zip(names, values, strict=False))
    if len(values) > len(names):
        if plan.starred is None:
            raise TypeError(f"{plan.short_name}() takes {len(names)} positional arguments but {len(values)} were given")
        arguments[plan.starred] = values[len(names) :]
    if connection is not None and plan.connection is not None:
        arguments[plan.connection] = connection
    for name in kwargs:
        if name in arguments:
            raise TypeError(f"{plan.short_name}() got multiple values for argument {name!r}")
    return {**arguments, **kwargs}


def add_request_parameters(
    plan: InjectionPlan, call: Callable[..., Any], arguments: dict[str, Any], connection: HTTPConnection[Any]
) -> None:
    """Read the parameters that are not passed from path and query, if the function is the endpoint of the route.

    Any other function keeps its defaults: what it decides by them must not be up to the client.

    Raises:
        ValidationError: 422, values are missing or wrong.
        InjectionError: the function is not the endpoint, and a parameter has no default.
    """
    missing = [value for value in plan.from_request if value.name not in arguments]
    if not missing:
        return
    if is_called_endpoint(call, connection.scope):
        arguments |= read_request_values(missing, connection)
        return
    required = next((value.name for value in missing if value.parameter.required), None)
    if required is not None:
        raise InjectionError(
            f"{plan.name}: nothing fills its parameter {required!r}: path and query are read only for the endpoint "
            "that the route calls. Pass the parameter; or, if a decorator wraps the endpoint, use functools.wraps in it"
        )


def positioned(plan: InjectionPlan, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments as they are passed to a function with positional-only or starred parameters."""
    own = plan.signature.parameters
    known = {name: value for name, value in arguments.items() if name in own}
    bound = BoundArguments(plan.signature, known)
    further = {name: value for name, value in arguments.items() if name not in own}
    return bound.args, {**bound.kwargs, **further}
