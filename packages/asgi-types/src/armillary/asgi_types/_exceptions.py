"""The exceptions one part raises and another handles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ._close_codes import check_close_code
from ._phrases import reason_phrase
from ._status_codes import check_status_code


class HTTPException(Exception):
    """Respond to the request with this status code.

    Raised anywhere below a function endpoint, an `ExceptionMiddleware` or an application, it
    becomes a response instead of a server error.

    Args:
        status_code: the status, from 100 to 599. Up to 999 is taken too, since programs for Starlette may send any.
        detail: a sentence for the client; by default the reason phrase of RFC 9110, such as
            "Not Found"; empty for a status that has none. Anything else than text, such as a dict, becomes the
            member `detail` of a JSON body.
        headers: extra response headers, such as `{"Allow": "GET"}`.

    Raises:
        TypeError, ValueError: the status cannot be sent.

    >>> str(HTTPException(404))
    '404: Not Found'
    """

    def __init__(self, status_code: int, detail: Any = None, headers: Mapping[str, str] | None = None) -> None:
        if type(status_code) is not int or not 100 <= status_code <= 999:
            check_status_code(status_code, "; HTTPException takes the status first, then the detail")
        self.status_code = status_code
        self.detail: Any = reason_phrase(status_code, "") if detail is None else detail
        self.headers = headers

    def __str__(self) -> str:
        return f"{self.status_code}: {self.detail}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(status_code={self.status_code!r}, detail={self.detail!r})"


class WebSocketException(Exception):
    """Close the WebSocket with this code.

    Args:
        code: a close code of RFC 6455 section 7.4, such as 1008 for a policy violation.
        reason: a sentence for the peer, at most 123 bytes of UTF-8; empty by default.

    Raises:
        TypeError: the code is not a number.
        ValueError: the code may not be sent, such as 1006.

    >>> str(WebSocketException(1008, "no token"))
    '1008: no token'
    """

    allows_any_code: ClassVar[bool] = False
    """Whether codes that may not be sent are left to the server."""

    def __init__(self, code: int, reason: str | None = None) -> None:
        if not self.allows_any_code:
            check_close_code(code)
        self.code: int = code
        self.reason: str = reason or ""

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}(code={self.code!r}, reason={self.reason!r})"


class ClientDisconnect(Exception):
    """The client disconnected before the request was read or the response was sent.

    No response can be sent any more. Applications let it pass; it is never a server error.
    """
