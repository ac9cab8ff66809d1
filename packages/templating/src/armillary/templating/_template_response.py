"""Responses of rendered templates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from jinja2 import Template

from armillary.asgi_types import Message, Receive, Scope, Send
from armillary.http import Background, HTMLResponse, StreamingResponse

from ._blocks import render_block, render_block_async

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
        content = template.render(context) if block is None else render_block(template, block, context)
        super().__init__(content, status_code, headers, media_type, background)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page."""
        await send_debug(scope, send, self.template, self.context)
        await super().__call__(scope, receive, send)


class AsyncTemplateResponse(HTMLResponse):
    """A page made of a template of an async environment; it is rendered when it is sent.

    Arguments and attributes are those of `TemplateResponse`.
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
        super().__init__(None, status_code, headers, media_type, background)

    async def render_page(self) -> str:
        """Return the page, rendered."""
        if self.block is None:
            return await self.template.render_async(self.context)
        return await render_block_async(self.template, self.block, self.context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Render the page and send it."""
        page = await self.render_page()
        self.body = page.encode(self.charset)
        self.headers["content-length"] = str(len(self.body))
        await send_debug(scope, send, self.template, self.context)
        await super().__call__(scope, receive, send)


class StreamingTemplateResponse(StreamingResponse):
    """A page that is sent while it is rendered.

    A failure before the first `piece_size` characters are complete gets an error response; after that
    the connection is aborted, since the page has started.

    Args:
        template: a loaded template.
        context: what it is given.
        status_code, headers, media_type, background: as for `TemplateResponse`.

    Attributes:
        piece_size: characters collected before they are sent.
    """

    media_type = "text/html"
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
        pieces: Any
        if template.environment.is_async:
            pieces = self._pieces_async(template.generate_async(context))
        else:
            pieces = begun(self._pieces(template.generate(context)))
        super().__init__(pieces, status_code, headers, media_type, background)

    def _pieces(self, parts: Iterator[str]) -> Iterator[str]:
        collected: list[str] = []
        size = 0
        for part in parts:
            collected.append(part)
            size += len(part)
            if size >= self.piece_size:
                yield "".join(collected)
                collected, size = [], 0
        yield "".join(collected)

    async def _pieces_async(self, parts: AsyncIterator[str]) -> AsyncIterator[str]:
        collected: list[str] = []
        size = 0
        async for part in parts:
            collected.append(part)
            size += len(part)
            if size >= self.piece_size:
                yield "".join(collected)
                collected, size = [], 0
        yield "".join(collected)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page as it is rendered."""
        if self.template.environment.is_async:
            self.body_iterator = await begun_async(self.body_iterator)
        await send_debug(scope, send, self.template, self.context)
        await super().__call__(scope, receive, send)


def begun(pieces: Iterator[str]) -> Iterator[str]:
    """Return the pieces, with the first already rendered."""
    first = next(pieces)

    def following() -> Iterator[str]:
        yield first
        yield from pieces

    return following()


async def begun_async(pieces: Any) -> AsyncIterator[str]:
    """Return the pieces, with the first already rendered."""
    first = await anext(pieces)

    async def following() -> AsyncIterator[str]:
        yield first
        async for piece in pieces:
            yield piece

    return following()
