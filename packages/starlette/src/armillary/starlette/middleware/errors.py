"""`starlette.middleware.errors`."""

from __future__ import annotations

import inspect
from html import escape
from typing import Any

from armillary.asgi_types import Receive, Scope, Send, scope_record
from armillary.errors import (
    ServerErrorMiddleware as _NativeServerErrorMiddleware,
    traceback_html,
    traceback_text,
)
from armillary.exchange import HTTPExchange, track

from .._exception_handler import SCOPE_KEY
from ..responses import HTMLResponse, PlainTextResponse
from .exceptions import NO_HANDLERS, RUNS_BY_ITSELF, ExceptionMiddleware

__all__ = ["CENTER_LINE", "FRAME_TEMPLATE", "JS", "LINE", "STYLES", "TEMPLATE", "ServerErrorMiddleware"]

STYLES = ".frame-filename { font-weight: bold } .center-line { background: #fff3c4 }"
JS = ""
TEMPLATE = (
    "<!doctype html><html><head><style>{styles}</style><title>{error}</title></head><body>{exc_html}</body></html>"
)
FRAME_TEMPLATE = (
    '<details{collapsed}><summary class="frame-filename">'
    "{frame_filename}, line {frame_lineno}, in {frame_name}</summary>"
    "<pre>{code_context}</pre></details>"
)
LINE = '<span class="lineno">{lineno}</span> {line}\n'
CENTER_LINE = '<span class="lineno center-line">{lineno} {line}</span>\n'

_NAMES_OF_FUNCTIONS: dict[Any, str] = {HTTPExchange.send: "ServerErrorMiddleware.__call__.<locals>._send"}
"""The `send` that middleware gets, as tools such as Sentry name spans by it."""


class ServerErrorMiddleware(_NativeServerErrorMiddleware):
    """The native guard with Starlette's hooks.

    It logs nothing, leaves WebSockets alone and raises everything on, disconnects included. An `ExceptionMiddleware`
    directly inside it runs in its frame, unless somebody has replaced how that is called, as tracing libraries do.
    """

    absorbs_disconnects = False
    closes_websockets = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        app: Any = self.app
        if kind != "http" and kind != "websocket":
            await app(scope, receive, send)
            return
        if type(app) is not ExceptionMiddleware or ExceptionMiddleware.__call__ is not RUNS_BY_ITSELF:
            send = track(scope, send)
            try:
                await app(scope, receive, send)
            except Exception as exc:
                if not await self.handle_exception(exc, scope, receive, send):
                    raise
            return
        # What the layer inside does, in this frame.
        handlers: ExceptionMiddleware = app
        record = scope_record(scope)
        outer = record.get("exception_handlers", NO_HANDLERS)
        record["exception_handlers"] = handlers.handlers
        scope[SCOPE_KEY] = handlers.tables
        try:
            app = handlers.selected_app(scope)
            if getattr(app, "keeps_record", False) is not True:
                send = track(scope, send)
            await app(scope, receive, send)
        except Exception as exc:
            if not await self._handle_exception_inside(handlers, exc, scope, receive, send):
                raise
        finally:
            record["exception_handlers"] = outer

    async def _handle_exception_inside(
        self, handlers: ExceptionMiddleware, exc: Exception, scope: Scope, receive: Receive, send: Send
    ) -> bool:
        """Handle an exception by the handlers, else as what this guards against; also what a handler raises."""
        try:
            if await handlers.handle_exception(exc, scope, receive, send):
                return True
        except Exception as failure:
            if await self.handle_exception(failure, scope, receive, send):
                return True
            raise
        return await self.handle_exception(exc, scope, receive, send)

    def report(self, exc: Exception, scope: Scope) -> bool:
        return True

    def debug_response(self, request: Any, exc: Exception) -> Any:
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(self.generate_html(exc).encode("utf-8", "backslashreplace"), status_code=500)
        return PlainTextResponse(self.generate_plain_text(exc).encode("utf-8", "backslashreplace"), status_code=500)

    def error_response(self, request: Any, exc: Exception) -> Any:
        return PlainTextResponse("Internal Server Error", status_code=500)

    def generate_html(self, exc: Exception, limit: int = 7) -> str:
        """Return the debug page, with about `limit` lines of source for each frame."""
        return traceback_html(exc, context=max(0, limit // 2))

    def generate_plain_text(self, exc: Exception) -> str:
        """Return the traceback as text."""
        return traceback_text(exc)

    def generate_frame_html(self, frame: inspect.FrameInfo, is_collapsed: bool) -> str:
        """Return one frame of a traceback as HTML."""
        lines = frame.code_context or []
        numbered = enumerate(lines)
        code = "".join(self.format_line(at, line, frame.lineno, frame.index or 0) for at, line in numbered)
        return FRAME_TEMPLATE.format(
            collapsed="" if is_collapsed else " open",
            frame_filename=escape(frame.filename),
            frame_lineno=frame.lineno,
            frame_name=escape(frame.function),
            code_context=code,
        )

    def format_line(self, index: int, line: str, frame_lineno: int, frame_index: int) -> str:
        """Return one line of source as HTML, the running one highlighted."""
        template = CENTER_LINE if index == frame_index else LINE
        return template.format(lineno=frame_lineno - frame_index + index, line=escape(line.rstrip("\n")))
