"""One span per operation if OpenTelemetry is in use.

OpenTelemetry is never imported here: a program that sets it up has imported it already. A span is
named after the operation's type, which has few values; the operation's name, which clients choose,
is an attribute.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

_NO_SPAN: AbstractContextManager[Any] = nullcontext()
_API = "opentelemetry.trace"


def operation_span(kind: str, name: str | None) -> AbstractContextManager[Any]:
    """Return a context in which the span of one operation is the current span."""
    api: Any = sys.modules.get(_API)
    if api is None:
        return _NO_SPAN
    span: AbstractContextManager[Any] = _tracer(api).start_as_current_span(
        _name(kind), attributes=_attributes(kind, name)
    )
    return span


def start_span(kind: str, name: str | None) -> Any:
    """Return the span of an operation whose results come in several steps; None without OpenTelemetry.

    It is never the current span: between two results other code runs.
    """
    api: Any = sys.modules.get(_API)
    return None if api is None else _tracer(api).start_span(_name(kind), attributes=_attributes(kind, name))


def end_span(span: Any) -> None:
    """End what `start_span` returned."""
    if span is not None:
        span.end()


def _tracer(api: Any) -> Any:
    return api.get_tracer("armillary.graphql")


def _name(kind: str) -> str:
    return f"GraphQL {kind}"


def _attributes(kind: str, name: str | None) -> dict[str, str]:
    attributes = {"graphql.operation.type": kind}
    if name is not None:
        attributes["graphql.operation.name"] = name
    return attributes
