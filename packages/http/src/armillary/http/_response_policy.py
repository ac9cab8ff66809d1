"""What every response accepts, and how strictly: the policy that a subclass changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeAlias

from armillary.asgi_types import check_status_code
from armillary.datastructures import MutableHeaders, encode_headers

from ._content_type import RawHeader

HeaderFields: TypeAlias = Mapping[str, str]
"""Header names, in any case, to latin-1 values."""


def check_framing(name: str | bytes) -> None:
    """Raise `ValueError` for Transfer-Encoding: how a body is framed is the server's to say (RFC 9112 section 6.1)."""
    if name == b"transfer-encoding" or (isinstance(name, str) and name.lower() == "transfer-encoding"):
        raise ValueError(
            "headers contains 'transfer-encoding', which the server sets itself; leave it out, and use "
            "StreamingResponse for a body in pieces"
        )


class ResponseHeaders(MutableHeaders):
    """The headers of a response: they cannot be given what the server sets itself."""

    __slots__ = ()

    def __setitem__(self, key: str, value: str) -> None:
        check_framing(key)
        super().__setitem__(key, value)

    def append(self, key: str, value: str) -> None:
        """Add a line, keeping those of the same name (as `Set-Cookie` needs)."""
        check_framing(key)
        super().append(key, value)


class ResponsePolicy:
    """The policy of all responses: class attributes and methods that a subclass overrides.

    The drop-in for Starlette turns the strict ones off. Responses of files have more, see `FilePlanning`.
    """

    strict_arguments: ClassVar[bool] = True
    """Reject a status that cannot be sent and headers that are the server's to set, when the response is made."""

    strict_cookies: ClassVar[bool] = True
    """Reject cookies that browsers would drop, as well as those that are unsafe to send."""

    denial_without_extension: ClassVar[bool] = False
    """Send a WebSocket denial response even if the server does not announce the extension."""

    leaves_out_bodies: ClassVar[bool] = True
    """Leave out the body of a response to HEAD and of a status that has none; else that is the server's to do."""

    headers_class: ClassVar[type[MutableHeaders]] = ResponseHeaders
    """The class of `headers`."""

    def check_status(self, status_code: object) -> None:
        """Raise `TypeError` or `ValueError` for a status that cannot be sent, unless `strict_arguments` is off."""
        if self.strict_arguments and (type(status_code) is not int or not 100 <= status_code <= 599):
            check_status_code(status_code, f"; {type(self).__name__} takes it as its second argument")

    def encode_headers(self, headers: HeaderFields | None) -> list[RawHeader]:
        """Return the headers given to the response as raw headers.

        Raises:
            ValueError: one cannot be sent, or is Transfer-Encoding: how a body is framed is the server's to say
                (RFC 9112 section 6.1).
        """
        raw = encode_headers(headers)
        if raw and self.strict_arguments:
            for name, _ in raw:
                check_framing(name)
        return raw

    def check_partitioned(self) -> None:
        """Raise `ValueError` if cookies cannot be partitioned; by default they can."""
