"""Second readings of what headers are made of: by one regular expression each, and sharing no code with ours."""

from __future__ import annotations

import re

NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
QUOTED = r'"(?:[^"\\]|\\.)*"'


def parts(text: str, separator: str) -> list[str]:
    """Return what is between separators outside of quoted strings; a quote that is never closed reaches to the end."""
    part = rf'(?:[^"{separator}]|"(?:[^"\\]|\\.)*(?:"|\\?\Z))*'
    found = [match[0].strip(" \t") for match in re.finditer(part, text, re.DOTALL)]
    return [each for each in found if each]


def unquoted(text: str) -> str:
    """Return what a quoted string holds; other text as it is."""
    if len(text) < 2 or not text.startswith('"') or not text.endswith('"'):
        return text
    return re.sub(r"\\(.|\Z)", lambda escape: escape[1] or "\\", text[1:-1], flags=re.DOTALL)


def parameter(text: str) -> tuple[str, str] | None:
    """Return a parameter's name in lower case and its value; None without a name or a `=`."""
    match = re.fullmatch(r"[ \t]*(.*?)[ \t]*=(.*)", text, re.DOTALL)
    if match is None or "=" in match[1] or not match[1]:
        return None
    return match[1].lower(), unquoted(match[2].strip(" \t"))


def percent_decoded(text: bytes) -> str:
    """Decode as the WHATWG URL standard does in sections 1.3 and 5.1, one byte after the other; `+` is a space."""
    decoded = bytearray()
    place = 0
    digits = b"0123456789abcdefABCDEF"
    while place < len(text):
        escape = text[place + 1 : place + 3]
        if text[place : place + 1] == b"%" and len(escape) == 2 and escape[0] in digits and escape[1] in digits:
            decoded.append(int(escape, 16))
            place += 3
        else:
            decoded += b" " if text[place : place + 1] == b"+" else text[place : place + 1]
            place += 1
    return decoded.decode("utf-8", "replace")


def form_pairs(text: bytes) -> list[tuple[str, str]]:
    """Return the pairs of a form or query, by the WHATWG URL standard, section 5.1."""
    pairs = [pair.partition(b"=") for pair in text.split(b"&") if pair]
    return [(percent_decoded(name), percent_decoded(value)) for name, _, value in pairs]
