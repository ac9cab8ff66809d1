"""Path and query parameters of a request as arguments."""

from __future__ import annotations

from inspect import Parameter
from typing import Any, NamedTuple

from armillary.asgi_types import HTTPException
from armillary.datastructures import HTTPConnection

from ._conversion import Conversion

MAX_SHOWN_LENGTH = 60


class RequestParameter(NamedTuple):
    """A parameter of an endpoint that is read from the path or the query."""

    name: str
    conversion: Conversion
    default: Any

    @property
    def is_required(self) -> bool:
        """Whether a call without it fails."""
        return self.default is Parameter.empty

    def read(self, connection: HTTPConnection[Any]) -> Any:
        """Return its value.

        Raises:
            HTTPException: 400, with the parameter and what was expected.
        """
        if self.name in connection.path_params:
            found: Any = connection.path_params[self.name]
            if self.conversion.many:
                return [self._converted("path", found)]
            return self._converted("path", found)
        if self.name in connection.query_params:
            if self.conversion.many:
                return [self._converted("query", text) for text in connection.query_params.getlist(self.name)]
            return self._converted("query", connection.query_params[self.name])
        if self.default is not Parameter.empty:
            return self.default
        if self.conversion.optional:
            return None
        if self.conversion.many:
            return []
        raise HTTPException(
            400, f"The query parameter {self.name!r} is missing; it must be {self.conversion.expected}."
        )

    def _converted(self, place: str, value: Any) -> Any:
        if not isinstance(value, str) and isinstance(value, self.conversion.types):
            return value  # the route converted it
        try:
            return self.conversion.convert(str(value))
        except ValueError:
            raise HTTPException(
                400,
                f"The {place} parameter {self.name!r} must be {self.conversion.expected}, "
                f"not {str(value)[:MAX_SHOWN_LENGTH]!r}.",
            ) from None
