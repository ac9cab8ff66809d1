"""The base response Starlette's tests hold it to."""

from __future__ import annotations

import sys

from armillary import http

from .datastructures import MutableHeaders


class Response(http.Response):
    """A whole response.

    Unlike the native one it sends cookies that browsers drop, refuses `partitioned` below Python
    3.14, and answers a WebSocket handshake with a response whatever the server announces.
    """

    headers_class = MutableHeaders
    strict_cookies = False
    denial_without_extension = True

    def check_partitioned(self) -> None:
        """Raise `ValueError` below Python 3.14, whose cookies Starlette is made of."""
        if sys.version_info < (3, 14):
            raise ValueError("Partitioned cookies are only supported in Python 3.14 and above.")
