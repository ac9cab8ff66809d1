"""A page in pieces, as its template is rendered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

from jinja2 import Template

from ._generators import TemplateGenerators, close_generators


class _Pieces:
    """Joins the many parts that Jinja gives to pieces that are worth sending.

    The first item is empty and comes when the first piece is complete: whoever takes it has not sent
    anything yet, and learns whether the template fails early.
    """

    def __init__(self, size: int) -> None:
        self.ended = False
        self._size = size
        self._parts: list[str] = []
        self._length = 0
        self._is_first = True

    def add(self, part: str) -> tuple[str, ...]:
        """Return what is complete with this part."""
        self._parts.append(part)
        self._length += len(part)
        return self._take() if self._length >= self._size else ()

    def end(self) -> tuple[str, ...]:
        """Return the rest."""
        self.ended = True
        return self._take()

    def _take(self) -> tuple[str, ...]:
        piece = "".join(self._parts)
        self._parts, self._length = [], 0
        was_first, self._is_first = self._is_first, False
        return ("", piece) if was_first else (piece,)


def pieces(template: Template, context: Mapping[str, Any], size: int) -> Generator[str]:
    """Render a template in pieces, the first of them empty; close what it iterates."""
    collected = _Pieces(size)
    parts: Any = template.generate(context)
    try:
        for part in parts:
            yield from collected.add(part)
        yield from collected.end()
    finally:
        parts.close()
        close_generators(context)


async def pieces_async(template: Template, context: Mapping[str, Any], size: int) -> AsyncGenerator[str]:
    """Render a template of an async environment in pieces, the first of them empty; close what it iterates."""
    collected = _Pieces(size)
    generators = TemplateGenerators(context)
    parts: Any = template.generate_async(context)

    async def next_pieces() -> tuple[str, ...]:
        async for part in parts:
            if complete := collected.add(part):
                return complete
        return collected.end()

    try:
        while not collected.ended:
            for piece in await generators.watch(next_pieces()):
                yield piece
    finally:
        try:
            await generators.aclose()
        finally:
            await parts.aclose()
