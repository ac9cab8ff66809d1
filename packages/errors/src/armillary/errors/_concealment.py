"""What a debug page never shows: values stored under the name of a secret, or sent under it in a query string."""

from __future__ import annotations

import re
import reprlib
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote

CONCEALED: Final = "••••••"

MAX_VALUE: Final = 400
"""Characters shown of one value."""

_SECRET_NAME: Final = re.compile(
    r"pass(word|wd|phrase)|secret|token|authorization|credential|cookie|signature|private|api.?key|csrf|session",
    re.IGNORECASE,
)


def is_secret_name(name: str) -> bool:
    """Return whether a variable or header of this name holds a secret.

    >>> is_secret_name("api_key"), is_secret_name("Authorization"), is_secret_name("city")
    (True, True, False)
    """
    return _SECRET_NAME.search(name) is not None


_PAIR: Final = re.compile(r"""(?:(?<=[?&;\s'"])|^)([\w%.\[\]-]{1,100})=([^&;\s'"#<>]+)""")


def conceal_pairs(text: str) -> str:
    """Return a text with dots for each value that stands behind the name of a secret, as in a query string.

    >>> conceal_pairs("/stars?name=Vega&access_token=hunter2")
    '/stars?name=Vega&access_token=••••••'
    """
    return _PAIR.sub(_shown_pair, text) if "=" in text else text


def _shown_pair(pair: re.Match[str]) -> str:
    return f"{pair[1]}={CONCEALED}" if is_secret_name(unquote(pair[1])) else pair[0]


class _ConcealingRepr(reprlib.Repr):
    """A bounded `repr` that looks at the keys of the mappings it meets."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = MAX_VALUE
        self.maxlevel = 3

    def repr_str(self, x: str, level: int) -> str:
        return super().repr_str(conceal_pairs(x), level)

    def repr_instance(self, x: Any, level: int) -> str:
        shown = conceal_pairs(repr(x))  # before it is cut: a value without its name would be shown
        return shown if len(shown) <= self.maxother else f"{shown[: self.maxother]}…"

    def repr_tuple(self, x: tuple[Any, ...], level: int) -> str:
        if len(x) == 2 and isinstance(x[0], str | bytes):  # a header, or an item of a form or query
            return f"({self.repr1(x[0], level - 1)}, {self._item(x[0], x[1], level - 1)})"
        return super().repr_tuple(x, level)

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        if level <= 0:
            return "{…}"
        items = [
            f"{self.repr1(key, level - 1)}: {self._item(key, value, level - 1)}"
            for key, value in islice(x.items(), self.maxdict)
        ]
        if len(x) > self.maxdict:
            items.append("…")
        return f"{{{', '.join(items)}}}"

    def _item(self, key: object, value: object, level: int) -> str:
        name = key.decode("latin-1") if isinstance(key, bytes) else key
        return CONCEALED if isinstance(name, str) and is_secret_name(name) else self.repr1(value, level)


_REPR: Final = _ConcealingRepr()


def shown_value(name: str, value: object) -> str:
    """Return the bounded `repr` of a value, or dots for a secret one.

    >>> shown_value("city", "Delphi"), shown_value("db_password", "hunter2")
    ("'Delphi'", '••••••')
    """
    if is_secret_name(name):
        return CONCEALED
    try:
        shown = _REPR.repr(value)
    except Exception as exc:
        return f"<unprintable {type(value).__name__}: repr() raised {type(exc).__name__}>"
    return shown if len(shown) <= MAX_VALUE else f"{shown[:MAX_VALUE]}…"
