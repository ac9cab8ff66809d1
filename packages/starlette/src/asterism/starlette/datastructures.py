"""URL, headers, multi-dicts, form data and configuration values."""

from __future__ import annotations

from asterism.config import CommaSeparatedStrings, Secret
from asterism.datastructures import (
    URL,
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
