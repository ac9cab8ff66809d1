"""One span per operation where OpenTelemetry is in use.

OpenTelemetry is never loaded here: a program that sets it up has loaded it already. A span is
named after the operation's type, which few values can take; its name, which clients choose, is
an attribute.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

_NOTHING: AbstractContextManager[Any] = nullcontext()
_API = "opentelemetry.trace"


def operation_span(kind: str, name: str | None) -> AbstractContextManager[Any]:
    """Return a context in which the current span is that of one operation."""
    api: Any = sys.modules.get(_API)
    if api is None:
        return _NOTHING
    span: AbstractContextManager[Any] = _tracer(api).start_as_current_span(_name(kind), attributes=_facts(kind, name))
    return span


def start_span(kind: str, name: str | None) -> Any:
    """Return the span of an operation whose results come in several steps; None without OpenTelemetry.

    It is never the current one: between two results other code runs.
    """
    api: Any = sys.modules.get(_API)
    return None if api is None else _tracer(api).start_span(_name(kind), attributes=_facts(kind, name))


def end_span(span: Any) -> None:
    """End what `start_span` returned."""
    if span is not None:
        span.end()


def _tracer(api: Any) -> Any:
    return api.get_tracer("armillary.graphql")


def _name(kind: str) -> str:
    return f"GraphQL {kind}"


def _facts(kind: str, name: str | None) -> dict[str, str]:
    facts = {"graphql.operation.type": kind}
    if name is not None:
        facts["graphql.operation.name"] = name
    return facts
