r"""Text of a client on one line of a log.

A line feed in a path would begin a line that the client controls, an escape sequence would act
on the reader's terminal, a bidirectional control would reorder what is read, and a lone surrogate
cannot be written at all. Quotes and backslashes are escaped too, so that the quoted value ends
where it seems to and an escape cannot be forged.
"""

from __future__ import annotations

from typing import Final

MAX_LENGTH: Final = 2048
"""Characters of one value; a longer one is cut, since its length is the client's choice."""


SAFE_TEXTS: Final[set[str]] = set()
"""Short texts that are known to need no escape."""

_MAX_SAFE_TEXTS: Final = 4096
_MAX_SAFE_TEXT_LENGTH: Final = 100


def escaped(text: str) -> str:
    r"""Return the text as printable characters on one line, at most 2,048 of them and the full length if it was cut.

    Args:
        text: anything a client sent.

    >>> print(escaped('/a\n"b" \x1b[2J'))
    /a\n\"b\" \x1b[2J
    """
    if text in SAFE_TEXTS:
        return text
    if text.isprintable() and '"' not in text and "\\" not in text and len(text) <= MAX_LENGTH:
        if len(text) <= _MAX_SAFE_TEXT_LENGTH and len(SAFE_TEXTS) < _MAX_SAFE_TEXTS:
            SAFE_TEXTS.add(text)
        return text
    cut = text[:MAX_LENGTH]
    kept = "".join([_escape(character) for character in cut])
    return kept if len(cut) == len(text) else f"{kept}... ({len(text)} characters)"


def one_line(text: str) -> str:
    r"""Return the text with every character that is not printable as its escape, quotes left as they are.

    >>> print(one_line('said "hi"\r\n'))
    said "hi"\r\n
    """
    if text.isprintable():
        return text
    return "".join([character if character.isprintable() else _escape(character) for character in text])


_NAMED_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def _escape(character: str) -> str:
    named = _NAMED_ESCAPES.get(character)
    if named is not None:
        return named
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
