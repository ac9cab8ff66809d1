"""A bug for each target: a change of one expression of the parser, of a kind that reviews overlook.

`PLANTS` names the module, the text and what it is replaced by. The module's file is not changed: `plant` makes the
interpreter load it with the change.
"""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple


class Plant(NamedTuple):
    """One bug. `text` occurs once in the module's source.

    Attributes:
        module: the module.
        text: what is replaced.
        bug: what it is replaced by.
        effect: what goes wrong.
    """

    module: str
    text: str
    bug: str
    effect: str


PLANTS = {
    "accept": Plant(
        "armillary.datastructures._weighted", "len(decimals) > 3", "len(decimals) > 4", "a weight has four decimals"
    ),
    "authorization": Plant(
        "armillary.authentication._basic", '.partition(":")', '.rpartition(":")', "a password has no colon"
    ),
    "cookies": Plant(
        "armillary.datastructures._cookies",
        'name.strip(" \\t"), value',
        "name.strip(), value",
        "a no-break space before `__Host-id` is dropped",
    ),
    "csrf_token": Plant(
        "armillary.security._csrf_token",
        "compare_digest(raw, decode(secret))",
        "compare_digest(raw[:-1], decode(secret)[:-1])",
        "the last byte of a token is not compared",
    ),
    "disposition": Plant(
        "armillary.http.files._disposition", '"-._~/")', '"-._~/%")', "a percent sign in a name is decoded by browsers"
    ),
    "etags": Plant(
        "armillary.datastructures._etags",
        '"\\t", ","):\n            return',
        '"\\t", ",", ";"):\n            return',
        "a tag may be followed by a semicolon",
    ),
    "forwarded": Plant(
        "armillary.datastructures._forwarded", " or name in found", "", "of a repeated parameter the last counts"
    ),
    "graphql": Plant(
        "armillary.graphql.limits._measure",
        "total = names.get(name, 0) + count",
        "total = max(names.get(name, 0), count)",
        "repeats of one name are not added up",
    ),
    "host": Plant(
        "armillary.datastructures._host",
        "not _DIGITS.issuperset(rest[1:])",
        "(len(rest) > 1 and not rest[1:].isdigit())",
        "a port may have digits of other scripts",
    ),
    "http_date": Plant(
        "armillary.http._http_date", "if month <= 2:", "if month < 2:", "February follows the leap day of its year"
    ),
    "idempotency_key": Plant(
        "armillary.idempotency._key", '|\\\\["\\\\])*)"', '|\\\\.)*)"', "any character may be escaped"
    ),
    "json": Plant(
        "armillary.serialization._json_decoding",
        '("\\\\ud" in text or "\\\\uD" in text)',
        '"\\\\ud" in text',
        "half a surrogate pair in capitals is kept",
    ),
    "media_type": Plant(
        "armillary.datastructures._quoted",
        'parameters.setdefault(name, unquote_string(value.strip(" \\t")))',
        'parameters[name] = unquote_string(value.strip(" \\t"))',
        "of two parameters of one name the last counts",
    ),
    "multipart": Plant(
        "armillary.http.forms._decoder",
        "head = self._head + window",
        "head = window",
        "a preamble that comes in several pieces hides the boundary",
    ),
    "multipart_like_others": Plant(
        "armillary.http.forms._part_events",
        "if self._lead == self._delimiter:",
        "if self._lead[:2] == self._delimiter[:2]:",
        "a part that begins with two hyphens is rejected",
    ),
    "query": Plant(
        "armillary.datastructures._query_params", 'if "%" in part', 'if "%" in value', "names are not decoded"
    ),
    "ranges": Plant(
        "armillary.http.files._range",
        "elif stop > last.stop:",
        "else:",
        "a range within another cuts that off",
    ),
    "router": Plant(
        "armillary.routing._segment_texts",
        "end = begins[bisect_right(begins, furthest) - 1]",
        "end = begins[0]",
        "the first of two parameters gets as little as it can",
    ),
    "session_cookie": Plant(
        "armillary.sessions._signed_cookie",
        "salt = PURPOSE + cookie_name",
        "salt = PURPOSE",
        "one cookie's value is good for another",
    ),
    "url": Plant(
        "armillary.datastructures._authority",
        "if parsed is None or (parsed.port is not None and parsed.port > MAX_PORT):",
        "if parsed is None:",
        "a URL's port may be above 65535",
    ),
    "urlencoded": Plant(
        "armillary.http.forms._urlencoded",
        'field.replace(b"+", b" ").partition(b"=")',
        'unquote_to_bytes(field).replace(b"+", b" ").partition(b"=")',
        "an escaped equals sign ends the name",
    ),
}


def plant(bug: Plant) -> None:
    """Load the module with the bug, as soon as something imports it; what is compiled of it already is not used."""
    origin = str(source_of(bug.module))
    read, look = SourceFileLoader.get_data, SourceFileLoader.path_stats

    def get_data(self: SourceFileLoader, path: str) -> bytes:
        data = read(self, path)
        return changed(data.decode(), bug).encode() if path == origin else data

    def path_stats(self: SourceFileLoader, path: str) -> Any:
        if path == origin:
            raise OSError("not from a cache")
        return look(self, path)

    SourceFileLoader.get_data = get_data  # type: ignore[method-assign, assignment]
    SourceFileLoader.path_stats = path_stats  # type: ignore[method-assign, assignment]


def source_of(module: str) -> Path:
    """Return the file of one of our modules, without importing anything."""
    top, *names = module.split(".")
    spec = find_spec(top)
    assert spec is not None
    files = [Path(folder, *names).with_suffix(".py") for folder in spec.submodule_search_locations or ()]
    return next(file for file in files if file.is_file())


def changed(source: str, bug: Plant) -> str:
    """Return a module's source with its bug."""
    assert source.count(bug.text) == 1, f"{bug.module} has not exactly one {bug.text!r}; plant another bug"
    return source.replace(bug.text, bug.bug)
