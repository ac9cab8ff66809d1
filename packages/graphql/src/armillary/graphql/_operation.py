"""What a client asks to run."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from ._refusal import Refusal


class Operation(NamedTuple):
    """One request for an operation, as it was sent (GraphQL over HTTP, section 5.1).

    Args:
        query: the document; None where a persisted one is meant.
        variables: their values by name.
        operation_name: which operation of the document to run.
        extensions: whatever the client adds.
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
        Refusal: 400, a member is of the wrong type.

    >>> read_operation({"query": "{ hello }"}).query
    '{ hello }'
    """
    if not isinstance(value, dict):
        raise Refusal(400, "A GraphQL request must be a JSON object with a `query`.")
    members = cast("dict[str, Any]", value)
    get = members.get
    query, variables, name, extensions = get("query"), get("variables"), get("operationName"), get("extensions")
    document_id = get("documentId")
    if query is not None and not isinstance(query, str):
        raise Refusal(400, "`query` must be a string: a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise Refusal(400, "`variables` must be an object of values by name.")
    if name is not None and not isinstance(name, str):
        raise Refusal(400, "`operationName` must be a string.")
    if extensions is not None and not isinstance(extensions, dict):
        raise Refusal(400, "`extensions` must be an object.")
    if document_id is not None and not isinstance(document_id, str):
        raise Refusal(400, "`documentId` must be a string.")
    return Operation(query, variables, name or None, extensions, document_id)
