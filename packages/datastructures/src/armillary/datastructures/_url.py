"""A URL, from text, from parts, or from an ASGI scope.

From a scope, the path is the one that was routed and nothing else: delimiters in it are
percent-encoded, and the host is that of a single well-formed Host header or the server's own
address. No header can therefore move the boundary between host, path and query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ._authority import (
    bracketed,
    encoded_userinfo,
    requested_authority,
    server_authority,
    split_authority,
)
from ._host import MAX_HOST_LENGTH, MAX_PORT
from ._multidict import MultiDict
from ._percent import ENCODED_PATH_SAFE, PATH_SAFE, QUERY_SAFE, percent_decode, percent_encode, percent_encode_text
from ._query_params import parse_query

if TYPE_CHECKING:
    from urllib.parse import SplitResult

Parts = tuple[str, str, str, str, str]

MAX_PORT_DIGITS = MAX_HOST_LENGTH
"""Leading zeros are allowed, but reading a number of n digits takes more than n steps."""

_MASK = "********"
_PART_NAMES = ("scheme", "netloc", "path", "query", "fragment")
_AUTHORITY_PARTS = frozenset(("username", "password", "hostname", "port"))


def compose_url(scheme: str, netloc: str, path: str, query: str, fragment: str) -> str:
    """Return the text of a URL, so that splitting it gives these parts back."""
    if netloc:
        separator = "/" if path and path[0] != "/" else ""
        text = f"{scheme}://{netloc}{separator}{path}" if scheme else f"//{netloc}{separator}{path}"
    else:
        # Without an authority, a second slash would start one.
        path = "/%2F" + path[2:] if path[:2] == "//" else path
        text = f"{scheme}:{path}" if scheme else path
    if query:
        text = f"{text}?{query}"
    return f"{text}#{fragment}" if fragment else text


class URL:
    """A URL, compared and hashed as its text.

    Args:
        url: the text of a URL, absolute or relative.
        scope: an HTTP or WebSocket scope to take the URL from.
        **components: parts to replace, as in `replace`.

    Raises:
        TypeError: when both url and scope are given, or an unknown component.

    >>> url = URL("https://example.org:8443/a?page=1")
    >>> url.hostname, url.port, url.path, url.query
    ('example.org', 8443, '/a', 'page=1')
    >>> url.replace(scheme="http", port=None)
    URL('http://example.org/a?page=1')
    """

    __slots__ = ("__weakref__", "_parts", "_text")

    misuse_error: ClassVar[type[Exception]] = TypeError
    """What arguments raise that exclude each other."""

    takes_changes: ClassVar[bool] = True
    """Whether components may be given beside what they change."""

    _parts: Parts | None
    _text: str | None

    def __init__(self, url: str = "", scope: Mapping[str, Any] | None = None, **components: Any) -> None:
        if scope is not None:
            if url:
                raise self.misuse_error("give url or scope, not both")
            self._text = None
            self._parts = self.parts_of_scope(scope)
        else:
            self._text = url
            self._parts = None
        if components:
            if (url or scope is not None) and not self.takes_changes:
                raise self.misuse_error("give url, scope or components; to change some of a URL, call its replace")
            replaced = self.replace(**components)
            self._text, self._parts = replaced._text, replaced._parts

    @classmethod
    def parts_of_scope(cls, scope: Mapping[str, Any]) -> Parts:
        """Return scheme, authority, path, query and fragment of the URL a scope was made from."""
        scheme = scope.get("scheme") or ("ws" if scope.get("type") == "websocket" else "http")
        netloc = cls.requested_authority(scope.get("headers", ())) or server_authority(scope.get("server"), scheme)
        path = cls.encode_path(scope.get("path", ""), scope.get("raw_path"))
        if path and path[0] != "/":
            path = "/" + path
        query = scope.get("query_string")
        if query:
            query = percent_encode(query, QUERY_SAFE)
        if netloc:
            return (scheme, netloc, path, query or "", "")
        return ("", "", "/%2F" + path[2:] if path[:2] == "//" else path, query or "", "")

    @staticmethod
    def requested_authority(headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Return the authority that the headers of a scope name, "" for none; override to take other hosts."""
        return requested_authority(headers)

    @classmethod
    def encode_path(cls, path: str, raw_path: bytes | None) -> str:
        """Return the path of a scope as its URL shows it; override to show it otherwise.

        Args:
            path: the decoded path, which is the one that is routed.
            raw_path: the path as the client sent it. It is used if it decodes to `path`, so that
                an encoded slash stays one.
        """
        if raw_path and b"%" in raw_path and not raw_path.translate(None, ENCODED_PATH_SAFE):
            sent = raw_path.decode("ascii")
            if percent_decode(sent) == path:
                return sent
        return percent_encode_text(path, PATH_SAFE)

    def _split(self) -> Parts:
        parts = self._parts
        if parts is None:
            from urllib.parse import urlsplit

            parts = self._parts = tuple(urlsplit(self._text or ""))  # type: ignore[assignment]
        return parts  # type: ignore[return-value]

    @property
    def components(self) -> SplitResult:
        """The five parts, as `urllib.parse.urlsplit` returns them."""
        from urllib.parse import SplitResult

        return SplitResult(*self._split())

    @property
    def scheme(self) -> str:
        """The scheme in lower case, "" if there is none."""
        return self._split()[0]

    @property
    def netloc(self) -> str:
        """The authority: user, host and port as written."""
        return self._split()[1]

    @property
    def path(self) -> str:
        """The path, percent-encoded."""
        return self._split()[2]

    @property
    def query(self) -> str:
        """The query without its `?`, percent-encoded."""
        return self._split()[3]

    @property
    def fragment(self) -> str:
        """The fragment without its `#`."""
        return self._split()[4]

    @property
    def username(self) -> str | None:
        """The user name before the host."""
        return split_authority(self.netloc).username

    @property
    def password(self) -> str | None:
        """The password before the host."""
        return split_authority(self.netloc).password

    @property
    def hostname(self) -> str | None:
        """The host in lower case, an IP literal without its brackets; None if there is none."""
        host = split_authority(self.netloc).host.lower()
        return host.removeprefix("[").removesuffix("]") or None

    @property
    def port(self) -> int | None:
        """The port; None if there is none.

        Raises:
            ValueError: if the port is not a number from 0 to 65535.
        """
        text = split_authority(self.netloc).port
        if not text:
            return None
        port = int(text) if len(text) <= MAX_PORT_DIGITS and text.isascii() and text.isdigit() else -1
        if not 0 <= port <= MAX_PORT:
            raise ValueError(f"the port of a URL must be a number from 0 to {MAX_PORT}, not {text!r}")
        return port

    @property
    def is_secure(self) -> bool:
        """Whether the scheme is https or wss."""
        return self.scheme in ("https", "wss")

    def replace(self, **components: Any) -> URL:
        """Return a URL with some parts replaced.

        Args:
            **components: any of `scheme netloc path query fragment`, and of the authority's
                `username password hostname port`. None removes a part of the authority.

        Raises:
            TypeError: for an unknown component.
            ValueError: for a hostname that would spill over into the path.

        >>> URL("http://[::1]/").replace(port=8000, username="me")
        URL('http://me@[::1]:8000/')
        """
        if not _AUTHORITY_PARTS.isdisjoint(components):
            components["netloc"] = self._replaced_authority(components)
        parts = list(self._split())
        for name, value in components.items():
            if name in _PART_NAMES:
                parts[_PART_NAMES.index(name)] = "" if value is None else str(value)
            elif name not in _AUTHORITY_PARTS:
                raise TypeError(f"a URL has no component {name!r}")
        return type(self)(self.compose(*parts))

    @staticmethod
    def compose(scheme: str, netloc: str, path: str, query: str, fragment: str) -> str:
        """Return the text of a URL whose parts were replaced; override to write it otherwise."""
        return compose_url(scheme, netloc, path, query, fragment)

    def _replaced_authority(self, components: dict[str, Any]) -> str:
        present = split_authority(components.get("netloc") or self.netloc)
        changed: dict[str, Any] = {}
        for name in ("username", "password"):
            if name in components:
                changed[name] = encoded_userinfo(components[name])
        if "hostname" in components:
            changed["host"] = bracketed(components["hostname"] or "")
        if "port" in components:
            port = components["port"]
            changed["port"] = None if port is None else str(int(port))
        return str(present._replace(**changed))

    def _with_params(self, params: MultiDict[str, str]) -> URL:
        from urllib.parse import urlencode

        return self.replace(query=urlencode(params.multi_items()))

    def include_query_params(self, **params: Any) -> URL:
        """Return a URL with these query parameters set, the others kept.

        >>> URL("/?page=1&tag=a").include_query_params(page=2)
        URL('/?tag=a&page=2')
        """
        present = MultiDict(parse_query(self.query))
        present.update({name: str(value) for name, value in params.items()})
        return self._with_params(present)

    def replace_query_params(self, **params: Any) -> URL:
        """Return a URL with these query parameters and no others."""
        return self._with_params(MultiDict({name: str(value) for name, value in params.items()}))

    def remove_query_params(self, keys: str | Sequence[str]) -> URL:
        """Return a URL without the named query parameters."""
        present = MultiDict(parse_query(self.query))
        for key in (keys,) if isinstance(keys, str) else keys:
            present.pop(key)
        return self._with_params(present)

    def __str__(self) -> str:
        text = self._text
        if text is None:
            text = self._text = compose_url(*self._split())
        return text

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        shown = str(self)
        if "@" in shown:
            try:
                shown = str(self.replace(password=_MASK)) if self.password else shown
            except ValueError:
                # What cannot be split may hold a password anywhere in front of the last "@".
                shown = _MASK + shown[shown.rindex("@") :]
        return f"{type(self).__name__}({shown!r})"
