"""The exception for a request that is rejected before it is run."""

from __future__ import annotations

from collections.abc import Mapping

from armillary.asgi_types import HTTPException


class RequestRejected(HTTPException):
    """A request was rejected before it was run; the client gets a GraphQL error.

    Args:
        status_code: the status, for a transport whose responses have one.
        detail: the message of the error.
        code: the `extensions.code` of the error.
        headers: further headers of the response.

    >>> RequestRejected(400, "No query.", code="BAD_REQUEST").error
    {'message': 'No query.', 'extensions': {'code': 'BAD_REQUEST'}}
    """

    def __init__(
        self, status_code: int, detail: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status_code, detail, headers)
        self.code = code

    @property
    def error(self) -> dict[str, object]:
        """The error as it is sent."""
        if self.code is None:
            return {"message": self.detail}
        return {"message": self.detail, "extensions": {"code": self.code}}
