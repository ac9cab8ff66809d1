"""From what an endpoint returns to the response that is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._errors import endpoint_context
from ._fastapi import datastructures, exceptions, routing
from ._parameters import value_validator
from ._plain_data import is_plain
from ._solving import Solving

_EXPORT_OPTIONS = ("include", "exclude", "by_alias", "exclude_unset", "exclude_defaults", "exclude_none")


def response_arguments(status_code: int | None, solving: Solving) -> dict[str, Any]:
    """Return the arguments of a response that depend on the route and on what was injected."""
    arguments: dict[str, Any] = {"background": solving.background}
    injected = solving.response.status_code if solving.response is not None else None
    chosen = injected or status_code
    if chosen is None:
        chosen = injected
    if chosen is not None:
        arguments["status_code"] = chosen
    return arguments


class ResponseMaker:
    """Makes the responses of a route.

    Args:
        options: the arguments of FastAPI's `get_request_handler`.
        in_thread: whether the endpoint runs in a thread, and so does the validation of what it returns.
    """

    def __init__(self, options: Any, in_thread: bool) -> None:
        self.dependant = options.dependant
        self.status_code = options.status_code
        self.field = options.response_field
        self.in_thread = in_thread
        is_default = isinstance(options.response_class, datastructures.DefaultPlaceholder)
        self.response_class = options.response_class.value if is_default else options.response_class
        self.export_options = {name: getattr(options, f"response_model_{name}") for name in _EXPORT_OPTIONS}
        self.to_json: Callable[..., bytes] | None = None
        if self.field is not None:
            self.validate = value_validator(self.field, ("response",))
            if is_default:
                self.to_json = self.field._type_adapter.serializer.to_json

    async def response(self, result: Any, solving: Solving) -> Any:
        """Return the response for what the endpoint returned."""
        if isinstance(result, routing.Response):
            if result.background is None:
                result.background = solving.background
            return result
        response: Any
        arguments = response_arguments(self.status_code, solving)
        if self.field is None:
            is_left = is_plain(result) and self.response_class is routing.JSONResponse
            content = result if is_left else routing.jsonable_encoder(result)
            response = self.response_class(content, **arguments)
        else:
            value = await self._validated(result, solving)
            if self.to_json is not None:
                content = self.to_json(value, **self.export_options)
                response = routing.Response(content=content, media_type="application/json", **arguments)
            else:
                response = self.response_class(self.field.serialize(value, **self.export_options), **arguments)
        if not routing.is_body_allowed_for_status_code(response.status_code):
            response.body = b""
        if solving.response is not None:
            response.headers.raw.extend(solving.response.headers.raw)
        return response

    async def _validated(self, result: Any, solving: Solving) -> Any:
        if self.in_thread:
            value, errors = await routing.run_in_threadpool(self.field.validate, result, {}, loc=("response",))
        else:
            value, errors = self.validate(result)
        if errors:
            context = endpoint_context(self.dependant, solving.request)
            raise exceptions.ResponseValidationError(errors=errors, body=result, endpoint_ctx=context)
        return value
