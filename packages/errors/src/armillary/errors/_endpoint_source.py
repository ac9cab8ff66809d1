"""The endpoint of an exception that none of the program's own code raised.

What an endpoint returned is sent when its frame is gone: an error about it is raised by the library, with nothing of
the program in the traceback. The endpoint is then what the program's author looks for.
"""

from __future__ import annotations

import linecache
from typing import Any, Final

from armillary.asgi_types import EndpointError, Scope, code_of, describe_function

from ._hints import hint_of
from ._report import FrameReport, SourceLine, has_own_frame, short_path

MAX_LINES: Final = 60
"""Lines shown of an endpoint."""


def endpoint_at_fault(exc: BaseException, scope: Scope) -> Any:
    """Return the endpoint of a connection whose exception has no frame of the program's own code; else None."""
    if isinstance(exc, EndpointError):
        endpoint: Any = exc.function
    elif has_own_frame(exc):
        return None
    else:
        endpoint = scope.get("endpoint")
    return None if code_of(endpoint) is None else endpoint


def name_endpoint(exc: BaseException, scope: Scope) -> None:
    """Add a note with the fix of a known mistake, and one that names the endpoint unless traceback or message do."""
    _add_once(exc, hint_of(exc))
    endpoint = endpoint_at_fault(exc, scope)
    if endpoint is None or isinstance(exc, EndpointError):
        return
    _add_once(exc, f"Raised by what the endpoint {describe_function(endpoint)} returned or was given")


def _add_once(exc: BaseException, note: str | None) -> None:
    """Add a note that is not there yet: each boundary asks for it."""
    if note is not None and note not in getattr(exc, "__notes__", ()):
        exc.add_note(note)


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
