"""The CORS decisions of the Fetch standard: values in, header fields out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ._origins import AllowedOrigins
from ._response_fields import Header, ResponseFields

TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
"""The characters of a header name, in lower case (RFC 9110 section 5.6.2)."""

NORMALIZED_METHODS = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"))
"""Methods that browsers write in upper case, however a page writes them (Fetch, section 2.2.1)."""
ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY")
SAFELISTED_HEADERS = frozenset({"Accept", "Accept-Language", "Content-Language", "Content-Type"})

PREFLIGHT_VARY = (
    b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network"
)


class Preflight:
    """What a browser asks before it sends a request.

    Args:
        origin: the value of Origin.
        method: the value of Access-Control-Request-Method.
        headers: the value of Access-Control-Request-Headers; None if there is none.
        private_network: whether Access-Control-Request-Private-Network is "true".
    """

    __slots__ = ("headers", "method", "origin", "private_network")

    def __init__(self, origin: str, method: str, headers: str | None = None, private_network: bool = False) -> None:
        self.origin: str = origin
        self.method: str = method
        self.headers: str | None = headers
        self.private_network: bool = private_network


class PreflightResponse:
    """Status 200 and "OK", or 400 and what is not allowed.

    Args:
        status: 200 or 400.
        headers: the fields of the response, Vary among them.
        sentence: its body.
    """

    __slots__ = ("headers", "sentence", "status")

    def __init__(self, status: int, headers: list[Header], sentence: str) -> None:
        self.status: int = status
        self.headers: list[Header] = headers
        self.sentence: str = sentence

    def __repr__(self) -> str:
        return f"PreflightResponse({self.status}, {self.headers!r}, {self.sentence!r})"


class CORSPolicy:
    """Decides about preflights and the header fields of responses.

    Args:
        origins: the origins whose pages may read responses.
        allow_methods: methods they may use beyond what needs no permission; "*" for the usual ones.
        allow_headers: request headers they may set; "*" for any.
        allow_credentials: whether cookies and HTTP authentication may be sent along.
        allow_private_network: whether public pages may reach this server on a private network.
        expose_headers: response headers that pages may read.
        max_age: seconds for which browsers remember a preflight.

    Raises:
        TypeError: a string instead of a list; a max_age that is not an integer.
        ValueError: all origins, or a pattern of them all, together with credentials; a name that is not a
            header or method.
    """

    allows_any_origin_with_credentials = False
    """Whether `*`, or a regex of any host, and credentials may be combined: any site then acts as the user."""

    strict_arguments: ClassVar[bool] = True
    """Whether strings for lists, names that no header or method has, and a `max_age` that is no integer are errors."""

    rejects_with_all_fields: ClassVar[bool] = False
    """Whether a rejected preflight carries the fields of an allowed one beyond those of its origin."""

    def __init__(
        self,
        origins: AllowedOrigins,
        allow_methods: Sequence[str] = ("GET",),
        allow_headers: Sequence[str] = (),
        allow_credentials: bool = False,
        allow_private_network: bool = False,
        expose_headers: Sequence[str] = (),
        max_age: int = 600,
    ) -> None:
        if self.strict_arguments:
            check_tokens("allow_methods", allow_methods)
            for method in allow_methods:
                if method.islower() and method.upper() in NORMALIZED_METHODS:
                    raise ValueError(f"allow_methods: browsers ask for {method.upper()!r} and never for {method!r}")
            check_tokens("allow_headers", allow_headers)
            check_tokens("expose_headers", expose_headers)
            if not isinstance(max_age, int) or isinstance(max_age, bool):
                raise TypeError(f"max_age is a number of seconds, got {max_age!r}")
        if origins.allows_foreign and allow_credentials and not self.allows_any_origin_with_credentials:
            given = "allow_origins=['*']" if origins.any else "allow_origin_regex matches the origins of strangers and"
            raise ValueError(
                f"{given} with allow_credentials=True lets every site act as the user who is logged in; "
                r"name the origins, or write their domain into the regex: 'https://[a-z0-9-]+\.example\.com'"
            )
        self.origins = origins
        self.methods: Sequence[str] = ALL_METHODS if "*" in allow_methods else tuple(allow_methods)
        self.any_header: bool = "*" in allow_headers
        self.headers: list[str] = sorted(SAFELISTED_HEADERS | set(allow_headers))
        self.private_network = allow_private_network
        self._names_origin = allow_credentials or not origins.any
        self._fields_of_named: dict[bytes, ResponseFields] = {}
        self._lower_headers = frozenset(header.lower() for header in self.headers)
        self._credentials = [(b"access-control-allow-credentials", b"true")] if allow_credentials else []
        exposed = ", ".join(expose_headers).encode()
        self._simple = [*self._credentials, *([(b"access-control-expose-headers", exposed)] if exposed else [])]
        self._preflight = [
            (b"access-control-allow-methods", ", ".join(self.methods).encode()),
            (b"access-control-max-age", str(max_age).encode()),
            *self._credentials,
        ]

    def response_headers(self, origin: str) -> list[Header]:
        """Return the fields of a response to a page of this origin; empty if it may not read it."""
        return [self.allow_origin(origin), *self._simple] if self.origins.allow(origin) else []

    @property
    def simple_fields(self) -> list[Header]:
        """The fields of a response that are the same for every origin."""
        return self._simple

    def fields_for(self, origin: bytes) -> ResponseFields:
        """Return the fields of a response to a request with this Origin."""
        fields = self._fields_of_named.get(origin)
        if fields is None:
            text = origin.decode("latin-1")
            fields = ResponseFields(self.response_headers(text))
            if text in self.origins.named:
                self._fields_of_named[origin] = fields
        return fields

    def allow_origin(self, origin: str) -> Header:
        value = origin.encode("latin-1") if self._names_origin else b"*"
        return (b"access-control-allow-origin", value)

    def preflight_response(self, preflight: Preflight) -> PreflightResponse:
        """Return the response to a preflight (Fetch, section 4.8)."""
        fields = [(b"vary", PREFLIGHT_VARY)]
        disallowed: list[str] = []
        if self.origins.allow(preflight.origin):
            fields.append(self.allow_origin(preflight.origin))
        else:
            disallowed.append("origin")
        if preflight.method not in self.methods:
            disallowed.append("method")
        if not self.allows_headers(preflight.headers):
            disallowed.append("headers")
        if preflight.private_network:
            if self.private_network:
                fields.append((b"access-control-allow-private-network", b"true"))
            else:
                disallowed.append("private-network")
        allowed = [*fields, *self._preflight, *self.allow_headers(preflight.headers)]
        if disallowed:
            rejected = allowed if self.rejects_with_all_fields else fields
            return PreflightResponse(400, rejected, f"Disallowed CORS {', '.join(disallowed)}")
        return PreflightResponse(200, allowed, "OK")

    def allows_headers(self, requested: str | None) -> bool:
        if requested is None:
            return True
        names = [name.strip(" \t").lower() for name in requested.split(",")]
        if self.any_header:
            return all(TOKEN.issuperset(name) for name in names)
        # An empty item of a list is ignored (RFC 9110 section 5.6.1).
        return self._lower_headers.issuperset(filter(None, names))

    def allow_headers(self, requested: str | None) -> list[Header]:
        value = requested if self.any_header and requested is not None else ", ".join(self.headers)
        return [(b"access-control-allow-headers", value.encode("latin-1"))]


def check_tokens(parameter: str, values: Sequence[str]) -> None:
    if isinstance(values, str):
        raise TypeError(f"{parameter} is a list; write [{values!r}]")
    for value in values:
        if not value or not value.isascii() or any(character in value for character in " ,;:\r\n\0\t\"'/()"):
            raise ValueError(f"{parameter}: {value!r} cannot be the name of a {parameter.split('_')[1].rstrip('s')}")
