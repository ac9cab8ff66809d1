"""How many values the variables of an operation have, and how deep they are nested."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, cast

MAX_VARIABLE_DEPTH: Final = 100
"""Levels of lists and objects. Coercing deeper ones, or naming them in an error, exhausts the stack."""


def variables_excess(variables: dict[str, Any], limit: int | None) -> str | None:
    """Return what is wrong if variables have more values than allowed or are nested too deep; None if nothing is.

    The work grows with the limit, not with the variables.

    Args:
        variables: as they were sent.
        limit: how many values they may have, with list items and members of objects; None for any number.

    >>> variables_excess({"ids": [1, 2]}, 3)
    >>> variables_excess({"ids": [1, 2]}, 2)
    'The variables have more than 2 values, with list items and members of input objects.'
    """
    level: list[Any] = [variables]
    count = 0
    for _ in range(MAX_VARIABLE_DEPTH + 1):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inside: Collection[Any] = cast("dict[str, Any]", value).values()
            elif isinstance(value, list):
                inside = cast("Collection[Any]", value)
            else:
                continue
            if limit is not None and count + len(below) + len(inside) > limit:
                return f"The variables have more than {limit} values, with list items and members of input objects."
            below += inside
        if not below:
            return None
        count += len(below)
        level = below
    return f"The variables are nested deeper than {MAX_VARIABLE_DEPTH} levels."
