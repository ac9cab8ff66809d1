"""The source of an endpoint, as a debug page shows it."""

from __future__ import annotations

import linecache
from typing import Any, Final

from armillary.asgi_types import code_of

from ._report import FrameReport, SourceLine, short_path

MAX_LINES: Final = 60
"""Lines shown of an endpoint."""


def endpoint_frame(endpoint: Any) -> FrameReport | None:
    """Return the source of an endpoint, its `return` lines marked, or its first line if it has none."""
    code = code_of(endpoint)
    lines = linecache.getlines(code.co_filename)
    first = code.co_firstlineno
    last = max((line for _, _, line in code.co_lines() if line), default=first)
    texts = [text.rstrip() for text in lines[first - 1 : min(last, first + MAX_LINES - 1)]]
    if not texts:
        return None
    returns = [text.split()[:1] == ["return"] for text in texts]
    marked = returns if any(returns) else [at == 0 for at in range(len(texts))]
    return FrameReport(
        file=code.co_filename,
        path=short_path(code.co_filename),
        line=first,
        function=code.co_qualname,
        library=False,
        source=tuple(
            SourceLine(number, text, current)
            for number, (text, current) in enumerate(zip(texts, marked, strict=True), first)
        ),
    )
