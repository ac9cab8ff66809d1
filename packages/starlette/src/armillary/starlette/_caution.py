"""Log what a program does that is not safe, once; a warning would stop test suites that make errors of them."""

from __future__ import annotations

from functools import cache


@cache
def caution(sentence: str) -> None:
    """Log a sentence at level WARNING if it was not logged before."""
    from logging import getLogger

    getLogger("armillary.starlette").warning(sentence)
