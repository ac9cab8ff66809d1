"""A route's requests, from the ASGI call to the response, compiled."""

from __future__ import annotations

from contextlib import AsyncExitStack
from operator import attrgetter
from typing import Any

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.exchange import has_response_started, track

from ._body import decoded_body
from ._dependant import CALL, GENERATOR, CompiledDependant, NotCompiled
from ._errors import body_error, request_error, respond_to_error
from ._fastapi import compat, datastructures, dependencies, exceptions, params, routing, telemetry
from ._responses import ResponseMaker
from ._solving import Solving
from ._streams import StreamMaker

# What integrations replace to see or change how FastAPI handles a request.
_OWN_FUNCTIONS = (
    routing.run_endpoint_function,
    routing.solve_dependencies,
    routing.serialize_response,
    routing.jsonable_encoder,
)
_RUN, _SOLVE, _SERIALIZE, _ENCODE = _OWN_FUNCTIONS


def replaced_functions() -> list[str]:
    """Return the names of FastAPI's functions that somebody has replaced, while which its own handlers run."""
    names = ("run_endpoint_function", "solve_dependencies", "serialize_response", "jsonable_encoder")
    return [name for name, own in zip(names, _OWN_FUNCTIONS, strict=True) if getattr(routing, name) is not own]


_NOT_AWAITED = (
    "Response not awaited. There's a high chance that the application code is raising an exception and a dependency "
    "with yield has a block with a bare except, or a block with except Exception, and is not raising the exception "
    "again. Read more about it in the docs: https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/"
    "#dependencies-with-yield-and-except"
)


_exits = attrgetter("_exit_callbacks")
"""What an exit stack has to leave. Nearly no request has anything on its stacks, and leaving them is not free."""


class RouteHandler:
    """Handles the requests of a route.

    Args:
        options: the arguments of FastAPI's `get_request_handler`.
        kept: FastAPI's application for the route, for requests that are not handled here.
    """

    def __init__(self, options: Any, kept: ASGIApp) -> None:
        self.kept = kept
        self.dependant = options.dependant
        self.provider = options.dependency_overrides_provider or None
        self.body_field = options.body_field
        self.is_form = self.body_field is not None and isinstance(self.body_field.field_info, params.Form)
        self.form_limits = options.form_limits
        strict = options.strict_content_type
        self.is_strict = strict.value if isinstance(strict, datastructures.DefaultPlaceholder) else strict
        self.call = self.dependant.call
        try:
            self.compiled = CompiledDependant(self.dependant, options.embed_body_fields)
            self.is_stream = self.compiled.kind == GENERATOR
            self.maker = StreamMaker(options) if self.is_stream else ResponseMaker(options)
        except NotCompiled:
            raise
        except Exception as exc:
            raise NotCompiled(f"{type(exc).__name__}: {exc}") from exc
        if not self.is_stream and compat.lenient_issubclass(self.maker.response_class, routing.EventSourceResponse):
            raise NotCompiled("an EventSourceResponse of no generator")
        self.is_coroutine = self.compiled.kind == CALL

    def is_kept(self, scope: Scope) -> bool:
        """Return whether FastAPI's own application serves this request."""
        provider = self.provider
        return (
            routing.run_endpoint_function is not _RUN
            or routing.solve_dependencies is not _SOLVE
            or routing.serialize_response is not _SERIALIZE
            or routing.jsonable_encoder is not _ENCODE
            or (provider is not None and bool(provider.dependency_overrides))
            or not isinstance(scope.get("fastapi_middleware_astack"), AsyncExitStack)
            or (bool(telemetry.otel_context.get_current()) and telemetry._get_request_telemetry() is not None)
        )

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        request = routing.Request(scope, receive, send)
        send = track(scope, send)
        request_stack = scope["fastapi_inner_astack"] = AsyncExitStack()
        function_stack = scope["fastapi_function_astack"] = AsyncExitStack()
        try:
            try:
                response = await self.handle(request)
                if _exits(function_stack):
                    await function_stack.aclose()
                await response(scope, receive, send)
            except BaseException:
                if not _exits(function_stack) and not _exits(request_stack):
                    raise
                async with request_stack, function_stack:
                    raise
                raise exceptions.FastAPIError(_NOT_AWAITED) from None  # what is left has swallowed the exception
            if _exits(request_stack):
                await request_stack.aclose()
        except Exception as exc:
            await respond_to_error(exc, has_response_started(scope, send), request, scope, receive, send)

    async def handle(self, request: Any) -> Any:
        """Return the response to a request."""
        solving = Solving(request, self.provider)
        if self.body_field is not None:
            solving.body = await self._body(request)
        values: dict[str, Any] = {}
        errors: list[Any] | None = None
        if self.compiled.is_alone:
            errors = self.compiled.read_parameters(solving, values, None)
        else:
            values, errors = await self.compiled.solve(solving)
        if errors:
            body = None if solving.body is dependencies.Undefined else solving.body
            raise request_error(errors, body, self.dependant, request)
        if self.is_coroutine:
            return self.maker.response_now(await self.call(**values), solving)
        if isinstance(self.maker, StreamMaker):
            return await self.maker.stream(values, solving)
        result = await routing.run_in_threadpool(routing._run_sync_endpoint, function=self.call, arguments=values)
        return await self.maker.response(result, solving)

    async def _body(self, request: Any) -> Any:
        try:
            if not self.is_form:
                return await decoded_body(request, self.is_strict)
            limits = routing._resolve_form_limits(request.scope.get("fastapi", {}), self.form_limits)
            form = await request.form(**limits)
            request.scope["fastapi_middleware_astack"].push_async_callback(form.close)
        except routing.HTTPException:
            raise
        except Exception as exc:
            raise body_error(exc, self.dependant, request) from exc
        return form
