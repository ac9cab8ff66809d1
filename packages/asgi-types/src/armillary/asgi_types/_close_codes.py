"""Which close codes an application may send (RFC 6455 section 7.4)."""

from __future__ import annotations

from typing import Any, Final

_UNSENDABLE: Final = frozenset({1004, 1005, 1006, 1015})


def check_close_code(code: Any) -> None:
    """Reject a close code that may not be sent.

    Raises:
        TypeError: it is not a number.
        ValueError: it is reserved, or out of range.

    >>> check_close_code(1000)
    """
    if not isinstance(code, int) or isinstance(code, bool):
        raise TypeError(f"a close code is a number such as 1000 or 4001, got {code!r}")
    if not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in _UNSENDABLE:
        raise ValueError(
            f"close code {int(code)} may not be sent; use 1000 to 1003, 1007 to 1014, or 3000 to 4999 for your own"
        )
