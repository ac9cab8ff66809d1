"""`starlette.staticfiles`."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from typing import Any

from armillary import staticfiles
from armillary.asgi_types import Scope
from armillary.staticfiles import NotModifiedResponse as NativeNotModifiedResponse, PathLike, StaticFileMixin

from .datastructures import URL
from .responses import FileResponse, Response

__all__ = ["NotModifiedResponse", "PathLike", "StaticFiles"]


class NotModifiedResponse(NativeNotModifiedResponse, Response):
    """A 304 that leaves out Last-Modified, as Starlette's does."""

    NOT_MODIFIED_HEADERS = ("cache-control", "content-location", "date", "etag", "expires", "vary")


class _StaticFileResponse(StaticFileMixin, FileResponse):
    """A file found by `StaticFiles`."""

    chunk_size = 256 * 1024


class StaticFiles(staticfiles.StaticFiles):
    """Serves the files below one or more directories, with Starlette's defaults.

    Unlike the native one it serves hidden files and any name the system allows, ignores If-Match,
    sends 401 on a permission error, resolves ".." inside the directory, redirects to an
    absolute URL and raises its 404 and 405.
    """

    file_response_class = _StaticFileResponse
    not_modified_response_class = NotModifiedResponse
    allows_no_directory = True
    closes_websockets = True
    handles_preconditions = False
    permission_error_status = 401
    portable_names = os.name == "nt"
    raises_http_exceptions = True

    def __init__(
        self,
        *,
        directory: PathLike | None = None,
        packages: Sequence[str | tuple[str, str]] | None = None,
        html: bool = False,
        check_dir: bool = True,
        follow_symlink: bool = False,
    ) -> None:
        options: dict[str, Any] = {"precompressed": False, "cache_control": None, "hidden_files": True}
        super().__init__(
            directory=directory,
            packages=packages,
            html=html,
            check_dir=check_dir,
            follow_symlink=follow_symlink,
            **options,
        )

    def get_path(self, scope: Scope) -> str:
        """Return the path of the file a request names, relative and normalised."""
        return posixpath.normpath(super().get_path(scope))

    def directory_location(self, scope: Scope) -> str:
        """Return the absolute URL of a directory that was asked for without its slash."""
        url = URL(scope=scope)
        return str(url.replace(path=url.path + "/"))
