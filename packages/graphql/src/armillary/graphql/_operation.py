"""One operation as a client requests it, and the exception for a request that is rejected before it is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from armillary.asgi_types import HTTPException, reason_phrase


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


def sentence_of(exc: HTTPException) -> str:
    """Return the detail of an exception if it is text, else the phrase of its status."""
    return exc.detail if isinstance(exc.detail, str) else reason_phrase(exc.status_code, "")


def error_of(exc: HTTPException) -> dict[str, object]:
    """Return an exception as an error of GraphQL, whose message is always text.

    >>> error_of(HTTPException(403, {"missing": "scope"}))
    {'message': 'Forbidden', 'extensions': {'detail': {'missing': 'scope'}}}
    """
    if isinstance(exc, RequestRejected):
        return exc.error
    if isinstance(exc.detail, str):
        return {"message": exc.detail}
    return {"message": sentence_of(exc), "extensions": {"detail": exc.detail}}


class Operation(NamedTuple):
    """One request for an operation, as it was sent (GraphQL over HTTP, section 5.1).

    Args:
        query: the document; None to run a persisted one.
        variables: their values by name.
        operation_name: which operation of the document to run.
        extensions: further members by the client.
        document_id: the id of a trusted document.
    """

    query: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None


def read_operation(value: object) -> Operation:
    """Return the operation that a decoded JSON value asks for.

    Raises:
        RequestRejected: 400, a member is of the wrong type.

    >>> read_operation({"query": "{ hello }"}).query
    '{ hello }'
    """
    if not isinstance(value, dict):
        raise RequestRejected(400, "A GraphQL request must be a JSON object with a `query`.")
    members = cast("dict[str, Any]", value)
    get = members.get
    query, variables, name, extensions = get("query"), get("variables"), get("operationName"), get("extensions")
    document_id = get("documentId")
    if query is not None and not isinstance(query, str):
        raise RequestRejected(400, "`query` must be a string: a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise RequestRejected(400, "`variables` must be an object of values by name.")
    if name is not None and not isinstance(name, str):
        raise RequestRejected(400, "`operationName` must be a string.")
    if extensions is not None and not isinstance(extensions, dict):
        raise RequestRejected(400, "`extensions` must be an object.")
    if document_id is not None and not isinstance(document_id, str):
        raise RequestRejected(400, "`documentId` must be a string.")
    return Operation(query, variables, name or None, extensions, document_id)
