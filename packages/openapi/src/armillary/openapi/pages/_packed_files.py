"""Files inside the package, compressed if that saves something, as responses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from armillary.asgi_types import HTTPException
from armillary.concurrency import run_in_threadpool
from armillary.http import Request, Response, packed_response

FOREVER = "public, max-age=31536000, immutable"


class PackedFiles:
    """Serves files of a folder, each under its own name.

    Args:
        folder: the folder.
        media_types: the files and their media types; one that is there only with ".gz" added is compressed.
        kept: whether clients may keep the files for ever, as their URLs name the version.
    """

    def __init__(self, folder: Path, media_types: Mapping[str, str], *, kept: bool = True) -> None:
        self._cache_control = FOREVER if kept else "public, max-age=3600"
        self._folder = folder
        self._media_types = media_types

    async def show(self, request: Request[Any]) -> Response:
        """Respond with the file that the path parameter `file` names.

        Raises:
            HTTPException: 404, there is no such file.
        """
        name = request.path_params["file"]
        if name not in self._media_types:
            raise HTTPException(404, "The page has no such file.")
        headers = {"cache-control": self._cache_control, "x-content-type-options": "nosniff"}
        content, is_packed = await run_in_threadpool(content_of, self._folder / name)
        if is_packed:
            return await packed_response(request, content, headers, self._media_types[name])
        return Response(content, headers=headers, media_type=self._media_types[name])


@lru_cache(32)
def content_of(path: Path) -> tuple[bytes, bool]:
    """Return the content of a file, and whether it is the one that is compressed."""
    packed = path.with_name(f"{path.name}.gz")
    return (packed.read_bytes(), True) if packed.exists() else (path.read_bytes(), False)
