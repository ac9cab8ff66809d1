"""What is known while the dependencies of one request are solved."""

from __future__ import annotations

from typing import Any

from ._fastapi import dependencies


class Solving:
    """One request on its way through the dependencies of its route.

    Attributes:
        request: the request that is injected.
        provider: what has the overrides of dependencies; None if nothing has.
        body: what FastAPI's parameters of the body are read from.
        cache: results of dependencies by cache key.
        background: the injected background tasks, made when first needed.
        response: the injected response, made when first needed.
    """

    __slots__ = ("background", "body", "cache", "provider", "request", "response")

    def __init__(self, request: Any, provider: Any) -> None:
        self.request = request
        self.provider = provider
        self.body: Any = dependencies.Undefined
        self.cache: dict[Any, Any] = {}
        self.background: Any = None
        self.response: Any = None

    def injected_response(self) -> Any:
        """Return the response whose headers and status count for the one that is sent."""
        if self.response is None:
            self.response = dependencies.Response()
            del self.response.headers["content-length"]
            self.response.status_code = None
        return self.response
