"""An allow-list of the documents that an application's own clients were built with."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Self, cast


class TrustedDocuments:
    """An allow-list of documents by their ids.

    With it, `GraphQL` runs nothing else. Clients name a document as `documentId`, or as
    `extensions.persistedQuery.sha256Hash`; a document sent as text is run if the list has it.

    Args:
        documents: the documents by id.

    Raises:
        TypeError: it is no mapping of ids to texts.
        ValueError: there are no documents.

    >>> trusted = TrustedDocuments({"hello-1": "{ hello }"})
    >>> trusted.get("hello-1"), trusted.get("other"), "{ hello }" in trusted
    ('{ hello }', None, True)
    """

    def __init__(self, documents: Mapping[str, str]) -> None:
        if not isinstance(cast("object", documents), Mapping):
            raise TypeError(
                f"TrustedDocuments takes documents by id, such as {{'hello-1': '{{ hello }}'}}, got {documents!r}"
            )
        if not documents:
            raise ValueError("TrustedDocuments needs at least one document")
        for document_id, text in documents.items():
            if not isinstance(cast("object", document_id), str) or not isinstance(cast("object", text), str):
                raise TypeError(f"TrustedDocuments needs ids and documents as text, got {text!r} for {document_id!r}")
        self._documents = dict(documents)
        self._texts = frozenset(self._documents.values())

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> Self:
        """Read a JSON file: ids to documents, or an Apollo persisted query manifest.

        Raises:
            ValueError: it is neither.
            OSError: it cannot be read.
        """
        from json import loads

        value: Any = loads(Path(path).read_text(encoding="utf-8"))
        if isinstance(value, dict) and "operations" in value:
            members = cast("dict[str, Any]", value)
            try:
                value = {operation["id"]: operation["body"] for operation in members["operations"]}
            except (KeyError, TypeError):
                raise ValueError(f"{path}: the operations of a manifest need an `id` and a `body`") from None
        texts: list[Any] = list(value.values()) if isinstance(value, dict) else [None]  # pyright: ignore[reportUnknownArgumentType]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{path}: expected a JSON object of documents by id, or a persisted query manifest")
        return cls(cast("dict[str, str]", value))

    def get(self, document_id: str) -> str | None:
        """Return the document of an id, with or without its prefix `sha256:`."""
        found = self._documents.get(document_id)
        return self._documents.get(document_id.removeprefix("sha256:")) if found is None else found

    def __contains__(self, text: str) -> bool:
        return text in self._texts

    def __len__(self) -> int:
        return len(self._documents)
