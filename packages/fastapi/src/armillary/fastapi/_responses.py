"""From what an endpoint returns to the response that is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._errors import endpoint_context
from ._fastapi import datastructures, exceptions, routing
from ._parameters import value_validator
from ._plain_data import is_plain
from ._solving import Solving

_EXPORT_OPTIONS = ("include", "exclude", "exclude_unset", "exclude_defaults", "exclude_none")


def chosen_status(status_code: int | None, solving: Solving) -> int | None:
    """Return the status that was injected, or else the route's; None leaves it to the response."""
    if solving.response is None:
        return status_code
    injected: int | None = solving.response.status_code
    chosen = injected or status_code
    return injected if chosen is None else chosen


def response_arguments(status_code: int | None, solving: Solving) -> dict[str, Any]:
    """Return the arguments of a response that depend on the route and on what was injected."""
    chosen = chosen_status(status_code, solving)
    if chosen is None:
        return {"background": solving.background}
    return {"background": solving.background, "status_code": chosen}


class ResponseMaker:
    """Makes the responses of a route.

    Args:
        options: the arguments of FastAPI's `get_request_handler`.
    """

    def __init__(self, options: Any) -> None:
        self.dependant = options.dependant
        self.status_code = options.status_code
        self.field = options.response_field
        is_default = isinstance(options.response_class, datastructures.DefaultPlaceholder)
        self.response_class = options.response_class.value if is_default else options.response_class
        # Only what differs from pydantic's defaults: it serialises faster without the others.
        chosen = {name: getattr(options, f"response_model_{name}") for name in _EXPORT_OPTIONS}
        self.export_options = {name: value for name, value in chosen.items() if value not in (None, False)}
        self.export_options["by_alias"] = options.response_model_by_alias
        self.to_json: Callable[..., bytes] | None = None
        if self.field is not None:
            self.validate = value_validator(self.field, ("response",))
            if is_default:
                self.to_json = self.field._type_adapter.serializer.to_json

    async def response(self, result: Any, solving: Solving) -> Any:
        """Return the response for what an endpoint returned that ran in a thread."""
        if self.field is None or isinstance(result, routing.Response):
            return self.response_now(result, solving)
        value, errors = await routing.run_in_threadpool(self.field.validate, result, {}, loc=("response",))
        return self._of_value(result, value, errors, solving)

    def response_now(self, result: Any, solving: Solving) -> Any:
        """Return the response for what an endpoint returned."""
        if isinstance(result, routing.Response):
            if result.background is None:
                result.background = solving.background
            return result
        if self.field is not None:
            return self._of_value(result, *self.validate(result), solving)
        is_left = self.response_class is routing.JSONResponse and is_plain(result)
        content = result if is_left else routing.jsonable_encoder(result)
        return self._finished(self.response_class(content, **response_arguments(self.status_code, solving)), solving)

    def _of_value(self, result: Any, value: Any, errors: Any, solving: Solving) -> Any:
        """Return the response for a validated value."""
        if errors:
            context = endpoint_context(self.dependant, solving.request)
            raise exceptions.ResponseValidationError(errors=errors, body=result, endpoint_ctx=context)
        response: Any
        if self.to_json is not None:
            content = self.to_json(value, **self.export_options)
            status_code = chosen_status(self.status_code, solving)
            if status_code is None:
                status_code = 200
            response = routing.Response(content, status_code, None, "application/json", solving.background)
        else:
            arguments = response_arguments(self.status_code, solving)
            response = self.response_class(self.field.serialize(value, **self.export_options), **arguments)
        return self._finished(response, solving)

    @staticmethod
    def _finished(response: Any, solving: Solving) -> Any:
        """Return a response with what was injected, and without a body that its status does not allow."""
        if response.status_code != 200 and not routing.is_body_allowed_for_status_code(response.status_code):
            response.body = b""
        if solving.response is not None:
            response.headers.raw.extend(solving.response.headers.raw)
        return response
