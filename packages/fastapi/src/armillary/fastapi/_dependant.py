"""A dependency tree, compiled: which parameters it takes, in which order what is called, and what is cached.

FastAPI walks the tree of `Dependant`s for each request and finds out what each holds. A `CompiledDependant` has found
it out once. What happens, and in which order, is the same:

1. Dependencies are solved in their order, each with its own dependencies first, also if its result is in the cache.
2. One whose parameters, or whose dependencies' parameters, have errors is not called; the next one still is.
3. Then the parameters of the path, the query, the headers and the cookies are read, and those of the body.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ._body import body_reader
from ._fastapi import dependencies, models
from ._parameters import ParameterReader, parameter_reader
from ._solving import Solving

DependantState = list[tuple[Any, Any]]
"""Each dependant of a tree, and a copy of how it was."""

_LISTS = (
    *("dependencies", "path_params", "query_params", "header_params", "cookie_params", "body_params"),
    *("own_oauth_scopes", "parent_oauth_scopes"),
)
"""What holds more than one value in a dependant, and may have other values later."""

CALL: Final = 0
GENERATOR: Final = 1
THREAD: Final = 2


class NotCompiled(Exception):
    """Says why a route keeps FastAPI's handler."""


def state_of(dependant: Any) -> DependantState:
    """Return how a tree is now. Lists are copied, so that what is added to them later makes a difference."""
    lists = {name: value.copy() for name in _LISTS if (value := getattr(dependant, name)) is not None}
    found: DependantState = [(dependant, replace(dependant, **lists))]
    for below in dependant.dependencies:
        found += state_of(below)
    return found


def is_changed(state: DependantState) -> bool:
    """Return whether a tree is no longer as it was: programs and integrations change dependants at any time.

    The attributes are spelled out: this is asked at every request, and the interpreter reads them in place then.
    """
    for dependant, known in state:
        if not (
            dependant.call is known.call
            and dependant.dependencies == known.dependencies
            and dependant.path_params == known.path_params
            and dependant.query_params == known.query_params
            and dependant.header_params == known.header_params
            and dependant.cookie_params == known.cookie_params
            and dependant.body_params == known.body_params
            and dependant.own_oauth_scopes == known.own_oauth_scopes
            and dependant.parent_oauth_scopes == known.parent_oauth_scopes
            and dependant.name is known.name
            and dependant.request_param_name is known.request_param_name
            and dependant.websocket_param_name is known.websocket_param_name
            and dependant.http_connection_param_name is known.http_connection_param_name
            and dependant.response_param_name is known.response_param_name
            and dependant.background_tasks_param_name is known.background_tasks_param_name
            and dependant.security_scopes_param_name is known.security_scopes_param_name
            and dependant.use_cache is known.use_cache
            and dependant.scope is known.scope
            and dependant.concurrency is known.concurrency
        ):
            return True
    return False


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
        self.is_awaited = self.kind == CALL and self.concurrency is None
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
        self.body_fields, self.embeds_body = dependant.body_params, embeds_body
        self.read_body = body_reader(dependant.body_params, embeds_body) if dependant.body_params else None
        self.request_names = [
            name for name in (dependant.http_connection_param_name, dependant.request_param_name) if name
        ]
        self.background_name = dependant.background_tasks_param_name
        self.response_name = dependant.response_param_name
        self.scopes_name = dependant.security_scopes_param_name
        self.oauth_scopes = models._get_oauth_scopes(dependant=dependant)
        self.injects = bool(self.request_names or self.background_name or self.response_name or self.scopes_name)
        self.is_alone = not self.below and self.read_body is None

    async def solve(self, solving: Solving) -> tuple[dict[str, Any], list[Any] | None]:
        """Return the arguments of the call, and the errors of the request, if there are any."""
        values: dict[str, Any] = {}
        errors: list[Any] | None = None
        # Step 1: the dependencies.
        for sub in self.below:
            used = sub
            if solving.provider is not None and solving.provider.dependency_overrides:
                used = sub.overridden(solving.provider.dependency_overrides)
            if used.is_alone:
                arguments: dict[str, Any] = {}
                found = used.read_parameters(solving, arguments, None)
            else:
                arguments, found = await used.solve(solving)
            if found:
                errors = found if errors is None else [*errors, *found]
                continue
            cache, key = solving.cache, sub.cache_key
            if sub.uses_cache and key in cache:
                solved = cache[key]
            elif used.is_awaited:
                solved = await used.call(**arguments)
                cache.setdefault(key, solved)
            else:
                solved = await used.called(solving, arguments)
                cache.setdefault(key, solved)
            if sub.name is not None:
                values[sub.name] = solved
        # Step 2: the parameters of the request, those of the body last.
        if self.read_body is None:
            return values, self.read_parameters(solving, values, errors)
        errors = self.read_sources(solving, values, errors)
        read = self.read_body(solving.body)
        if read is None:
            read = await dependencies.request_body_to_args(self.body_fields, solving.body, self.embeds_body)
        values.update(read[0])
        if read[1]:
            errors = read[1] if errors is None else [*errors, *read[1]]
        if self.injects:
            self._inject(solving, values)
        return values, errors

    def overridden(self, overrides: Any) -> CompiledDependant:
        """Return what is called in its place: a dependency may override others while the request is served."""
        dependant = dependencies.get_dependant(
            path=self.dependant.path,
            call=overrides.get(self.call, self.call),
            name=self.name,
            parent_oauth_scopes=self.oauth_scopes,
            scope=self.dependant.scope,
            concurrency=self.concurrency,
        )
        return CompiledDependant(dependant, self.embeds_body)

    def read_parameters(self, solving: Solving, values: dict[str, Any], errors: list[Any] | None) -> list[Any] | None:
        """Add all to the arguments that is neither a dependency nor of the body; return the errors with new ones."""
        errors = self.read_sources(solving, values, errors)
        if self.injects:
            self._inject(solving, values)
        return errors

    def read_sources(self, solving: Solving, values: dict[str, Any], errors: list[Any] | None) -> list[Any] | None:
        """Add the parameters of the path, the query, the headers and the cookies."""
        for source, readers in self.sources:
            received = getattr(solving.request, source)
            for read in readers:
                found = read(received, values)
                if found:
                    errors = found if errors is None else [*errors, *found]
        return errors

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
