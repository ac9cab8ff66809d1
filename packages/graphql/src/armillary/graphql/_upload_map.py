"""Files of a form, inserted by its map (GraphQL multipart request specification)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from armillary.http import UploadFile

from ._request_rejected import RequestRejected

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
