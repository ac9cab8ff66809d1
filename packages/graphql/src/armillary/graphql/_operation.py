"""One operation as a client requests it."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from ._request_rejected import RequestRejected


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
