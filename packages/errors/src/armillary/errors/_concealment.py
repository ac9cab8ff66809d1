"""What a debug page never shows: values stored under the name of a secret."""

from __future__ import annotations

import re
import reprlib
from itertools import islice
from typing import Any, Final

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


class _ConcealingRepr(reprlib.Repr):
    """A bounded `repr` that looks at the keys of the mappings it meets."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = MAX_VALUE
        self.maxlevel = 3

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
