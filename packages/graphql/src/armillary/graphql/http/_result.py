"""What the results of operations mean for an HTTP response."""

from __future__ import annotations

from typing import Any

from graphql.execution import ExperimentalIncrementalExecutionResults

from armillary.asgi_types import scope_record
from armillary.http import Request

from .._operation import RequestRejected
from ..execution._engine import Engine, RunnableOperation, StoppedResult
from ..results._format import is_request_error
from ._negotiation import JSON, Negotiated

NO_INCREMENTS = "@defer and @stream need `Accept: multipart/mixed` or `text/event-stream`."


def check_acceptable(negotiated: Negotiated) -> None:
    """Raise RequestRejected, 406, if the client accepts no response at all."""
    if negotiated.result is None and negotiated.stream is None:
        raise RequestRejected(406, f"Responses are application/graphql-response+json or {JSON}; accept one of them.")


def reject_increments(engine: Engine, operation: RunnableOperation) -> None:
    """Reject a mutation whose result could not be sent, before it changes anything."""
    if engine.documents.prepare(operation.text).asks_for_increments:
        raise RequestRejected(406, NO_INCREMENTS)


def status_of(result: Any, negotiated: Negotiated) -> int:
    """Return the status of a single result (GraphQL over HTTP, section 6.4)."""
    if negotiated.result == JSON or not is_request_error(result):
        return 200
    return result.status if isinstance(result, StoppedResult) else 400


def has_errors(result: Any) -> bool:
    """Return whether a result, or the first one of incremental delivery, has errors."""
    first: Any = result.initial_result if isinstance(result, ExperimentalIncrementalExecutionResults) else result
    return bool(first.errors)


def record_errors(request: Request[Any], has_errors: bool) -> None:
    """Record errors that a status of 200 does not show, so that an outer transaction can roll back."""
    if has_errors:
        scope_record(request.scope)["result_has_errors"] = True
