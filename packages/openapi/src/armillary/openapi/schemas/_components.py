"""The named schemas of a document: collected while it is made, named when it is complete.

While a document is made, a reference is `#pending/<number>/<mode>`. A type has one number and up to two schemas, that
of what is received and that of what is sent. If they are alike, or only one is used, the type has one component;
otherwise that of what is received has the suffix "Input".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from ._constraints import Schema
from ._fields import Mode
from ._pydantic import PydanticTypes
from ._rewriting import texts, with_references, with_texts

PREFIX: Final = "#/components/schemas/"
PENDING: Final = re.compile(r"#pending/(\d+)/(input|output)")


class Components:
    """The named schemas of a document.

    Args:
        separate_input: whether a type may have a component for what is received and one for what is sent.
    """

    def __init__(self, separate_input: bool = True) -> None:
        self.separate_input = separate_input
        self._numbers: dict[Any, int] = {}
        self._names: dict[int, tuple[str, str]] = {}
        self._schemas: dict[tuple[int, Mode], Schema] = {}
        self._pydantic = PydanticTypes(separate_input)

    def reference(self, key: Any, name: str, module: str, mode: Mode, build: Callable[[], Schema]) -> Schema:
        """Return a reference to the schema of a type, which is built if it is new.

        Args:
            key: the type, hashable.
            name, module: what the component is called, and what tells it from another of the name.
            mode: whether values are received or sent.
            build: makes the schema; it may ask for references itself, also to this type.
        """
        mode = mode if self.separate_input else "input"
        number = self._numbers.setdefault(key, len(self._numbers))
        if (number, mode) not in self._schemas:
            self._names[number] = (name, module)
            self._schemas[number, mode] = {}
            self._schemas[number, mode] = build()
        return {"$ref": f"#pending/{number}/{mode}"}

    def pydantic_reference(self, type_: Any, mode: Mode) -> Schema:
        """Return a reference to the schema of a type that pydantic describes."""
        return self._pydantic.reference(type_, mode)

    def finish(self, document: Schema) -> Schema:
        """Return the document with its references and components."""
        found, definitions = self._pydantic.schemas(PREFIX)
        bodies = {key: resolved(schema, found) for key, schema in self._schemas.items()}
        names = self._component_names(bodies, set(definitions))

        def named(text: str) -> str:
            match = PENDING.fullmatch(text)
            return PREFIX + names[int(match[1]), match[2]] if match else text

        document = with_texts(resolved(document, found), named)
        schemas = {names[key]: with_texts(body, named) for key, body in bodies.items()} | definitions
        if schemas:
            components: Schema = dict(document.get("components", {}))
            schemas |= components.get("schemas", {})
            document["components"] = {**components, "schemas": dict(sorted(schemas.items()))}
        return document

    def _component_names(self, bodies: dict[tuple[int, Mode], Schema], taken: set[str]) -> dict[tuple[int, str], str]:
        """Return the name of each component: that of its type, with its module if two have it."""
        uses = Counter([name for name, _ in self._names.values()] + list(taken))
        split = differing(bodies)
        names: dict[tuple[int, str], str] = {}
        for number, mode in bodies:
            name, module = self._names[number]
            base = name if uses[name] == 1 else f"{module}.{name}"
            names[number, mode] = base + "Input" if mode == "input" and number in split else base
        return names


def resolved(value: Any, found: dict[str, Schema]) -> Any:
    """Return a part of a document with what pydantic describes."""
    if not found:
        return value
    return with_texts(with_references(value, found.get), lambda text: found.get(text, {}).get("$ref", text))


def differing(bodies: dict[tuple[int, Mode], Schema]) -> set[int]:
    """Return the types whose schemas differ by what is received and sent, or refer to one that does."""
    both = [number for number, mode in bodies if mode == "input" and (number, "output") in bodies]

    def by_number(text: str) -> str:
        match = PENDING.fullmatch(text)
        return f"#pending/{match[1]}/any" if match else text

    received = {number: with_texts(bodies[number, "input"], by_number) for number in both}
    found = {number for number in both if received[number] != with_texts(bodies[number, "output"], by_number)}
    while True:
        marks = {f"#pending/{number}/any" for number in found}
        more = {number for number in both if number not in found and not marks.isdisjoint(texts(received[number]))}
        if not more:
            return found
        found |= more
