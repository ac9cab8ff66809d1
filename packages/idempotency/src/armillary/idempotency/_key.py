"""The value of Idempotency-Key: an Item of RFC 9651 whose value is a String."""

from __future__ import annotations

import re
from typing import Final

MAX_KEY_LENGTH: Final = 255

# A String has the printable characters of ASCII; the quotation mark and the backslash are escaped. Parameters
# may follow and mean nothing. Keys without quotation marks, as most clients send them, mean the same as with them.
_STRING: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"(?:;.*)?')
_BARE: Final = re.compile(r"[!#-+\--:<-\[\]-~]+")


class InvalidKey(ValueError):
    """The header is not what it must be; the message is for the client."""


def parse_key(values: list[bytes]) -> str:
    """Return the key that the header's values hold.

    Args:
        values: each line of the header; there must be one.

    Raises:
        InvalidKey: there are several, or it is no String, empty or longer than 255 characters.

    >>> parse_key([b'"8e03978e-40d5"'])
    '8e03978e-40d5'
    """
    if len(values) != 1:
        raise InvalidKey("The request has more than one Idempotency-Key.")
    text = values[0].decode("latin-1").strip(" \t")
    match = _STRING.fullmatch(text)
    if match is not None:
        key = re.sub(r"\\(.)", r"\1", match[1])
    elif _BARE.fullmatch(text):
        key = text
    else:
        raise InvalidKey(
            'Idempotency-Key must be a string of printable ASCII characters in quotation marks, such as "8e03978e".'
        )
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise InvalidKey(f"Idempotency-Key must have 1 to {MAX_KEY_LENGTH} characters.")
    return key
