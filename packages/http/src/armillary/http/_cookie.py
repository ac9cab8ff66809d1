"""The `set-cookie` header (RFC 6265 and draft-ietf-httpbis-rfc6265bis)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ._http_date import format_http_date, parse_http_date

if TYPE_CHECKING:
    from datetime import datetime

_LETTERS_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_NAME_CHARACTERS = frozenset(_LETTERS_DIGITS + "!#$%&'*+-.^_`|~")
_UNQUOTED_CHARACTERS = _NAME_CHARACTERS | {":"}
_DOMAIN_CHARACTERS = frozenset(_LETTERS_DIGITS + "-.")
_QUOTED_CHARACTERS = frozenset(_LETTERS_DIGITS + "!#$%&'*+-.^_`|~: ()/<=>?@[]{}")
_EMPTY = '""'  # as `http.cookies` writes it
_SAME_SITE_VALUES = ("lax", "strict", "none")
_MAX_NAME_AND_VALUE = 4096
_MAX_ATTRIBUTE_SIZE = 1024


def format_cookie(
    key: str,
    value: str,
    *,
    max_age: int | None,
    expires: datetime | str | int | None,
    path: str | None,
    domain: str | None,
    secure: bool,
    httponly: bool,
    samesite: str | None,
    partitioned: bool,
    strict: bool,
) -> bytes:
    """Return the value of a `set-cookie` header; see `Response.set_cookie`.

    Args:
        strict: also reject what is safe to send but a browser would drop.
    """
    _check_name(key, strict)
    if not isinstance(value, str):
        if strict:
            raise TypeError(f"cookie {key!r}: its value must be str, not {type(value).__name__}: {value!r}")
        value = str(value)
    parts = [f"{key}={_encode_value(key, value) if value or strict else _EMPTY}"]
    if domain:
        parts.append(f"Domain={_check_domain(key, domain, strict)}")
    if expires is not None and expires != "":
        parts.append(f"expires={_format_expires(key, expires, strict)}")
    if httponly:
        parts.append("HttpOnly")
    if max_age is not None:
        parts.append(f"Max-Age={_check_max_age(key, max_age, strict)}")
    if partitioned:
        parts.append("Partitioned")
    if path:
        parts.append(f"Path={_check_path(key, path, strict)}")
    if samesite is not None:
        if samesite.lower() not in _SAME_SITE_VALUES:
            raise ValueError(f"cookie {key!r}: samesite={samesite!r} must be one of 'lax', 'strict', 'none', None")
        parts.append(f"SameSite={samesite}")
    if secure:
        parts.append("Secure")
    if strict:
        _check_acceptable(key, parts[0], path, domain, secure, samesite, partitioned)
    return "; ".join(parts).encode("latin-1")


def _check_name(key: str, strict: bool) -> None:
    if not isinstance(key, str):
        raise TypeError(f"the name of a cookie must be str, not {type(key).__name__}; write set_cookie(name, value)")
    if not key or not (_NAME_CHARACTERS if strict else _UNQUOTED_CHARACTERS).issuperset(key):
        raise ValueError(f"cookie name {key!r} is not a token: letters, digits and !#$%&'*+-.^_`|~ only")


def _encode_value(key: str, value: str) -> str:
    if _UNQUOTED_CHARACTERS.issuperset(value):
        return value
    return '"' + "".join([_escape(key, character) for character in value]) + '"'


def _escape(key: str, character: str) -> str:
    if character in _QUOTED_CHARACTERS:
        return character
    if character in '"\\':
        return f"\\{character}"
    code = ord(character)
    if code < 32 or code == 127 or code > 255:
        raise ValueError(f"cookie {key!r}: its value contains {character!r}; percent-encode or base64 it first")
    return f"\\{code:03o}"


def _check_domain(key: str, domain: str, strict: bool) -> str:
    if ";" in domain or not domain.isascii() or not domain.isprintable():
        raise ValueError(f"cookie {key!r}: domain={domain!r} is not a host name; write it in ASCII (punycode)")
    if not strict:
        return domain
    if not _DOMAIN_CHARACTERS.issuperset(domain) or ".." in domain or domain == ".":
        raise ValueError(f"cookie {key!r}: domain={domain!r} is not a host name")
    return domain


def _check_path(key: str, path: str, strict: bool) -> str:
    if ";" in path or not path.isprintable() or (strict and not path.isascii()):
        raise ValueError(f"cookie {key!r}: path={path!r} must be printable ASCII without ';'; percent-encode the rest")
    if strict and not path.startswith("/"):
        raise ValueError(f"cookie {key!r}: path={path!r} must start with '/'")
    return path


def _check_max_age(key: str, max_age: object, strict: bool) -> str:
    text = str(max_age)
    whole = isinstance(max_age, int) and not isinstance(max_age, bool)
    if not whole and (strict or not _NAME_CHARACTERS.issuperset(text)):
        raise ValueError(f"cookie {key!r}: max_age={max_age!r} must be a whole number of seconds")
    return text


def _format_expires(key: str, expires: datetime | str | int, strict: bool) -> str:
    if isinstance(expires, str):
        if ";" in expires or not expires.isascii() or not expires.isprintable():
            raise ValueError(f"cookie {key!r}: expires={expires!r} is not an HTTP date")
        if strict and parse_http_date(expires) is None:
            raise ValueError(f"cookie {key!r}: expires={expires!r} is not an HTTP date; pass an aware datetime")
        return expires
    if isinstance(expires, int):
        return format_http_date(time.time() + expires)
    if not hasattr(expires, "tzinfo"):
        allowed = "an aware datetime, an HTTP date or a whole number of seconds"
        raise TypeError(f"cookie {key!r}: expires={expires!r} must be {allowed}")
    if expires.tzinfo is None:
        raise ValueError(f"cookie {key!r}: expires={expires!r} has no time zone; pass an aware datetime")
    return format_http_date(expires.timestamp())


def _check_acceptable(
    key: str,
    pair: str,
    path: str | None,
    domain: str | None,
    secure: bool,
    samesite: str | None,
    partitioned: bool,
) -> None:
    prefix = key[:9].lower()
    if prefix.startswith("__host-") and (not secure or domain or path != "/"):
        raise ValueError(f"cookie {key!r}: the prefix __Host- demands secure=True, path='/' and domain=None")
    if not secure:
        if prefix == "__secure-":
            raise ValueError(f"cookie {key!r}: the prefix __Secure- demands secure=True")
        if samesite is not None and samesite.lower() == "none":
            raise ValueError(f"cookie {key!r}: browsers drop samesite='none' without secure=True")
        if partitioned:
            raise ValueError(f"cookie {key!r}: browsers drop partitioned=True without secure=True")
    if len(pair) - 1 > _MAX_NAME_AND_VALUE:
        raise ValueError(f"cookie {key!r}: {len(pair) - 1} bytes of name and value; browsers keep at most 4096")
    if len(path or "") > _MAX_ATTRIBUTE_SIZE or len(domain or "") > _MAX_ATTRIBUTE_SIZE:
        raise ValueError(f"cookie {key!r}: browsers ignore a path or domain over {_MAX_ATTRIBUTE_SIZE} bytes")
