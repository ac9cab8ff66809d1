"""The Cookie header, read as browsers write it (RFC 6265bis section 5.8.3).

Browsers send more than the grammar of RFC 6265 allows, so nothing is rejected: every semicolon
ends a pair, even within quotes; a pair without `=` is the value of the cookie without a name; the
last of two equal names counts. Only space and tab are trimmed: trimming more would let a cookie
called "\\u00a0__Host-id" pass for "__Host-id". The work is linear in the header.
"""

from __future__ import annotations


def parse_cookies(header: str) -> dict[str, str]:
    """Return names and values of a Cookie header.

    Args:
        header: the value of the header; several headers joined by "; ".

    Returns:
        A new dict. The key "" holds a value that came without a name, whatever it contains.

    >>> parse_cookies('id=42; theme="dark"; =x=y')
    {'id': '42', 'theme': 'dark', '': 'x=y'}
    """
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.partition("=")
        if not equals:
            name, value = "", name
        name, value = name.strip(" \t"), value.strip(" \t")
        if name or value:
            cookies[name] = unquote_cookie(value) if value.startswith('"') else value
    return cookies


def parse_request_cookies(header: str) -> dict[str, str]:
    """Return the cookies of a Cookie header that was decoded as Latin-1.

    A name or value whose bytes are valid UTF-8 is read as that, since it is what browsers send.
    """
    cookies = parse_cookies(header)
    return cookies if header.isascii() and "\\" not in header else decode_utf8_cookies(cookies)


def find_request_cookie(header: bytes, name: bytes) -> str | None:
    """Return one value of what `parse_request_cookies` returns, without the others; None if it is not there.

    Args:
        header: the value of the header as it was received.
        name: a token, so not empty.

    >>> find_request_cookie(b"id=42; theme=dark", b"id")
    '42'
    """
    if header.find(name) < 0:  # by `find`, since `in` first takes the name for a number, which costs an exception
        return None
    found: bytes | None = None
    for pair in header.split(b";"):
        given, equals, value = pair.partition(b"=")
        if equals and given.strip(b" \t") == name:
            found = value
    if found is None:
        return None
    text = found.strip(b" \t").decode("latin-1")
    return _as_utf8(unquote_cookie(text) if text.startswith('"') else text)


def decode_utf8_cookies(cookies: dict[str, str]) -> dict[str, str]:
    """Return cookies that were decoded as Latin-1 with each name and value read as UTF-8, if its bytes are valid.

    >>> decode_utf8_cookies({"name": "\u00c3\u00a9", "old": "\u00e9"})
    {'name': 'é', 'old': 'é'}
    """
    return {_as_utf8(name): _as_utf8(value) for name, value in cookies.items()}


def _as_utf8(text: str) -> str:
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def unquote_cookie(value: str) -> str:
    r"""Return a cookie's value without its quotes, and with `\"`, `\\` and `\ooo` decoded.

    That is how `http.cookies` and its descendants write what the grammar does not allow. A value that is
    not wholly quoted is returned as it is.

    >>> unquote_cookie(r'"a\073b"')
    'a;b'
    """
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    head, *rest = value[1:-1].split("\\")
    if not rest:
        return head
    parts = [head]
    pieces = iter(rest)
    for piece in pieces:
        if not piece:
            # Two backslashes in a row: one of them, and what follows the second.
            parts.append("\\" + next(pieces, ""))
        elif len(piece) >= 3 and piece[0] in "0123" and piece[1] in "01234567" and piece[2] in "01234567":
            parts.append(chr(int(piece[:3], 8)) + piece[3:])
        else:
            parts.append(piece)
    return "".join(parts)
