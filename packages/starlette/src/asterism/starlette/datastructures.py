"""URL, headers, multi-dicts, form data and configuration values."""

from __future__ import annotations

from asterism.config import CommaSeparatedStrings, Secret
from asterism.datastructures import (
    URL as _URL,
    Address,
    Headers,
    ImmutableMultiDict,
    MultiDict,
    MutableHeaders,
    QueryParams,
    State,
    URLPath,
)
from asterism.http import FormData, UploadFile

_DELIMITERS = str.maketrans(
    {character: f"%{ord(character):02X}" for character in ("?#\\\x7f" + "".join(map(chr, range(32))))}
)


class URL(_URL):
    """A URL; made from a scope, its path is the decoded one with only its delimiters encoded."""

    @classmethod
    def encode_path(cls, path: str, raw_path: bytes | None) -> str:
        return path.translate(_DELIMITERS)


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
