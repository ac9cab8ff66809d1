"""Fields of requests, against readings by regular expressions; what was read and is written again is read the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from werkzeug.http import parse_cookie

from armillary.datastructures import (
    forwarded_hops,
    parse_accept,
    parse_cookies,
    parse_etags,
    parse_forwarded,
    parse_media_type,
)

from .references import NAME, QUOTED, parameter, parts, unquoted


def fuzz_accept(data: bytes) -> None:
    text = data.decode("latin-1")
    found = list(weighted_members(text))
    assert [tuple(member) for member in parse_accept(text)] == sorted(found, key=lambda member: -member[1])


def weighted_members(text: str) -> Iterator[tuple[str, float]]:
    """Yield the members of RFC 9110 section 12.4.2 with their weights, in the order received."""
    for member in parts(text, ","):
        value, _, rest = member.partition(";")
        value, parameters = value.rstrip(" \t"), parts(rest, ";")
        kept = [value.lower()]
        weight: float | None = 1.0
        for each in parameters:
            name, _, given = each.partition("=")
            if name.strip(" \t").lower() == "q":
                given = given.strip(" \t")
                weight = float(given) if re.fullmatch(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?", given) else None
                break
            kept.append(each)
        if value and weight is not None:
            yield ";".join(kept), weight


def fuzz_cookies(data: bytes) -> None:
    text = data.decode("latin-1")
    parsed = parse_cookies(text)
    assert parsed == dict(one_cookie_after_the_other(text))
    if data.isascii() and text.isprintable() and '"' not in text and all(map(_is_plain_cookie, text.split(";"))):
        theirs = dict(parse_cookie(text).items(multi=True))
        assert {name: value for name, value in parsed.items() if name} == theirs  # which knows no nameless one


def _is_plain_cookie(pair: str) -> bool:
    """Return whether Werkzeug reads a cookie; it drops those with a space in their names or values."""
    name, equals, value = pair.partition("=")
    return bool(equals) and " " not in name.strip(" ") and " " not in value.strip(" ")


def one_cookie_after_the_other(text: str) -> Iterator[tuple[str, str]]:
    """RFC 6265bis section 5.8.3 read backwards, and the escapes of `http.cookies` one character after the other."""
    for pair in text.split(";"):
        name, value = pair.split("=", 1) if "=" in pair else ("", pair)
        name, value = name.strip(" \t"), value.strip(" \t")
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = re.sub(r"\\([0-3][0-7]{2}|.|$)", _unescaped, value[1:-1], flags=re.DOTALL)
        if name or pair.strip(" \t=") or value:
            yield name, value


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 8)) if len(escape[1]) == 3 else escape[1] or "\\"


ETAG = re.compile(r'[ \t,]*(W/)?"([^\x00-\x20"\x7f]*)"(?=[ \t,]|\Z)')


def fuzz_etags(data: bytes) -> None:
    text = data.decode("latin-1")
    parsed = parse_etags(text)
    assert parsed.any == (text.strip(" \t") == "*")
    expected = []
    match = ETAG.match(text)
    while match:
        expected.append((match[2], match[1] is not None))
        match = ETAG.match(text, match.end())
    assert [tuple(tag) for tag in parsed.tags] == expected
    assert parse_etags(", ".join(map(str, parsed.tags))).tags == parsed.tags
    for tag in parsed.tags:
        assert parsed.matches_weakly(str(tag))
        assert parsed.matches_strongly(str(tag)) != tag.weak


def fuzz_media_type(data: bytes) -> None:
    text = data.decode("latin-1")
    essence, _, rest = text.partition(";")
    essence = essence.strip(" \t").lower()
    expected: dict[str, str] = {}
    for name, value in filter(None, map(parameter, parts(rest, ";"))):
        expected.setdefault(name, value)
    kind, parameters = parse_media_type(text)
    assert kind == (essence if re.fullmatch(f"{NAME}/{NAME}", essence) else "")
    assert parameters == expected
    if kind and all(re.fullmatch(NAME, name) for name in parameters):
        quoted = [f'{name}="{_escaped(value)}"' for name, value in parameters.items()]
        assert parse_media_type("; ".join([kind, *quoted])) == (kind, parameters)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def fuzz_forwarded(data: bytes) -> None:
    """Whatever the client's side holds, the proxy's element at the right end is read as it was written."""
    text = data.decode("latin-1")
    trusted = 'for="[2001:db8::1]:80";proto=https;host="a, b\\""'
    (expected,) = parse_forwarded(trusted)
    assert next(iter(forwarded_hops([f"{text}, {trusted}"]))) == expected
    assert next(iter(forwarded_hops([text, trusted]))) == expected
    elements = [forwarded_element(element) for element in parts(text, ",")]
    try:
        parsed = parse_forwarded(text)
    except ValueError:
        assert None in elements
        return
    assert [tuple(element) for element in parsed] == elements
    assert list(forwarded_hops([text])) == parsed[::-1]


def forwarded_element(text: str) -> tuple[str | None, ...] | None:
    """Return what one proxy says by RFC 7239 section 4: for, by, host and proto; None if it is malformed."""
    found: dict[str, str] = {}
    for pair in parts(text, ";"):
        match = re.fullmatch(f"({NAME})=({NAME}|{QUOTED})", pair, re.DOTALL)
        if match is None or match[1].lower() in found:
            return None
        found[match[1].lower()] = unquoted(match[2])
    return tuple(map(found.get, ("for", "by", "host", "proto")))
