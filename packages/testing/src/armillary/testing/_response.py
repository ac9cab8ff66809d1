"""Responses of a client library, made from what an exchange has gathered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._http_exchange import ClientHTTPExchange
from ._library import HTTPLibrary

if TYPE_CHECKING:
    import httpx


def make_response(
    http: HTTPLibrary, request: httpx.Request, exchange: ClientHTTPExchange, stream: Any
) -> httpx.Response:
    """Make the response of an exchange that has started, its body still to come from `stream`."""
    extensions: dict[str, Any] = {"http_version": b"HTTP/1.1"}
    if exchange.trailers is not None:
        extensions["http.response.trailers"] = exchange.trailers
    if exchange.early_hints:
        extensions["http.response.early_hint"] = exchange.early_hints
    if exchange.pushes:
        extensions["http.response.push"] = exchange.pushes
    response: httpx.Response = http.Response(
        exchange.status, headers=exchange.headers, stream=stream, request=request, extensions=extensions
    )
    _attach_debug_info(response, exchange)
    return response


def _attach_debug_info(response: httpx.Response, exchange: ClientHTTPExchange) -> None:
    """Put debug information on the response, whether it came before the start or comes later."""

    def attach(info: dict[str, Any]) -> None:
        response.extensions["http.response.debug"] = info
        for name in ("template", "context"):
            if name in info:
                setattr(response, name, info[name])

    exchange.on_debug = attach
    if exchange.debug is not None:
        attach(exchange.debug)


def time_limit_of(request: httpx.Request) -> float | None:
    """Return a request's time-out for reading, which limits each wait for the application."""
    limits: Mapping[str, float | None] = request.extensions.get("timeout") or {}
    limit = limits.get("read")
    return None if limit is None or math.isinf(limit) else limit


def default_headers(http: HTTPLibrary, headers: Any) -> httpx.Headers:
    """Name the client in `user-agent`, unless the headers given do."""
    merged: httpx.Headers = http.Headers(headers)
    merged.setdefault("user-agent", "testclient")
    return merged
