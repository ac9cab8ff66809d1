"""What the checker raises."""

from __future__ import annotations

from typing import NoReturn


class LintError(AssertionError):
    """A scope or message breaks the ASGI specification.

    The text is one sentence or two: where it happened, what was wrong, and what to do.

    >>> issubclass(LintError, AssertionError)
    True
    """


def fail(where: str, problem: str, remedy: str) -> NoReturn:
    """Raise `LintError` from its three parts."""
    raise LintError(f"{where}: {problem}; {remedy}.")
