"""Text in which nothing acts on the reader's screen.

Exception messages repeat what clients sent. Control characters drive terminals, bidirectional
ones reorder source on a page, and lone surrogates cannot be encoded; each is shown as its escape.
"""

from __future__ import annotations

import re
from typing import Final

# C0 and C1 controls but tab and line feed, zero-width and bidirectional controls, separators, lone surrogates.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def visible_text(text: str) -> str:
    r"""Return the text with invisible and controlling characters written as escapes.

    >>> print(visible_text("a\x1b[31mb\u202ec"))
    a\x1b[31mb\u202ec
    """
    return _INVISIBLE.sub(_escape, text)
