"""A request that is not run."""

from __future__ import annotations

from collections.abc import Mapping

from armillary.asgi_types import HTTPException


class Refusal(HTTPException):
    """A request that was refused before it was run; answered as a GraphQL error.

    Args:
        status_code: the status where the answer has one.
        detail: the message of the error.
        code: what `extensions.code` of the error is to say.
        headers: further headers of the answer.

    >>> Refusal(400, "No query.", code="BAD_REQUEST").error
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
