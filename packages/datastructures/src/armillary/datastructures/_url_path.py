"""A path that remembers which protocol and host it is reached by."""

from __future__ import annotations

from ._authority import split_authority
from ._percent import ENCODED_PATH_SAFE, percent_encode_text
from ._url import URL, compose_url

_SCHEMES = {
    ("http", False): "http",
    ("http", True): "https",
    ("websocket", False): "ws",
    ("websocket", True): "wss",
}


class UnknownProtocol(ValueError, AssertionError):
    """A protocol that no route serves: a `ValueError`, and the `AssertionError` that Starlette raises."""


class URLPath(str):
    """The path of a route, as reversing a route's name gives it.

    Args:
        path: the path, percent-encoded if needed.
        protocol: "http" or "websocket"; "" if the route serves any.
        host: the host the route is bound to; "" if it is bound to none.

    >>> URLPath("/ws", protocol="websocket").make_absolute_url("https://example.org/app/")
    URL('wss://example.org/app/ws')
    """

    protocol: str
    host: str

    def __new__(cls, path: str, protocol: str = "", host: str = "") -> URLPath:
        """Make a path; `ValueError` for another protocol."""
        if protocol not in ("", "http", "websocket"):
            raise UnknownProtocol(f"protocol must be 'http', 'websocket' or '', not {protocol!r}")
        self = super().__new__(cls, path)
        self.protocol = protocol
        self.host = host
        return self

    def __reduce__(self) -> tuple[type[URLPath], tuple[str, str, str]]:
        return type(self), (str(self), self.protocol, self.host)

    def make_absolute_url(self, base_url: str | URL) -> URL:
        """Return this path below a base URL.

        Args:
            base_url: gives scheme, host and the path in front; its query is left out. The scheme
                follows the protocol (http or ws, https or wss), the host follows `host`.

        Returns:
            An absolute URL of the base's class, with what a path may not contain percent-encoded.
        """
        base = base_url if isinstance(base_url, URL) else URL(str(base_url))
        scheme = _SCHEMES[self.protocol, base.is_secure] if self.protocol else base.scheme
        path = percent_encode_text(base.path.rstrip("/") + self, ENCODED_PATH_SAFE)
        return type(base)(compose_url(scheme, self.host or base.netloc, path, "", ""))

    def with_port_of(self, base_url: URL) -> URLPath:
        """Return this path with the port of a URL behind its host; itself if it has a port or no host.

        Args:
            base_url: the URL of a request; what it has no port of has the scheme's.
        """
        port = split_authority(base_url.netloc).port
        if not self.host or not port or split_authority(self.host).port:
            return self
        return type(self)(self, self.protocol, f"{self.host}:{port}")
