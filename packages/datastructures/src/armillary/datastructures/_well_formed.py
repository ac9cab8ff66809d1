"""Text that may hold lone surrogates, which no encoding has: one rule for whatever is sent."""

from __future__ import annotations


def well_formed(text: str) -> str:
    """Return a text with U+FFFD for each lone surrogate, as `String.prototype.toWellFormed` of JavaScript does.

    Two halves of a pair become the character they stand for. Lone surrogates come from escapes in JSON and from the
    names of files and variables of the environment that are no UTF-8.

    >>> well_formed("caf\\ud800")
    'caf\ufffd'
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def encode_text(text: str, charset: str = "utf-8") -> bytes:
    """Return a text as bytes, with U+FFFD for each lone surrogate.

    Args:
        text: any text.
        charset: the encoding.

    Raises:
        UnicodeEncodeError: the charset has no other of its characters.

    >>> encode_text("caf\\ud800").decode()
    'caf\ufffd'
    """
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        return well_formed(text).encode(charset)
