"""Header fields over the raw list of an ASGI scope or message.

The raw list holds lower-case names in bytes, as ASGI has it. Reading scans it: a request has few
headers and most are never asked for, so no index is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, ClassVar, TypeVar, overload

from ._header_encoding import encode_header, encode_headers, encode_name, encode_value, lookup_name
from ._list_header import add_list_members, list_members

T = TypeVar("T")

RawHeaders = list[tuple[bytes, bytes]]


class Headers(Mapping[str, str]):
    """Header fields: names in any case, values as text, repeated fields kept in order.

    Give at most one argument. `raw` and `scope` cost nothing: their list is used as it is.

    Args:
        headers: names and values, encoded and checked.
        raw: a list of `(name, value)` in bytes, names in lower case.
        scope: an ASGI scope or message; without a "headers" key it has none.

    Raises:
        ValueError: for a name or value that cannot be sent, naming it.
        TypeError: when more than one argument is given.

    >>> headers = Headers({"Content-Type": "text/plain"})
    >>> headers["content-type"], headers.raw
    ('text/plain', [(b'content-type', b'text/plain')])
    """

    __slots__ = ("raw",)

    misuse_error: ClassVar[type[Exception]] = TypeError
    """What arguments raise that exclude each other."""

    raw: RawHeaders
    """The live list: what is changed in it is changed here."""

    def __init__(
        self,
        headers: Mapping[str, str] | None = None,
        raw: RawHeaders | None = None,
        scope: MutableMapping[str, Any] | None = None,
    ) -> None:
        if raw is not None:
            if headers is not None or scope is not None:
                raise self.misuse_error("give one of headers, raw and scope, not several")
            self.raw = raw
        elif scope is not None:
            if headers is not None:
                raise self.misuse_error("give one of headers, raw and scope, not several")
            fields = scope.get("headers", ())
            self.raw = fields if type(fields) is list else self._listed(fields, scope)
        else:
            self.raw = encode_headers(headers)

    @staticmethod
    def _listed(fields: Iterable[tuple[bytes, bytes]], scope: MutableMapping[str, Any]) -> RawHeaders:
        listed = [(name, value) for name, value in fields]
        if iter(fields) is fields:
            # A one-shot iterator is now spent; the next reader needs the list.
            scope["headers"] = listed
        return listed

    def __getitem__(self, key: str) -> str:
        wanted = lookup_name(key)
        for name, value in self.raw:
            if name == wanted:
                return value.decode("latin-1")
        raise KeyError(key)

    @overload
    def get(self, key: str, default: None = None) -> str | None: ...
    @overload
    def get(self, key: str, default: str | T) -> str | T: ...

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first value of a field, or `default`."""
        wanted = lookup_name(key)
        for name, value in self.raw:
            if name == wanted:
                return value.decode("latin-1")
        return default

    def getlist(self, key: str) -> list[str]:
        """Return every value of a field, in the order received."""
        wanted = lookup_name(key)
        return [value.decode("latin-1") for name, value in self.raw if name == wanted]

    def keys(self) -> list[str]:  # type: ignore[override]
        """Return the names, one per line received."""
        return [name.decode("latin-1") for name, _ in self.raw]

    def values(self) -> list[str]:  # type: ignore[override]
        """Return the values, one per line received."""
        return [value.decode("latin-1") for _, value in self.raw]

    def items(self) -> list[tuple[str, str]]:  # type: ignore[override]
        """Return names and values, one pair per line received."""
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.raw]

    def mutablecopy(self) -> MutableHeaders:
        """Return a copy that can be changed."""
        return MutableHeaders(raw=self.raw[:])

    def __contains__(self, key: object) -> bool:
        wanted = lookup_name(key)
        for name, _ in self.raw:  # noqa: SIM110 - any() would cost a generator per look-up
            if name == wanted:
                return True
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.raw)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return sorted(self.raw) == sorted(other.raw)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = dict(self.items())
        shown = repr(fields) if len(fields) == len(self.raw) else f"raw={self.raw!r}"
        return f"{type(self).__name__}({shown})"


class MutableHeaders(Headers):
    """Header fields that can be changed, in the raw list they were made from.

    `MutableHeaders(scope=message)` changes the message itself.

    >>> message = {"type": "http.response.start", "status": 200, "headers": []}
    >>> MutableHeaders(scope=message)["Cache-Control"] = "no-store"
    >>> message["headers"]
    [(b'cache-control', b'no-store')]
    """

    __slots__ = ()

    @staticmethod
    def _listed(fields: Iterable[tuple[bytes, bytes]], scope: MutableMapping[str, Any]) -> RawHeaders:
        listed = scope["headers"] = [(name, value) for name, value in fields]
        return listed

    def __setitem__(self, key: str, value: str) -> None:
        """Set a field to one value, in the place of its first line."""
        name = encode_name(key)
        field = (name, encode_value(key, value))
        places = [place for place, (present, _) in enumerate(self.raw) if present == name]
        if not places:
            self.raw.append(field)
            return
        self.raw[places[0]] = field
        for place in reversed(places[1:]):
            del self.raw[place]

    def __delitem__(self, key: str) -> None:
        """Remove every line of a field; one that is absent is no error."""
        name = lookup_name(key)
        self.raw[:] = [field for field in self.raw if field[0] != name]

    def __ior__(self, other: Mapping[str, str]) -> MutableHeaders:
        if not isinstance(other, Mapping):
            return NotImplemented
        self.update(other)
        return self

    def __or__(self, other: Mapping[str, str]) -> MutableHeaders:
        if not isinstance(other, Mapping):
            return NotImplemented
        merged = self.mutablecopy()
        merged.update(other)
        return merged

    def setdefault(self, key: str, value: str) -> str:
        """Return the field's first value, adding it first if it is absent."""
        present = self.get(key)
        if present is not None:
            return present
        self.append(key, value)
        return value

    def update(self, other: Mapping[str, str]) -> None:
        """Set each field of `other`."""
        for key, value in other.items():
            self[key] = value

    def append(self, key: str, value: str) -> None:
        """Add a line, keeping those of the same name (as `Set-Cookie` needs)."""
        self.raw.append(encode_header(key, value))

    def add_vary_header(self, vary: str) -> None:
        """Add field names to `Vary`, once each; `*` means all of them (RFC 9110 section 12.5.5).

        >>> headers = MutableHeaders({"Vary": "Origin"})
        >>> headers.add_vary_header("Accept-Encoding, origin")
        >>> headers["vary"]
        'Origin, Accept-Encoding'
        """
        self.raw[:] = add_list_members(self.raw, b"vary", *list_members(encode_value("vary", vary)))
