"""The operations in the body or the query string of an HTTP request."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from armillary.datastructures import QueryParams, parse_media_type
from armillary.http import Request, decode_json

from ._operation import Operation, read_operation
from ._request_rejected import RequestRejected
from ._upload_map import place_files

PREFLIGHTED_HEADERS = ("graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name")
"""Headers that make a cross-origin request preflighted."""


@lru_cache(maxsize=64)
def _media_type(content_type: str) -> tuple[str, str]:
    essence, parameters = parse_media_type(content_type)
    return essence, parameters.get("charset", "utf-8").lower()


async def read_body(request: Request[Any], uploads: bool) -> object:
    """Return the decoded JSON value of a POST, with the files of a form inserted.

    Raises:
        RequestRejected: 415, another media type; 400, a form without `operations` or without a header
            that makes it preflighted.
        HTTPException: 400, it is not JSON; 413, it is too large.
    """
    essence, charset = _media_type(request.headers.get("content-type", ""))
    if essence == "application/json":
        if charset not in ("utf-8", "utf8"):
            raise RequestRejected(415, f"Send JSON in UTF-8 (RFC 8259), not in {charset!r}.")
        return await request.json(any_media_type=True)
    if essence == "multipart/form-data" and uploads:
        return await _read_form(request)
    accepted = "application/json or multipart/form-data" if uploads else "application/json"
    what = f"not as {essence!r}" if essence else "with that Content-Type"
    raise RequestRejected(415, f"Send GraphQL requests as {accepted}, {what}.")


async def _read_form(request: Request[Any]) -> object:
    """Read a form of the GraphQL multipart request specification."""
    if not any(request.headers.get(name) for name in PREFLIGHTED_HEADERS):
        raise RequestRejected(
            400, "A form needs the header `GraphQL-Require-Preflight: 1`, which other sites cannot send."
        )
    form = await request.form()
    operations, file_map = form.get("operations"), form.get("map")
    if not isinstance(operations, str) or not isinstance(file_map, str):
        raise RequestRejected(400, "A form needs the fields `operations` and `map`, in JSON.")
    values = _decode("operations", operations)
    return place_files(values, _decode("map", file_map), form)


def _decode(name: str, text: str) -> Any:
    try:
        return decode_json(text.encode())
    except (ValueError, RecursionError):
        raise RequestRejected(400, f"`{name}` is not valid JSON.") from None


def read_query(parameters: QueryParams) -> Operation:
    """Return the operation in a query string.

    Raises:
        RequestRejected: 400, a parameter is malformed.
    """
    value: dict[str, Any] = {}
    for name in ("query", "operationName", "documentId"):
        value[name] = parameters.get(name)
    for name in ("variables", "extensions"):
        text = parameters.get(name)
        value[name] = _decode(name, text) if text else None
    return read_operation(value)
