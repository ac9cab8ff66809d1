"""A value that does not show itself."""

from __future__ import annotations

from typing import ClassVar

_MASK = "*" * 10  # whatever the length of the text


class Secret:
    """Text that is masked wherever it is shown: logs, f-strings, tracebacks, debug pages, `vars()`.

    Only `reveal()` returns the text; call it where the text is used and nowhere else. Two secrets
    are compared in constant time.

    Args:
        value: the text.

    Raises:
        TypeError: the value is not text; the value is not part of the message.

    >>> key = Secret("hunter2")
    >>> key
    Secret('**********')
    >>> f"the key is {key}"
    'the key is **********'
    >>> key.reveal()
    'hunter2'
    """

    __slots__ = ("__value",)

    takes_any_value: ClassVar[bool] = False
    """Whether a value that is not text is taken as it is."""

    def __init__(self, value: str) -> None:
        if not isinstance(value, str) and not self.takes_any_value:
            raise TypeError(f"a Secret holds str, not {type(value).__name__}")
        self.__value = value

    def reveal(self) -> str:
        """Return the text."""
        return self.__value

    def __str__(self) -> str:
        return _MASK

    def __format__(self, format_spec: str) -> str:
        return format(_MASK, format_spec)

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{_MASK}')"

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
