"""A dependency tree, compiled: which parameters it takes, in which order what is called, and what is cached.

FastAPI walks the tree of `Dependant`s for each request and finds out what each holds. A `CompiledDependant` has found
it out once. What happens, and in which order, is the same:

1. Dependencies are solved in their order, each with its own dependencies first, also if its result is in the cache.
2. One whose parameters, or whose dependencies' parameters, have errors is not called; the next one still is.
3. Then the parameters of the path, the query, the headers and the cookies are read, and those of the body.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from ._body import body_reader
from ._fastapi import dependencies, models
from ._parameters import ParameterReader, parameter_reader
from ._solving import Solving

DependantState = list[tuple[Callable[[Any], Any], Any, Any]]

_LISTS = attrgetter("dependencies", "path_params", "query_params", "header_params", "cookie_params", "body_params")
_SCALARS = attrgetter(
    "name",
    "call",
    "request_param_name",
    "websocket_param_name",
    "http_connection_param_name",
    "response_param_name",
    "background_tasks_param_name",
    "security_scopes_param_name",
    "own_oauth_scopes",
    "parent_oauth_scopes",
    "use_cache",
    "path",
    "scope",
    "concurrency",
)

CALL: Final = 0
GENERATOR: Final = 1
THREAD: Final = 2


class NotCompiled(Exception):
    """Says why a route keeps FastAPI's handler."""


def state_of(dependant: Any) -> DependantState:
    """Return how a tree is now, as triples: a function, a dependant, and what the function returns for it.

    Lists are copied, so that a dependency or parameter that is added later makes a difference.
    """
    found: DependantState = [
        (_LISTS, dependant, tuple([*items] for items in _LISTS(dependant))),
        (_SCALARS, dependant, _SCALARS(dependant)),
    ]
    for below in dependant.dependencies:
        found += state_of(below)
    return found


def kind_of(call: Any) -> int:
    """Return how a dependency is called."""
    if models._is_gen_callable(call) or models._is_async_gen_callable(call):
        return GENERATOR
    return CALL if models._is_coroutine_callable(call) else THREAD


class CompiledDependant:
    """A dependant, and those below it.

    Args:
        dependant: FastAPI's.
        embeds_body: whether each parameter of the body is a key of it.
    """

    def __init__(self, dependant: Any, embeds_body: bool) -> None:
        if dependant.websocket_param_name is not None:
            raise NotCompiled("a WebSocket parameter")
        self.dependant = dependant
        self.call = dependant.call
        self.kind = kind_of(dependant.call)
        self.cache_key = models._get_cache_key(dependant=dependant)
        self.uses_cache = dependant.use_cache
        self.name = dependant.name
        self.concurrency = dependant.concurrency
        self.stack_key = "fastapi_function_astack" if dependant.scope == "function" else "fastapi_inner_astack"
        self.below = [CompiledDependant(sub, embeds_body) for sub in dependant.dependencies]
        self.sources: list[tuple[str, list[ParameterReader]]] = [
            (source, [parameter_reader(field) for field in fields])
            for source, fields in (
                ("path_params", dependant.path_params),
                ("query_params", dependant.query_params),
                ("headers", dependant.header_params),
                ("cookies", dependant.cookie_params),
            )
            if fields
        ]
        self.read_body = body_reader(dependant.body_params, embeds_body) if dependant.body_params else None
        self.request_names = [
            name for name in (dependant.http_connection_param_name, dependant.request_param_name) if name
        ]
        self.background_name = dependant.background_tasks_param_name
        self.response_name = dependant.response_param_name
        self.scopes_name = dependant.security_scopes_param_name
        self.oauth_scopes = models._get_oauth_scopes(dependant=dependant)
        self.injects = bool(self.request_names or self.background_name or self.response_name or self.scopes_name)

    async def solve(self, solving: Solving) -> tuple[dict[str, Any], list[Any] | None]:
        """Return the arguments of the call, and the errors of the request, if there are any."""
        values: dict[str, Any] = {}
        errors: list[Any] | None = None
        # Step 1: the dependencies.
        for sub in self.below:
            arguments, found = await sub.solve(solving)
            if found:
                errors = found if errors is None else [*errors, *found]
                continue
            cache = solving.cache
            if sub.uses_cache and sub.cache_key in cache:
                solved = cache[sub.cache_key]
            else:
                solved = await sub.called(solving, arguments)
                cache.setdefault(sub.cache_key, solved)
            if sub.name is not None:
                values[sub.name] = solved
        # Step 2: the parameters.
        request = solving.request
        for source, readers in self.sources:
            received = getattr(request, source)
            for read in readers:
                name, value, found = read(received)
                if found:
                    errors = found if errors is None else [*errors, *found]
                else:
                    values[name] = value
        if self.read_body is not None:
            body_values, found = await self.read_body(solving.body)
            values.update(body_values)
            if found:
                errors = found if errors is None else [*errors, *found]
        # Step 3: what FastAPI injects.
        if self.injects:
            self._inject(solving, values)
        return values, errors

    def _inject(self, solving: Solving, values: dict[str, Any]) -> None:
        for name in self.request_names:
            values[name] = solving.request
        if self.background_name:
            if solving.background is None:
                solving.background = dependencies.BackgroundTasks()
            values[self.background_name] = solving.background
        if self.response_name:
            values[self.response_name] = solving.injected_response()
        if self.scopes_name:
            values[self.scopes_name] = dependencies.SecurityScopes(scopes=[*self.oauth_scopes])

    async def called(self, solving: Solving, arguments: dict[str, Any]) -> Any:
        """Return what the dependency returns or yields."""
        if self.kind == GENERATOR:
            return await dependencies._solve_generator(
                request=solving.request,
                dependant=self.dependant,
                stack=solving.request.scope[self.stack_key],
                sub_values=arguments,
            )
        if self.concurrency is None:
            if self.kind == CALL:
                return await self.call(**arguments)
            return await dependencies.run_in_threadpool(self.call, **arguments)
        async with self.concurrency.get_semaphore():
            if self.kind == CALL:
                return await self.call(**arguments)
            return await dependencies.run_in_threadpool(self.call, **arguments)
