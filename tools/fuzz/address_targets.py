"""Where a request goes: a host is one name and one port, and no part of a URL becomes another."""

from __future__ import annotations

import re
import socket
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

from armillary.datastructures import URL, QueryParams, parse_host, parse_query

from .references import form_pairs

FUTURE = re.compile(r"v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+")


def fuzz_host(data: bytes) -> None:
    text = data.decode("latin-1")
    parsed = parse_host(text)
    match = re.fullmatch(r"([A-Za-z0-9._-]+|\[([^\]]*)\])(?::([0-9]*))?", text)
    if match is None or len(text) > 300 or (match[2] is not None and not is_ip_literal(match[2])):
        assert parsed is None
        return
    assert parsed is not None
    assert parsed == (match[1].lower(), int(match[3]) if match[3] else None)


def is_ip_literal(text: str) -> bool:
    if FUTURE.fullmatch(text):
        return True
    try:
        socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        return False
    return True


def fuzz_url(data: bytes) -> None:
    """The path, the query and the Host header of a request, on a line each."""
    head, _, rest = data.partition(b"\n")
    query, _, tail = rest.partition(b"\n")
    path = "/" + head.decode("utf-8", "replace")
    scope = {
        "type": "http",
        "scheme": "http",
        "path": path,
        "query_string": query,
        "headers": [(b"host", tail)],
        "server": ("127.0.0.1", 80),
    }
    made = URL(scope=scope)
    given = parse_host(tail.decode("latin-1"))
    usable = given is not None and (given.port is None or given.port <= 65535)
    expected = (given.hostname, given.port) if given is not None and usable else ("127.0.0.1", None)
    assert (made.hostname, made.port) == expected
    assert (made.username, made.password, made.fragment) == (None, None, "")
    assert unquote_to_bytes(made.path) == path.encode()
    assert unquote_to_bytes(made.query) == unquote_to_bytes(query)
    again = urlsplit(str(made))
    assert tuple(again) == (made.scheme, made.netloc, made.path, made.query, "")
    assert again.hostname == expected[0]


def fuzz_query(data: bytes) -> None:
    text = data.decode("latin-1")
    parsed = parse_query(text)
    assert parsed == form_pairs(text.encode())
    assert parsed == parse_qsl(text, keep_blank_values=True)
    assert QueryParams(str(QueryParams(text))).multi_items() == parsed
