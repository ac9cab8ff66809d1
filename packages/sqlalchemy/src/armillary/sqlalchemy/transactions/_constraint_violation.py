"""Constraint violations as responses."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import DataError

from armillary.http import ProblemResponse

from ..connections import _fault


def handle_constraint_violation(request: Any, exc: Any) -> ProblemResponse:
    """Respond to an `IntegrityError` with 409, or with 400 for a value that can never be stored.

    Register it: `exception_handlers={IntegrityError: handle_constraint_violation}`; for
    `DataError` the response is 400 too. What the database said stays in the server's log.
    RFC 9457.
    """
    if isinstance(exc, DataError) or _fault.is_never_allowed(exc.orig):
        return ProblemResponse(400, detail="A value is missing or not allowed.")
    return ProblemResponse(409, detail="The change conflicts with what is stored.")
