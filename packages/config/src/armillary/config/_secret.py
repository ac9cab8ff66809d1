"""A value that does not show itself."""

from __future__ import annotations


class Secret:
    """Text that is masked wherever objects are shown: logs, tracebacks, debug pages, `vars()`.

    Only `str(secret)` returns the text; call it where the text is used and nowhere else. Two secrets
    are compared in constant time.

    Args:
        value: the text.

    Raises:
        TypeError: the value is not text; the value is not part of the message.

    >>> key = Secret("hunter2")
    >>> key
    Secret('**********')
    >>> str(key)
    'hunter2'
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(f"a Secret holds str, not {type(value).__name__}")
        self.__value = value

    def __str__(self) -> str:
        return self.__value

    def __repr__(self) -> str:
        return f"{type(self).__name__}('**********')"

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest

        # The environment's bytes that are no UTF-8 come as lone surrogates.
        own, others = (text.encode("utf-8", "surrogatepass") for text in (self.__value, other.__value))
        return compare_digest(own, others)

    def __hash__(self) -> int:
        return hash(self.__value)
