"""What `armillary check` finds."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "advice"]


class Finding(NamedTuple):
    """One thing that is wrong, or could be better.

    Attributes:
        kind: a short name of what was checked, such as "session cookie".
        severity: an "error" makes the command exit with 1; "advice" does not, except with --strict.
        sentence: what is wrong, and where.
        fix: what to write.
    """

    kind: str
    severity: Severity
    sentence: str
    fix: str
