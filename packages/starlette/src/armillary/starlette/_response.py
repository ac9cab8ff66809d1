"""The base response with the behaviour that Starlette's tests require."""

from __future__ import annotations

import sys

from armillary import http

from .datastructures import MutableHeaders


class Response(http.Response):
    """A whole response.

    Unlike the native one it takes any status and any header, sends cookies that browsers drop, rejects `partitioned`
    below Python 3.14, and sends a denial response to a WebSocket whether the server announces the extension or not.
    """

    headers_class = MutableHeaders
    strict_arguments = False
    strict_cookies = False
    denial_without_extension = True

    def check_partitioned(self) -> None:
        """Raise `ValueError` below Python 3.14, whose `http.cookies` Starlette needs."""
        if sys.version_info < (3, 14):
            raise ValueError("Partitioned cookies are only supported in Python 3.14 and above.")
