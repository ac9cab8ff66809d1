"""URL, headers, multi-dicts, form data and configuration values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Final, TypeVar

from armillary.config import CommaSeparatedStrings as _CommaSeparatedStrings, Secret as _Secret
from armillary.datastructures import (
    MAX_PORT,
    URL as _URL,
    Address,
    Headers as _Headers,
    ImmutableMultiDict,
    MultiDict,
    MutableHeaders as _MutableHeaders,
    QueryParams,
    State,
    URLPath,
)
from armillary.http import FormData, UploadFile as _UploadFile

from ._absent import Absent

T = TypeVar("T")

_DELIMITERS = str.maketrans(
    {character: f"%{ord(character):02X}" for character in ("?#\\\x7f" + "".join(map(chr, range(32))))}
)
_AUTHORITY_PARTS = frozenset(("username", "password", "hostname", "port"))
_match_name: Final = re.compile(r"[!$%&'()*+,\-.0-9;=A-Za-z_~]+(?::0*([0-9]{1,5}))?").fullmatch


class URL(_URL):
    """A URL; made from a scope, its path is the decoded one with only its delimiters encoded."""

    misuse_error: ClassVar[type[Exception]] = AssertionError
    takes_changes: ClassVar[bool] = False

    @staticmethod
    def requested_authority(headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Return the Host header if it is one that Starlette takes: any registered name of RFC 3986 too.

        A port must have digits. Of two Host headers none is taken.
        """
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1 or hosts[0].endswith(b":"):
            return ""
        host = hosts[0].decode("latin-1")
        named = _match_name(host)
        if named is None:
            return _URL.requested_authority([(b"host", hosts[0])])
        return host if int(named[1] or 0) <= MAX_PORT else ""

    @classmethod
    def encode_path(cls, path: str, raw_path: bytes | None) -> str:
        return path.translate(_DELIMITERS)

    def replace(self, **components: Any) -> URL:
        """Return a URL with some parts replaced; a host stays, and there is no password without a user name.

        A `netloc` beside a part of the authority is not used, and an empty port goes with the first change.

        Raises:
            TypeError: scheme or path is None.
        """
        for name in ("scheme", "path"):
            if components.get(name, "") is None:
                raise TypeError(f"a URL without {name} has the {name} '', not None")
        if not _AUTHORITY_PARTS.isdisjoint(components):
            components.pop("netloc", None)
            if self.netloc.endswith(":"):
                components.setdefault("port", None)
        if components.get("hostname", "") is None:
            del components["hostname"]
        changes_user = "password" in components or "username" in components
        if changes_user and components.get("username", self.username) is None:
            components["password"] = None
        return super().replace(**components)  # type: ignore[return-value]

    @staticmethod
    def compose(scheme: str, netloc: str, path: str, query: str, fragment: str) -> str:
        """Return the text as `urllib` writes it, but for a path that would begin with an authority."""
        if netloc or path.startswith("//"):
            return _URL.compose(scheme, netloc, path, query, fragment)
        from urllib.parse import urlunsplit

        return urlunsplit((scheme, netloc, path, query, fragment))

    def __getstate__(self) -> dict[str, Any]:
        return {"_url": str(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_url"])  # type: ignore[misc]


class Headers(_Headers):
    """Header fields; the list is kept in `__dict__` under the private name by which programs change it."""

    misuse_error: ClassVar[type[Exception]] = AssertionError

    _list: list[tuple[bytes, bytes]]

    if not TYPE_CHECKING:

        @property
        def raw(self):
            """The live list: what is changed in it is changed here."""
            return self._list

        @raw.setter
        def raw(self, fields):
            self._list = fields

    def mutablecopy(self) -> MutableHeaders:
        return MutableHeaders(raw=self.raw[:])

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


class MutableHeaders(Headers, _MutableHeaders):
    """Header fields that can be changed: in the raw list they were made from, or in a new one of a scope or message."""

    def __init__(self, headers: Mapping[str, str] | None = None, raw: Any = None, scope: Any = None) -> None:
        super().__init__(headers, raw, scope)
        if scope is not None:  # a program may send the list again
            self._list = scope["headers"] = self._list[:]


class UploadFile(_UploadFile):
    """A file sent in a form; one on disk is read in anyio's default threads, after a turn of the event loop.

    What `vars` tells of it is what it tells of Starlette's: FastAPI writes it into responses.
    """

    file: Any = None

    def __init__(
        self, file: BinaryIO, *, size: int | None = None, filename: str | None = None, headers: _Headers | None = None
    ) -> None:
        self.filename = filename
        self.file = file
        self.size = size
        self.headers = headers or Headers()
        self._max_mem_size: int = getattr(file, "_max_size", 0)

    if not TYPE_CHECKING:
        _pieces = ()

        @property
        def _file(self):
            return self.file

    async def in_thread(self, function: Callable[..., T], *args: Any) -> T:
        from .concurrency import run_in_threadpool

        return await run_in_threadpool(function, *args)

    if not TYPE_CHECKING:
        chunks = Absent()
        save = Absent()


class Secret(_Secret):
    """A secret equal to itself only, that `str()` reveals and that accepts attributes set by programs."""

    takes_any_value: ClassVar[bool] = True

    __eq__ = object.__eq__  # pyright: ignore[reportAssignmentType]
    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType]

    @property
    def _value(self) -> str:
        return self.reveal()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_value": self._value}

    def __setstate__(self, state: dict[str, Any]) -> None:
        kept = dict(state)
        self.__init__(kept.pop("_value"))  # type: ignore[misc]
        self.__dict__.update(kept)

    def __str__(self) -> str:
        return self.reveal()

    def __format__(self, format_spec: str) -> str:
        return object.__format__(self, format_spec)


class CommaSeparatedStrings(_CommaSeparatedStrings):
    """Strings between commas that accept attributes set by programs."""

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_items": self._items}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)


__all__ = [
    "URL",
    "Address",
    "CommaSeparatedStrings",
    "FormData",
    "Headers",
    "ImmutableMultiDict",
    "MultiDict",
    "MutableHeaders",
    "QueryParams",
    "Secret",
    "State",
    "URLPath",
    "UploadFile",
]
