"""Finding the file of a request, and the response it gets. Everything here blocks, and runs in a worker thread."""

from __future__ import annotations

import os
from collections.abc import Sequence
from stat import S_ISDIR, S_ISREG
from typing import ClassVar, Literal

from armillary.asgi_types import HTTPException, Scope
from armillary.datastructures import Headers
from armillary.http import RedirectResponse, Response, received_conditions

from ._cache_control import IMMUTABLE, CachePolicy, hashed_immutable
from ._coding import Coding, is_compressible
from ._conditions import check_preconditions, condition_status
from ._content_digest import VERSION_LENGTH, content_digest, is_asked_by_version
from ._directories import PathLike, relative_to
from ._file_tree import find_file
from ._listing import list_entries, listing_response
from ._location import encode_name
from ._page_request import PAGE_REQUEST_VARY, is_page_request
from ._path_policy import PathPolicy
from ._static_file_response import NotModifiedResponse, StaticFileMixin, StaticFileResponse
from ._variant import find_variant

_READ_METHODS = ("GET", "HEAD")
_ALLOW_HEADER = {"Allow": "GET, HEAD"}


class FileFinder:
    """What `StaticFiles` does in a worker thread: from a path to a response.

    Attributes:
        all_directories: searched in order.
        html, listing, follow_symlink, etag: as of `StaticFiles`.
        codings: of the siblings to look for.
        cache_control: from a file's path to its header.
        path_policy: which paths may name a file.
    """

    all_directories: Sequence[PathLike]
    html: bool | Literal["spa"]
    listing: bool
    follow_symlink: bool
    codings: Sequence[Coding]
    cache_control: CachePolicy | None
    etag: Literal["mtime", "content"]
    path_policy: PathPolicy

    file_response_class: ClassVar[type[StaticFileMixin]] = StaticFileResponse
    not_modified_response_class: ClassVar[type[NotModifiedResponse]] = NotModifiedResponse
    listing_page_size: int = 500

    handles_preconditions: ClassVar[bool] = True
    """Send a 412 if If-Match or If-Unmodified-Since fails."""

    permission_error_status: ClassVar[int] = 404
    """The status if the operating system denies access."""

    def find_response(self, path: str, scope: Scope) -> Response:
        """Return what `get_response` does. Blocks."""
        if scope["method"] not in _READ_METHODS:
            raise HTTPException(405, headers=_ALLOW_HEADER)
        full_path, status = self._look_up(path)
        if status is not None and S_ISREG(status.st_mode):
            return self.file_response(full_path, status, scope)
        if status is not None and S_ISDIR(status.st_mode) and (self.html or self.listing):
            response = self._directory_response(path, scope)
            if response is not None:
                return response
        if self.html:
            return self._missing_page(path, scope)
        raise HTTPException(404)

    def _look_up(self, path: str) -> tuple[str, os.stat_result | None]:
        try:
            return self.lookup_path(path)
        except PermissionError:
            raise HTTPException(self.permission_error_status) from None

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return the full path and status of what a path names; "" and None if there is none. Blocks.

        Args:
            path: relative, with "/"; one that ends in "/" names no file.

        Raises:
            OSError: the system fails for another reason than a missing file.
        """
        segments = self.path_policy.segments(path)
        if segments is None:
            return "", None
        directories = [os.fspath(directory) for directory in self.all_directories]
        full_path, status = find_file(directories, segments, self.follow_symlink) or ("", None)
        if status is not None and path.endswith("/") and S_ISREG(status.st_mode):
            return "", None
        return full_path, status

    def version(self, path: str) -> str | None:
        """Return a text that changes with the content of a file, None if it is not served. Blocks.

        The response to a request with `?v=` and this text is immutable, under the default
        `cache_control`.

        Args:
            path: relative, with "/".
        """
        try:
            full_path, status = self.lookup_path(path)
            if status is None or not S_ISREG(status.st_mode):
                return None
            return content_digest(full_path, status)[:VERSION_LENGTH]
        except (FileNotFoundError, PermissionError):
            return None

    def _directory_response(self, path: str, scope: Scope) -> Response | None:
        inside = "" if path == "." else f"{path.rstrip('/')}/"
        full_path, status = self._look_up(f"{inside}index.html") if self.html else ("", None)
        indexed = status is not None and S_ISREG(status.st_mode)
        if not indexed and not self.listing:
            return None
        if not scope["path"].endswith("/"):
            return RedirectResponse(self.directory_location(scope))
        if status is not None and indexed:
            return self.file_response(full_path, status, scope)
        return self._listing_response(path, scope)

    def _listing_response(self, path: str, scope: Scope) -> Response:
        segments = self.path_policy.segments(path) or []
        entries = list_entries(self.all_directories, segments, self.follow_symlink, self.path_policy)
        return listing_response(entries, scope, self.listing_page_size, is_top=not segments)

    def _missing_page(self, path: str, scope: Scope) -> Response:
        page, status_code, vary = "404.html", 404, ""
        if self.html == "spa" and self.path_policy.segments(path) is not None:
            vary = PAGE_REQUEST_VARY
            if is_page_request(path, scope):
                page, status_code = "index.html", 200
        full_path, status = self._look_up(page)
        if status is None or not S_ISREG(status.st_mode):
            raise HTTPException(404, headers={"vary": vary} if vary else None)
        response = self.file_response(full_path, status, scope, status_code)
        if vary:
            response.headers.add_vary_header(vary)
        whole = response.whole if isinstance(response, NotModifiedResponse) else response
        if isinstance(whole, StaticFileMixin):
            whole.watched = ()  # the page of any path: it must not be remembered as the file at this one
        return response

    def directory_location(self, scope: Scope) -> str:
        """Return the location of a directory that was requested without its slash.

        It is relative to the request, so no path or Host header can make it lead elsewhere,
        and a proxy may remove a prefix.
        """
        name = scope["path"].rpartition("/")[2]
        query = scope.get("query_string", b"").decode("latin-1")
        return f"./{encode_name(name)}/" + (f"?{query}" if query else "")

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return the response of a file, or the one that its conditions require. Blocks.

        Args:
            full_path: where the file is.
            stat_result: its status.
            scope: of the request.
            status_code: conditions and ranges are for 200 alone.

        Raises:
            HTTPException: 412; 404 if the content is needed for a tag and cannot be read.
        """
        try:
            response = self.represent(os.fspath(full_path), stat_result, scope, status_code)
        except FileNotFoundError:  # deleted since it was found
            raise HTTPException(404) from None
        except PermissionError:  # its content may not be read for a digest
            raise HTTPException(self.permission_error_status) from None
        if status_code != 200:
            return response
        if self.handles_preconditions:
            check_preconditions(response, scope)
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            not_modified = self.not_modified_response_class(response.headers)
            not_modified.whole = response
            return not_modified
        return response

    def represent(self, full_path: str, stat_result: os.stat_result, scope: Scope, status_code: int) -> StaticFileMixin:
        """Return the response of a whole file or of its coded variant, with every header set. Blocks."""
        response: StaticFileMixin = self.file_response_class(full_path, status_code)
        variant = None
        if self.codings and is_compressible(response.media_type or ""):
            response.headers.add_vary_header("accept-encoding")
            variant = find_variant(full_path, stat_result, scope, self.codings, self.follow_symlink)
        if self.etag == "content":
            response.digest = content_digest
        cached = None
        if self.cache_control is not None:
            cached = self.cache_control(relative_to(self.all_directories, full_path))
        if self.cache_control is hashed_immutable and is_asked_by_version(full_path, stat_result, scope):
            cached = IMMUTABLE
        if cached is not None:
            response.headers["cache-control"] = cached
        watched = [(full_path, stat_result)]
        if variant is not None:
            response.take_variant(variant, stat_result)
            watched.insert(0, (variant.path, variant.status))
        sent = watched[0][1]
        response.stat_result = sent
        response.set_stat_headers(sent)
        response.watched = watched if status_code == 200 else ()
        return response

    def is_not_modified(self, response_headers: Headers, request_headers: Headers) -> bool:
        """Return whether the client's copy, by If-None-Match or If-Modified-Since, is still current."""
        conditions = received_conditions(request_headers.raw)
        if not conditions:
            return False
        for positive in (b"if-match", b"if-unmodified-since"):
            conditions.pop(positive, None)
        return condition_status("GET", conditions, response_headers) == 304
