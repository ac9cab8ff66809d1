"""One line for every request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextvars import Token
from time import perf_counter
from typing import Any

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, find_route_template
from armillary.datastructures import PathPatterns
from armillary.exchange import HTTPExchange, WebSocketExchange

from ._access_record import RecordMaker
from ._entry import check_message, check_text
from ._escape import SAFE_TEXTS, escaped
from ._logged_exchange import LoggedExchange
from ._logged_http_exchange import LoggedHTTPExchange
from ._logged_websocket_exchange import LoggedWebSocketExchange
from ._request_id import RequestIDPolicy, new_request_id, reset_request_id, set_request_id

DEFAULT_MESSAGE = '%(client)s "%(method)s %(path)s" %(status)s %(outcome)s %(response_bytes)s bytes %(duration).6f s'


class AccessLogMiddleware:
    """Log one record for every request and every WebSocket, and give each an id.

    The record of a request is written when the last byte of its response has been passed to the server,
    or when the application ended without one; that of a WebSocket when the application ended. Its
    attributes are those of `AccessEntry`. Text in them that came from the client is escaped.

    Args:
        app: the application to serve.
        logger: the logger, or its name; "armillary.access" by default.
        level: of records in general; INFO by default.
        error_level: of records whose status is 500 or above, or whose application failed; ERROR by
            default.
        message: the records' text, with attributes written as `%(status)s`.
        excluded_paths: paths that get no line, such as `["/health"]`, or `["/health/*"]` for all below; compared
            exactly, without the query.
        request_id_header: the header for ids in requests and responses; None to add no ids.
        accept_request_id, generate_request_id: as `accept` and `generate` of `RequestIDMiddleware`.

    Raises:
        TypeError: a string instead of a list; an invalid logger or level.
        ValueError: a message that names an unknown attribute; a message or the name of a logger with line breaks,
            control characters other than tabs, or half a surrogate pair; an invalid header name; a path that is
            not absolute.
    """

    def __init__(
        self,
        app: ASGIApp,
        logger: logging.Logger | str = "armillary.access",
        *,
        level: int = logging.INFO,
        error_level: int = logging.ERROR,
        message: str = DEFAULT_MESSAGE,
        excluded_paths: Sequence[str] = (),
        request_id_header: str | None = "X-Request-ID",
        accept_request_id: bool = True,
        generate_request_id: Callable[[], str] = new_request_id,
    ) -> None:
        if not isinstance(logger, str | logging.Logger):
            raise TypeError(f"logger must be a logging.Logger or the name of one, got {logger!r}")
        for parameter, number in (("level", level), ("error_level", error_level)):
            if not isinstance(number, int) or isinstance(number, bool):
                raise TypeError(f"{parameter} is a number such as logging.INFO, got {number!r}")
        check_text("logger", logger if isinstance(logger, str) else logger.name)
        check_message(message)
        self.app = app
        self.logger: logging.Logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self.excluded_paths: PathPatterns = PathPatterns("excluded_paths", excluded_paths)
        self.excludes_some: bool = bool(self.excluded_paths)
        self.level = level
        self.error_level = error_level
        self.usual: RecordMaker = RecordMaker(self.logger.name, level, message)
        self.failed: RecordMaker = RecordMaker(self.logger.name, error_level, message)
        self.request_ids: RequestIDPolicy | None = None
        if request_id_header is not None:
            self.request_ids = RequestIDPolicy(request_id_header, accept_request_id, True, generate_request_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        kind = scope["type"]
        exchange: LoggedExchange[Any]
        if kind == "http":
            exchange = LoggedHTTPExchange(self, scope, receive, send, HTTPExchange(), began)
        elif kind == "websocket":
            exchange = LoggedWebSocketExchange(self, scope, receive, send, WebSocketExchange(receive=receive), began)
        else:
            await self.app(scope, receive, send)
            return
        token = None if self.request_ids is None else self._identify(exchange, self.request_ids)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except BaseException as exc:
            exchange.fail(exc)
            raise
        else:
            if not exchange.written:
                exchange.end()
        finally:
            if token is not None:
                reset_request_id(token)

    def _identify(self, exchange: LoggedExchange[Any], policy: RequestIDPolicy) -> Token[str | None] | None:
        """Give the connection an id, unless outer middleware has given it one."""
        record = exchange.record
        if "request_id" in record:
            return None
        request_id = record["request_id"] = policy.choose(exchange.scope["headers"])
        exchange.policy = policy
        exchange.request_id = request_id
        return set_request_id(request_id)

    def write(self, exchange: LoggedExchange[Any], outcome: str, error: BaseException | None = None) -> None:
        """Log the record of a connection that has ended.

        Args:
            exchange: the connection.
            outcome: how it ended; see `AccessEntry`.
            error: the exception that ended it.
        """
        duration = perf_counter() - exchange.began
        exchange.written = True
        status = exchange.status_of_exception or exchange.tracker.status
        is_failure = outcome == "failed" or (status is not None and status >= 500)
        scope = exchange.scope
        path = scope["path"]
        if not self.logger.isEnabledFor(self.error_level if is_failure else self.level):
            return
        if self.excludes_some and self.excluded_paths.matches(path):
            return
        record = exchange.record
        maker = self.failed if is_failure else self.usual
        entry = maker.attributes.copy()
        client = scope.get("client")
        if client:
            host = client[0]
            entry["client"] = host if host in SAFE_TEXTS else escaped(host)
        method = scope.get("method", "WEBSOCKET")
        entry["method"] = method if method in SAFE_TEXTS else escaped(method)
        entry["path"] = path if path in SAFE_TEXTS else escaped(path)
        if "route" in scope or "route_path" in record:
            entry["route"] = find_route_template(scope)
        entry["status"] = status
        if outcome != "complete":  # the default in the copy
            entry["outcome"] = outcome
        entry["response_bytes"] = exchange.size
        entry["duration"] = duration
        if "request_id" in record:
            entry["request_id"] = record["request_id"]
        if error is not None:
            entry["error"] = type(error).__name__
        if scope["type"] == "websocket":
            entry["close_code"] = exchange.tracker.close_code
        self.logger.handle(maker.finish(entry))
