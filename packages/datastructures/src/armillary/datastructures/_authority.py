"""The authority of a URL: `[user[:password]@]host[:port]` (RFC 3986 section 3.2)."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from ._host import MAX_HOST_LENGTH, MAX_PORT, is_ipv6, parse_host
from ._percent import USERINFO_SAFE, percent_encode_text

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

_FORBIDDEN_IN_HOST = frozenset("/?#@\\ \t\r\n\0")


class Authority(NamedTuple):
    """The parts of an authority as written: the host with its brackets, the port as text."""

    username: str | None
    password: str | None
    host: str
    port: str | None

    def __str__(self) -> str:
        userinfo = ""
        if self.username is not None or self.password is not None:
            password = "" if self.password is None else f":{self.password}"
            userinfo = f"{self.username or ''}{password}@"
        return f"{userinfo}{self.host}" + ("" if self.port is None else f":{self.port}")


def split_authority(netloc: str) -> Authority:
    """Split an authority; what comes after the last `@` is the host."""
    userinfo, at, hostinfo = netloc.rpartition("@")
    username, colon, password = userinfo.partition(":")
    closing = hostinfo.rfind("]") + 1
    host, port_colon, port = hostinfo[closing:].partition(":")
    return Authority(
        username if at else None,
        password if colon else None,
        hostinfo[:closing] + host,
        port if port_colon else None,
    )


def bracketed(host: str) -> str:
    """Return a host as an authority writes it: an IPv6 address in brackets.

    Raises:
        ValueError: if the host holds a character that would end the authority.
    """
    if not _FORBIDDEN_IN_HOST.isdisjoint(host):
        raise ValueError(f"invalid host {host!r}: it holds a character that ends a URL's host")
    return f"[{host}]" if host.count(":") > 1 and host[0] != "[" else host


def encoded_userinfo(text: str | None) -> str | None:
    """Return a user name or password with its delimiters percent-encoded."""
    return None if text is None else percent_encode_text(text, USERINFO_SAFE)


def requested_authority(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the Host header if there is exactly one and it is well-formed; else ""."""
    host = None
    for name, value in headers:
        if name == b"host":
            if host is not None:
                return ""
            host = value
    return authority_of_host(host) if host is not None and len(host) <= MAX_HOST_LENGTH else ""


@lru_cache(maxsize=256)
def authority_of_host(host: bytes) -> str:
    """Return a Host header as an authority, without an empty port; "" if it is malformed."""
    text = host.decode("latin-1")
    parsed = parse_host(text)
    if parsed is None or (parsed.port is not None and parsed.port > MAX_PORT):
        return ""
    return text.removesuffix(":")


def server_authority(server: object, scheme: str) -> str:
    """Return the authority of `scope["server"]`, without the scheme's default port.

    It is "" if there is no server, or if it is a Unix socket.
    """
    match server:
        case (str() as host, int() as port):
            pass
        case _:
            return ""
    if ":" in host and is_ipv6(host):
        host = f"[{host}]"
    if parse_host(host) is None:
        return ""
    return host if port == DEFAULT_PORTS.get(scheme) else f"{host}:{port}"
