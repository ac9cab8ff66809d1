"""A page that shows what a directory holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from stat import S_ISDIR, S_ISREG
from typing import NamedTuple

from armillary.asgi_types import HTTPException, Scope
from armillary.datastructures import QueryParams
from armillary.http import HTMLResponse

from ._file_tree import find_file
from ._location import encode_name
from ._path_policy import PathPolicy

_STYLE = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}" + (
    "table{border-collapse:collapse;width:100%}td{padding:.2rem .6rem;border-top:1px solid #8884}"
    "td+td{text-align:right;white-space:nowrap}nav a{margin-right:1rem}:root{color-scheme:light dark}"
)
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
}
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


class Entry(NamedTuple):
    """A name in a directory; `size` in bytes is None for a directory."""

    name: str
    size: int | None

    @property
    def rank(self) -> tuple[bool, str, str]:
        """Directories first, then by name whatever its case."""
        return (self.size is not None, self.name.lower(), self.name)


def list_entries(
    directories: Sequence[os.PathLike[str] | str], segments: Sequence[str], follow_symlink: bool, policy: PathPolicy
) -> list[Entry]:
    """Return what would be served below a directory, sorted. Blocks.

    Args:
        directories: searched in order; the first that has a name decides.
        segments: of the directory listed.
        follow_symlink: as for serving: a link that is not followed is not shown.
        policy: names it rejects are not shown.
    """
    found: dict[str, Entry] = {}
    for directory in directories:
        root = os.fspath(directory)
        for name in _names(os.path.join(root, *segments)):
            path = [*segments, name]
            if name in found or policy.segments("/".join(path)) != path:
                continue
            entry = _entry(root, path, follow_symlink)
            if entry is not None:
                found[name] = entry
    return sorted(found.values(), key=lambda entry: entry.rank)


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _entry(root: str, path: Sequence[str], follow_symlink: bool) -> Entry | None:
    try:
        found = find_file([root], path, follow_symlink)
    except OSError:
        return None
    if found is None:
        return None
    status = found[1]
    if S_ISDIR(status.st_mode):
        return Entry(path[-1], None)
    return Entry(path[-1], status.st_size) if S_ISREG(status.st_mode) else None


def listing_response(entries: Sequence[Entry], scope: Scope, page_size: int, *, is_top: bool) -> HTMLResponse:
    """Return one page of a listing.

    Args:
        entries: all of them.
        scope: of the request; `?page=2` asks for another page.
        page_size: entries on one page.
        is_top: there is nothing above to link to.

    Raises:
        HTTPException: 404, there is no such page.
    """
    from html import escape

    pages = max(1, -(-len(entries) // page_size))
    page = _page_number(scope)
    if not 1 <= page <= pages:
        raise HTTPException(404)
    shown = entries[(page - 1) * page_size : page * page_size]
    title = escape(_visible(scope["path"]))
    rows = ([] if is_top else ['<tr><td><a href="../">../</a></td><td></td></tr>']) + [_row(entry) for entry in shown]
    content = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<table>{''.join(rows)}</table>{_navigation(page, pages)}</body></html>"
    )
    return HTMLResponse(content, headers=_HEADERS)


def _page_number(scope: Scope) -> int:
    text = QueryParams(scope.get("query_string", b"")).get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _visible(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _row(entry: Entry) -> str:
    from html import escape

    slash = "/" if entry.size is None else ""
    # "./" keeps a name with a colon from being read as a scheme.
    target = f"./{encode_name(entry.name)}{slash}"
    size = "" if entry.size is None else readable_size(entry.size)
    return f'<tr><td><a href="{escape(target)}">{escape(_visible(entry.name))}{slash}</a></td><td>{size}</td></tr>'


def _navigation(page: int, pages: int) -> str:
    if pages == 1:
        return ""
    links = [f'<a href="?page={page - 1}" rel="prev">Previous</a>'] if page > 1 else []
    links.append(f"<span>Page {page} of {pages}</span>")
    if page < pages:
        links.append(f'<a href="?page={page + 1}" rel="next">Next</a>')
    return f"<nav>{' '.join(links)}</nav>"


def readable_size(size: int) -> str:
    """Return a number of bytes as people read it.

    >>> readable_size(512), readable_size(1536)
    ('512 bytes', '1.5 KiB')
    """
    amount = float(size)
    for unit in _UNITS[:-1]:
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} {_UNITS[-1]}"
