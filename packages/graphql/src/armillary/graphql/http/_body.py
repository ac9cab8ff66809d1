"""The operations in the body or the query string of an HTTP request, and the files of a form."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from armillary.datastructures import QueryParams, parse_media_type
from armillary.http import Request, UploadFile
from armillary.serialization import decode_json, json_error

from .._operation import Operation, RequestRejected, read_operation

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
    body = text.encode("utf-8", "replace")
    try:
        return decode_json(body)
    except (ValueError, RecursionError) as exc:
        raise RequestRejected(400, json_error(exc, body, f"`{name}`").detail) from None


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


_MAX_PATHS = 1000


def place_files(operations: Any, file_map: Any, form: Mapping[str, Any]) -> Any:
    """Insert each file at the paths of its map, each of which must be null, and return the operations.

    Raises:
        RequestRejected: 400, the map is malformed, a file is missing, or a path does not lead to a null.

    >>> place_files({"variables": {"file": None}}, {}, {})
    {'variables': {'file': None}}
    """
    if not isinstance(file_map, dict):
        raise RequestRejected(400, "`map` must be a JSON object of paths by file.")
    if not isinstance(operations, dict | list):
        raise RequestRejected(400, "`operations` must be a GraphQL request, or a list of them.")
    placed = 0
    for name, paths in cast("dict[str, Any]", file_map).items():
        upload = form.get(name)
        if not isinstance(upload, UploadFile):
            raise RequestRejected(400, f"The form has no file {name!r}, which its `map` names.")
        if not isinstance(paths, list):
            raise RequestRejected(400, f"`map` must hold a list of paths for {name!r}.")
        listed: list[Any] = paths  # pyright: ignore[reportUnknownVariableType]
        for path in listed:
            placed += 1
            if placed > _MAX_PATHS:
                raise RequestRejected(400, f"`map` names more than {_MAX_PATHS} places.")
            if not isinstance(path, str) or not _place(operations, path.split("."), upload):
                raise RequestRejected(400, f"`map` names {path!r}, which is not a variable with the value null.")
    return cast("Any", operations)


def _place(operations: Any, keys: list[str], upload: UploadFile) -> bool:
    """Replace the null at a path among the variables by the file; return whether there was one."""
    if "variables" not in keys[: 2 if isinstance(operations, list) else 1]:
        return False
    place: Any = cast("Any", operations)
    for key in keys[:-1]:
        index = _index(place, key)
        if index is None:
            return False
        place = place[index]
    last = _index(place, keys[-1])
    if last is None or place[last] is not None:
        return False
    place[last] = upload
    return True


def _index(place: Any, key: str) -> Any:
    """Return the key or index that `key` names in an object or a list; None if there is none."""
    if isinstance(place, dict):
        return key if key in place else None
    if isinstance(place, list) and key.isascii() and key.isdigit() and len(key) < 7:
        members: list[Any] = place  # pyright: ignore[reportUnknownVariableType]
        return int(key) if int(key) < len(members) else None
    return None
