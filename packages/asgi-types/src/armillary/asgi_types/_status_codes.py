"""Which numbers can be sent as the status of a response."""

from __future__ import annotations


def check_status_code(status_code: object, hint: str = "") -> None:
    """Check a status: 100 to 599, since others are invalid (RFC 9110 section 15).

    Args:
        status_code: what was given as the status.
        hint: the end of the error message, if there is more to say about the fix.

    Raises:
        TypeError: it is not an int.
        ValueError: it is outside of that range.

    >>> check_status_code("404")
    Traceback (most recent call last):
        ...
    TypeError: status_code='404' must be an int such as 404, not str
    """
    if not isinstance(status_code, int) or isinstance(status_code, bool):
        raise TypeError(
            f"status_code={status_code!r} must be an int such as 404, not {type(status_code).__name__}{hint}"
        )
    if not 100 <= status_code <= 599:
        raise ValueError(f"status_code={status_code!r} must be from 100 to 599, such as 404{hint}")
