"""Lists and parameters whose values may be quoted strings (RFC 9110 sections 5.6.1 to 5.6.6)."""

from __future__ import annotations


def split_quoted(text: str, separator: str) -> list[str]:
    """Split at a separator that is not within a quoted string; parts are trimmed, empty ones left out.

    >>> split_quoted('a, "b, c" , ,d', ",")
    ['a', '"b, c"', 'd']
    """
    parts = text.split(separator) if '"' not in text else _split_outside_quotes(text, separator)
    return [part for part in (part.strip(" \t") for part in parts) if part]


def _split_outside_quotes(text: str, separator: str) -> list[str]:
    parts: list[str] = []
    start = position = 0
    quoted = False
    while position < len(text):
        character = text[position]
        if character == '"':
            quoted = not quoted
        elif character == "\\" and quoted:
            position += 1
        elif character == separator and not quoted:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    parts.append(text[start:])
    return parts


def is_quoted_string(text: str) -> bool:
    r"""Return whether `text` is one quoted string from its first character to its last.

    >>> is_quoted_string(r'"a \"b\""'), is_quoted_string('"a"b"'), is_quoted_string(r'"a\"')
    (True, False, False)
    """
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return False
    # With the escaped backslashes removed, a backslash escapes whatever follows it.
    content = text[1:-1].replace("\\\\", "")
    return not content.endswith("\\") and '"' not in content.replace('\\"', "")


def unquote_string(text: str) -> str:
    r"""Return the content of a quoted string; text that is not one is returned as it is.

    >>> unquote_string(r'"a \"b\""'), unquote_string("plain")
    ('a "b"', 'plain')
    """
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    head, *rest = text[1:-1].split("\\")
    parts = [head]
    pieces = iter(rest)
    for piece in pieces:
        parts.append(piece if piece else "\\" + next(pieces, ""))
    return "".join(parts)


def parse_parameters(parts: list[str]) -> dict[str, str]:
    """Return `name=value` parameters: names in lower case, values unquoted, the first of equal names.

    A part without `=` or without a name is left out.
    """
    parameters: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.strip(" \t").lower()
        if name and equals:
            parameters.setdefault(name, unquote_string(value.strip(" \t")))
    return parameters
