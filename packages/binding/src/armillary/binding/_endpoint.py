"""A typed function as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from inspect import isasyncgenfunction, isgeneratorfunction
from typing import Any

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, is_async_callable
from armillary.concurrency import run_in_threadpool
from armillary.http import Request, request_response

from ._plan import Plan
from ._plan_builder import build_plan
from ._provided import Making
from ._result import ResultEncoder
from ._running import FinishingResponse, WorkingResponse, call_with_dependencies, provide, read_values
from ._signature import EndpointSignature
from ._sources import Dependency

Overrides = Mapping[Callable[..., Any], Callable[..., Any]]
_BODY_ERRORS = {"data": {400, 413, 415, 422}, "form": {400, 413, 415, 422}, "parts": {400, 413, 415}, "bytes": {413}}
_OWN_HEADERS = (b"content-length", b"content-type")


class BoundEndpoint:
    """An ASGI application that calls a function with values from the request and sends what it returns.

    Attributes:
        endpoint: the function.
        signature: what it takes and returns, for documents.
        is_method: whether the first parameter is the instance that `respond` is given.
        keeps_record: the interface in docs/scope-keys.md.
    """

    keeps_record = True
    is_method = False

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        path: Mapping[str, bool],
        status_code: int | None = None,
        dependencies: Sequence[Dependency] = (),
        request_class: type[Request[Any]] = Request,
    ) -> None:
        self.endpoint = function
        self._path = frozenset(path)
        self._dependencies = tuple(dependencies)
        self._generates = isasyncgenfunction(function) or isgeneratorfunction(function)
        self._is_async = is_async_callable(function)
        self._plan = self._planned(None)
        self._function = self._plan.calls[-1].function
        self._overridden: dict[Any, Plan] = {}
        result = ResultEncoder(function, self._plan.result, status_code)
        self._respond_with = result.respond
        self.signature: EndpointSignature = _signature(self._plan, result, path)
        self.app: ASGIApp = request_response(self.respond, request_class=request_class)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.app(scope, receive, send)

    def _planned(self, overrides: Overrides | None) -> Plan:
        return build_plan(
            self.endpoint,
            kind="http",
            path=self._path,
            dependencies=self._dependencies,
            overrides=overrides,
            is_method=self.is_method,
        )

    async def respond(self, request: Request[Any], instance: Any = None) -> Any:
        """Return the response to a request, of a method with the instance it is called on."""
        plan = self._plan
        if len(plan.calls) > 1:
            overrides = getattr(request.scope.get("app"), "dependency_overrides", None)
            if overrides:
                plan = self._plan_with(overrides)
        targets: list[dict[str, Any]] = [{}] if plan.targets == 1 else [{} for _ in range(plan.targets)]
        if plan.instance is not None:
            target, name = plan.instance
            targets[target][name] = instance
        given = provide(plan.provided, request, targets) if plan.provided else None
        if len(plan.calls) == 1:
            body = read_values(plan, request, targets)
            if body is not None:
                await body
            arguments = targets[plan.calls[0].target]
            result = await (self._function(**arguments) if self._is_async else self._call(arguments))
            response = self._respond_with(result, request)
        else:
            response = await self._respond_after_dependencies(plan, targets, request)
        return _with_extras(response, given) if given else response

    async def _call(self, arguments: dict[str, Any]) -> Any:
        if self._generates:
            return self._function(**arguments)
        return await run_in_threadpool(partial(self._function, **arguments))

    async def _respond_after_dependencies(
        self, plan: Plan, targets: list[dict[str, Any]], request: Request[Any]
    ) -> Any:
        late = AsyncExitStack()
        try:
            async with AsyncExitStack() as early:
                result = await call_with_dependencies(plan, request, targets, early, late)
                response = self._respond_with(result, request)
        except BaseException as exc:
            # Generators learn of it, and cannot hide it: there is no response.
            await late.__aexit__(type(exc), exc, exc.__traceback__)
            raise
        return FinishingResponse(response, late)

    def _plan_with(self, overrides: Overrides) -> Plan:
        key = tuple(overrides.items())
        plan = self._overridden.get(key)
        if plan is None:
            plan = self._overridden[key] = self._planned(overrides)
        return plan

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self.endpoint, '__qualname__', self.endpoint)})"


def _with_extras(response: Any, given: list[tuple[Making, Any]]) -> Any:
    """Add to a response the headers and cookies, and the work after it, that the function was given to fill."""
    inner = response.response if isinstance(response, FinishingResponse) else response
    if not hasattr(inner, "background"):
        # Another application: its headers are its own, the work is done after it.
        work = [value for making, value in given if making.runs_after]
        return WorkingResponse(response, work) if work else response
    for making, value in given:
        if making.is_response:
            if value.status_code != 200:
                inner.status_code = value.status_code
            inner.raw_headers += [pair for pair in value.raw_headers if pair[0] not in _OWN_HEADERS]
        elif inner.background is None:
            inner.background = value
        elif inner.background is not value:
            inner.background = partial(_both, inner.background, value)
    return response


async def _both(first: Callable[[], Awaitable[None]], second: Callable[[], Awaitable[None]]) -> None:
    await first()
    await second()


def _signature(plan: Plan, result: ResultEncoder, path: Mapping[str, bool]) -> EndpointSignature:
    errors: set[int] = {404} if any(path.values()) else set()
    checked = [item for item in plan.parameters if item.required or item.annotation is not str]
    if any(item.source != "path" or item.annotation is not str for item in checked):
        errors.add(422)
    if plan.body is not None:
        errors |= _BODY_ERRORS[plan.body.description.kind]
        if plan.body.description.media_types != ("*/*",):
            errors.add(415)
    if result.media_types == ("application/json", "application/msgpack"):
        errors.add(406)
    errors |= plan.errors
    return EndpointSignature(
        parameters=plan.parameters,
        body=None if plan.body is None else plan.body.description,
        result=result.declared,
        status_code=result.status_code,
        streams=result.streams,
        media_types=result.media_types,
        errors=frozenset(errors),
        dependencies=tuple(call.function for call in plan.calls[:-1]),
        required_scopes=plan.scopes,
    )


def bind(
    function: Callable[..., Any],
    *,
    path: Mapping[str, bool] | Sequence[str] = (),
    status_code: int | None = None,
    dependencies: Sequence[Dependency] = (),
    request_class: type[Request[Any]] = Request,
) -> BoundEndpoint:
    """Return an ASGI application that calls a typed function for each request.

    Parameters named in the path are read from it; scalars and lists of them from the query; a structured type from
    the body; `Query`, `Header`, `Cookie`, `Path`, `Body`, `Form`, `File` and `Depends` in `Annotated` say otherwise.
    The result is encoded by its annotation. All of it is worked out now, and what is wrong with it raised.

    Args:
        function: async or not; one that is not runs in a thread.
        path: the names of the path parameters; as a mapping, with whether the route rejects some values (404).
        status_code: of the response; by default 200, or 204 for a function that returns None.
        dependencies: functions, `Depends` and `Policy` called before the function, their results not used.
        request_class: the class of the request passed to the function.

    Raises:
        BindingError: something about the function is wrong; the message has its file and line, and what to write.

    >>> async def double(number: int) -> int:
    ...     return 2 * number
    >>> bind(double).signature.parameters[0].source
    'query'
    """
    if not callable(function):
        raise TypeError(f"bind takes a function, got {function!r}")
    known = path if isinstance(path, Mapping) else dict.fromkeys(path, False)
    return BoundEndpoint(
        function, path=known, status_code=status_code, dependencies=dependencies, request_class=request_class
    )
