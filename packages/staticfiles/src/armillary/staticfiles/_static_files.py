"""An application that serves files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar, Literal, TypeAlias

from armillary.asgi_types import HTTPException, Receive, Scope, Send
from armillary.concurrency import run_detached
from armillary.datastructures import get_route_path
from armillary.http import FileReplaced, Request, Response, handle_exception

from ._cache_control import CachePolicy, cache_policy, hashed_immutable
from ._coding import Coding, offered_codings
from ._directories import PathLike, check_directory, package_directory
from ._file_finder import FileFinder
from ._path_policy import PathPolicy
from ._recent import Key, RecentFile, RecentFiles, is_too_long, recent_key, respond_from_memory
from ._static_file_response import (
    NotModifiedResponse,
    StaticFileMixin,
    handle_other_scope,
)

Packages: TypeAlias = Sequence[str | tuple[str, str]]
_METHODS_BYPASSING_MEMORY = ("lookup_path", "file_response", "is_not_modified", "represent", "find_response")
_MAX_ATTEMPTS = 3  # at a file that is replaced while it is looked at


class StaticFiles(FileFinder):
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
        not_modified_response_class: the class of their 304s.
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

    memory_file_size: int = 256 * 1024
    memory_seconds: float = 1.0
    portable_names: ClassVar[bool] = True

    serves_below: ClassVar[bool] = True
    """The interface in docs/scope-keys.md: a route of a directory's path alone is an error."""

    allows_no_directory: ClassVar[bool] = False
    """Allow neither directory nor packages; then nothing is found."""

    closes_websockets: ClassVar[bool] = False
    """Close a WebSocket handshake with 1000, where a 404 could be sent."""

    raises_http_exceptions: ClassVar[bool] = False
    """Raise a 404 or 405 to the caller even if no handler is registered."""

    def __init__(
        self,
        directory: PathLike | None = None,
        *,
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
        self.html: bool | Literal["spa"] = html
        self.follow_symlink = follow_symlink
        self.listing = listing
        self.all_directories: Sequence[PathLike] = self.get_directories(directory, packages)
        if not self.all_directories and not self.allows_no_directory:
            raise ValueError("StaticFiles needs directory= or packages= to know what to serve")
        self.codings: Sequence[Coding] = offered_codings(precompressed)
        self.cache_control: CachePolicy | None = cache_policy(cache_control)
        self.etag: Literal["mtime", "content"] = etag
        self.path_policy: PathPolicy = PathPolicy(hidden_files, self.portable_names, os.name != "nt")
        self.config_checked: bool = False
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
        """Handle one request; a WebSocket is rejected."""
        if scope["type"] != "http":
            await handle_other_scope(scope, receive, send, self.closes_websockets)
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
        path = get_route_path(scope)
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

    # In a worker thread; the rest of it is in FileFinder.

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
            body = recent.content(key, whole.watched)
            entry = RecentFile(whole, whole.watched, body, self.not_modified_response_class)
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
