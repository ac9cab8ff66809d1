"""An application that serves files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from stat import S_ISDIR, S_ISREG
from typing import ClassVar, Literal, TypeAlias

from armillary.asgi_types import HTTPException, Receive, Scope, Send
from armillary.concurrency import run_detached
from armillary.datastructures import Headers
from armillary.http import RedirectResponse, Request, Response, handle_exception, received_conditions

from ._cache_control import IMMUTABLE, CachePolicy, cache_policy, hashed_immutable
from ._coding import is_compressible, offered_codings
from ._conditions import check_preconditions, condition_status
from ._content_digest import VERSION_LENGTH, content_digest, is_asked_by_version
from ._directories import PathLike, check_directory, package_directory, relative_to
from ._file_tree import find_file
from ._listing import list_entries, listing_response
from ._location import encode_name
from ._page_request import PAGE_REQUEST_VARY, is_page_request
from ._path_policy import PathPolicy
from ._recent import Key, RecentFile, RecentFiles, is_too_long, recent_key, respond_from_memory
from ._routed_path import routed_path
from ._static_file_response import (
    FileReplaced,
    NotModifiedResponse,
    StaticFileMixin,
    StaticFileResponse,
    handle_other_scope,
)
from ._variant import find_variant

Packages: TypeAlias = Sequence[str | tuple[str, str]]
_READ_METHODS = ("GET", "HEAD")
_ALLOW_HEADER = {"Allow": "GET, HEAD"}
_METHODS_BYPASSING_MEMORY = ("lookup_path", "file_response", "is_not_modified", "represent", "find_response")
_MAX_ATTEMPTS = 3  # at a file that is replaced while it is looked at


class StaticFiles:
    """Serves the files below one or more directories.

    Args:
        directory: the directory served.
        packages: importable packages whose folder `statics` is served too, or pairs of a package
            and a folder in it. They are searched after `directory`.
        html: serve `index.html` for a directory and `404.html`, with its status, for what is
            missing. "spa" sends the `index.html` at the top for a missing page instead; a request for
            anything else that is missing, such as a script or JSON, still gets a 404.
        check_dir: raise at once if the directory does not exist, instead of at the first request.
        follow_symlink: follow links wherever they lead; by default only those that stay inside.
        precompressed: serve `app.js.br`, `.zst` or `.gz` beside `app.js` to clients that accept
            it; False, or names from "br", "zstd" and "gzip". One older than its original is not used.
        cache_control: the header, a table from patterns to headers, or a function from a path to
            a header. By default names with a hash in them are immutable and HTML is revalidated.
        etag: "mtime" makes entity tags of modification time and size, "content" of a digest.
        hidden_files: serve names that begin with a dot; `.well-known` always is.
        listing: show what a directory without an index holds.
        memory: bytes of small files kept in memory, by default none. A change is detected within
            `memory_seconds`.

    Attributes:
        file_response_class: the class of file responses.
        listing_page_size: how many entries one page of a listing shows.
        memory_file_size: the largest file kept in memory, in bytes.
        memory_seconds: how long a file status is trusted, if `memory` is given.
        portable_names: reject names that Windows gives another meaning, on every system.

    Raises:
        RuntimeError: `directory` does not exist.
        TypeError, ValueError: another argument is invalid; the message names it.

    Missing, hidden, outside, unreadable and badly named files all get a 404. Follows RFC 9110
    sections 12.5.3, 13 and 14.

    >>> import tempfile
    >>> app = StaticFiles(directory=tempfile.gettempdir())
    >>> app.get_path({"type": "http", "path": "/static/css/site.css", "root_path": "/static"})
    'css/site.css'
    """

    file_response_class: ClassVar[type[StaticFileMixin]] = StaticFileResponse
    listing_page_size: int = 500
    memory_file_size: int = 256 * 1024
    memory_seconds: float = 1.0
    portable_names: ClassVar[bool] = True

    allows_no_directory: ClassVar[bool] = False
    """Allow neither directory nor packages; then nothing is found."""

    handles_preconditions: ClassVar[bool] = True
    """Send a 412 if If-Match or If-Unmodified-Since fails."""

    permission_error_status: ClassVar[int] = 404
    """The status if the operating system denies access."""

    raises_http_exceptions: ClassVar[bool] = False
    """Raise a 404 or 405 to the caller even if no handler is registered."""

    def __init__(
        self,
        *,
        directory: PathLike | None = None,
        packages: Packages | None = None,
        html: bool | Literal["spa"] = False,
        check_dir: bool = True,
        follow_symlink: bool = False,
        precompressed: bool | Sequence[str] = True,
        cache_control: CachePolicy | Mapping[str, str | None] | str | None = hashed_immutable,
        etag: Literal["mtime", "content"] = "mtime",
        hidden_files: bool = False,
        listing: bool = False,
        memory: int = 0,
    ) -> None:
        if html not in (False, True, "spa"):
            raise ValueError(f"html={html!r} must be True, False or 'spa'")
        if etag not in ("mtime", "content"):
            raise ValueError(f"etag={etag!r} must be 'mtime' or 'content'")
        if not isinstance(memory, int):
            raise TypeError(f"memory={memory!r} must be a number of bytes, 0 to keep nothing")
        if memory < 0:
            raise ValueError(f"memory={memory!r} must be a number of bytes, 0 to keep nothing")
        if directory is not None and not isinstance(directory, (str, os.PathLike)):
            raise TypeError(f"directory={directory!r} must be a path, as text or as a path object")
        if isinstance(packages, str):
            raise TypeError(f"packages={packages!r} must be a list of packages")
        self.directory = directory
        self.packages = packages
        self.html = html
        self.follow_symlink = follow_symlink
        self.listing = listing
        self.all_directories = self.get_directories(directory, packages)
        if not self.all_directories and not self.allows_no_directory:
            raise ValueError("StaticFiles needs directory= or packages= to know what to serve")
        self.codings = offered_codings(precompressed)
        self.cache_control = cache_policy(cache_control)
        self.etag = etag
        self.path_policy = PathPolicy(hidden_files, self.portable_names, os.name != "nt")
        self.config_checked = False
        self._recent = RecentFiles(memory, self.memory_file_size, self.memory_seconds) if memory else None
        if check_dir and directory is not None:
            check_directory(directory)

    # Configuration.

    def get_directories(self, directory: PathLike | None = None, packages: Packages | None = None) -> list[PathLike]:
        """Return every directory to search, in order.

        Raises:
            ValueError: a package or its folder does not exist.
        """
        own: list[PathLike] = [] if directory is None else [directory]
        return own + [package_directory(package) for package in packages or ()]

    async def check_config(self) -> None:
        """Raise if the directory is missing; called before the first response.

        Raises:
            RuntimeError: there is no directory there.
        """
        if self.directory is not None:
            await run_detached(partial(check_directory, self.directory))

    # Responding.

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; a WebSocket is closed."""
        if scope["type"] != "http":
            await handle_other_scope(scope, receive, send)
            return
        if not self.config_checked:
            await self.check_config()
            self.config_checked = True
        try:
            path = self.get_path(scope)
            recent = self._recent
            if self._overrides("get_response"):
                response = await self.get_response(path, scope)
            elif recent is None or self._overrides(*_METHODS_BYPASSING_MEMORY):
                response = await run_detached(partial(self._open_response, path, scope))
            else:
                key = recent_key(path, scope)
                kept = recent.find(key)
                if kept is not None and await respond_from_memory(kept, scope, send):
                    return
                response = await self._open_and_remember(path, scope, key, recent)
        except HTTPException as exc:
            if self.raises_http_exceptions:
                raise
            if not await handle_exception(Request(scope, receive, send), exc, receive, send):
                raise
            return
        await response(scope, receive, send)

    def _overrides(self, *names: str) -> bool:
        return any(getattr(getattr(self, name), "__func__", None) is not getattr(StaticFiles, name) for name in names)

    def get_path(self, scope: Scope) -> str:
        """Return the path of what a request names, relative and with "/"; "." for the directory itself.

        It ends in "/" if the request's does, and then names a directory only.
        """
        path = routed_path(scope)
        names = [name for name in path.split("/") if name and name != "."]
        if not names:
            return "."
        return "/".join(names) + ("/" if path.endswith(("/", "/.")) else "")

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the response to a request.

        Args:
            path: from `get_path`.
            scope: of the request.

        Raises:
            HTTPException: 404, nothing is served under this path; 405, another method than GET or
                HEAD; 412, a precondition failed.
        """
        return await run_detached(partial(self.find_response, path, scope))

    async def _open_and_remember(self, path: str, scope: Scope, key: Key, recent: RecentFiles) -> Response:
        if is_too_long(key):
            return await run_detached(partial(self._open_response, path, scope))
        response, entry = await run_detached(partial(self._open_and_describe, path, scope, key, recent))
        if entry is not None:
            recent.remember(key, entry)
        return response

    # Blocking methods, run in a worker thread.

    def _open_response(self, path: str, scope: Scope) -> Response:
        for _ in range(_MAX_ATTEMPTS):
            response = self.find_response(path, scope)
            try:
                self._open_found(response, scope)
            except FileReplaced:
                continue
            return response
        raise HTTPException(404)

    def _open_and_describe(
        self, path: str, scope: Scope, key: Key, recent: RecentFiles
    ) -> tuple[Response, RecentFile | None]:
        response = self._open_response(path, scope)
        whole = response.whole if isinstance(response, NotModifiedResponse) else response
        entry = None
        if isinstance(whole, StaticFileMixin) and whole.watched:
            entry = RecentFile(whole, whole.watched, recent.content(key, whole.watched))
        return response, entry

    def _open_found(self, response: Response, scope: Scope) -> None:
        if isinstance(response, StaticFileMixin):
            try:
                response.prepare(scope)
            except FileReplaced:
                raise
            except RuntimeError:  # deleted since it was found
                raise HTTPException(404) from None
            except PermissionError:
                raise HTTPException(self.permission_error_status) from None

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
            not_modified = NotModifiedResponse(response.headers)
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
