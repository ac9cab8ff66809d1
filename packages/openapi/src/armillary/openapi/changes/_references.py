"""Following the references of a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


class Resolver:
    """Follows references within a document (RFC 6901)."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def resolved(self, part: Any) -> dict[str, Any]:
        """Return a part of the document, or what it refers to with what else is said beside the reference.

        Raises:
            ValueError: it refers to what is not there, or to itself.
        """
        seen: set[str] = set()
        found = dict(cast("dict[str, Any]", part)) if isinstance(part, Mapping) else {}
        while isinstance(reference := found.pop("$ref", None), str):
            if reference in seen:
                raise ValueError(f"the reference {reference} leads to itself")
            seen.add(reference)
            found = {**self._target(reference), **found}
        return found

    def _target(self, reference: str) -> dict[str, Any]:
        value: Any = self._document
        for step in reference.removeprefix("#/").split("/"):
            try:
                value = value[step.replace("~1", "/").replace("~0", "~")]
            except (KeyError, TypeError):
                raise ValueError(f"the reference {reference} leads to nothing in the document") from None
        return dict(value)
