"""Responses of rendered templates."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

from jinja2 import Template

from armillary.asgi_types import Message, Receive, Scope, Send
from armillary.datastructures import encode_text
from armillary.http import Background, HTMLResponse, StreamingResponse

from ._blocks import render_block, render_block_async
from ._generators import TemplateGenerators
from ._pieces import pieces, pieces_async

_DEBUG_EXTENSION = "http.response.debug"

Variables = dict[str, Any]


async def send_debug(scope: Scope, send: Send, template: Template, context: Mapping[str, Any]) -> None:
    """Show a test client the template and its context."""
    if scope["type"] == "http" and _DEBUG_EXTENSION in (scope.get("extensions") or ()):
        message: Message = {"type": _DEBUG_EXTENSION, "info": {"template": template, "context": context}}
        await send(message)


class TemplateResponse(HTMLResponse):
    """A page made of a template; it is rendered when the response is made.

    Args:
        template: a loaded template.
        context: what it is given.
        status_code: the status.
        headers: further headers.
        media_type: the `content-type`, by default text/html.
        background: awaited after the response was sent.
        block: render this block alone.

    Attributes:
        template, context: as given; test clients show them on the response too.

    Raises:
        ValueError: the template has no such block.
    """

    def __init__(
        self,
        template: Template,
        context: Variables,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
        *,
        block: str | None = None,
    ) -> None:
        self.template = template
        self.context = context
        self.block = block
        super().__init__(self.render_at_once(), status_code, headers, media_type, background)

    def render_at_once(self) -> str | None:
        """Return the page, rendered; None if that has to wait until it is sent."""
        if self.block is None:
            return self.template.render(self.context)
        return render_block(self.template, self.block, self.context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page."""
        await send_debug(scope, send, self.template, self.context)
        await super().__call__(scope, receive, send)


class AsyncTemplateResponse(TemplateResponse):
    """A page made of a template of an async environment; it is rendered when it is sent.

    What the template iterates is closed then. Arguments and attributes are those of `TemplateResponse`.
    """

    def render_at_once(self) -> None:
        """Return None: an async template is rendered by `render_page`."""

    async def render_page(self) -> str:
        """Return the page, rendered."""
        generators = TemplateGenerators(self.context)
        try:
            if self.block is None:
                return await generators.watch(self.template.render_async(self.context))
            return await generators.watch(render_block_async(self.template, self.block, self.context))
        finally:
            await generators.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Render the page and send it."""
        page = await self.render_page()
        self.body: bytes = encode_text(page, self.charset)
        self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


class StreamingTemplateResponse(StreamingResponse):
    """A page that is sent while it is rendered.

    A failure before the first `piece_size` characters are complete gets an error response; after that
    the connection is aborted, since the page has started. However the response ends, the generators
    that the template iterates are closed before it returns.

    Args:
        template: a loaded template.
        context: what it is given.
        status_code, headers, media_type, background: as for `TemplateResponse`.

    Attributes:
        piece_size: characters collected before they are sent.
    """

    media_type: str | None = "text/html"
    piece_size: int = 16 * 1024

    def __init__(
        self,
        template: Template,
        context: Variables,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
    ) -> None:
        self.template = template
        self.context = context
        self._pieces: Generator[str] | AsyncGenerator[str]
        if template.environment.is_async:
            self._pieces = pieces_async(template, context, self.piece_size)
        else:
            self._pieces = pieces(template, context, self.piece_size)
            next(self._pieces)  # Render the first piece, which may fail.
        super().__init__(self._pieces, status_code, headers, media_type, background)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page as it is rendered."""
        try:
            if isinstance(self._pieces, AsyncGenerator):
                await anext(self._pieces, None)  # As above.
            await send_debug(scope, send, self.template, self.context)
            await super().__call__(scope, receive, send)
        finally:
            if isinstance(self._pieces, AsyncGenerator):
                await self._pieces.aclose()
            else:
                self._pieces.close()
