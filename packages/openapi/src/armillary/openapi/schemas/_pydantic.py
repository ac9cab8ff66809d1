"""Schemas that pydantic makes of its own types, all at once when the document is complete."""

from __future__ import annotations

import sys
from typing import Any

from ._constraints import Schema
from ._fields import Mode
from ._rewriting import with_texts


def is_of_pydantic(annotation: Any) -> bool:
    """Return whether a type is a pydantic model or dataclass, or tells pydantic its schema itself."""
    return isinstance(annotation, type) and (
        hasattr(annotation, "__pydantic_core_schema__") or hasattr(annotation, "__get_pydantic_core_schema__")
    )


def type_adapter(type_: Any) -> Any:
    """Return pydantic's adapter of one of its types; where there is one, pydantic is loaded."""
    return sys.modules["pydantic"].TypeAdapter(type_)


class PydanticTypes:
    """The types of a document that pydantic describes.

    Args:
        separate_input: whether a type may have a component for what is received and one for what is sent.
    """

    def __init__(self, separate_input: bool) -> None:
        self._separate_input = separate_input
        self._types: dict[Any, tuple[str, Mode, Any]] = {}

    def reference(self, type_: Any, mode: Mode) -> Schema:
        """Return a reference that `schemas` has the schema of."""
        mode = mode if self._separate_input else "input"
        reference = f"#pending/pydantic-{len(self._types)}/{mode}"
        reference, _, _ = self._types.setdefault((type_, mode), (reference, mode, type_))
        return {"$ref": reference}

    def schemas(self, prefix: str) -> tuple[dict[str, Schema], dict[str, Schema]]:
        """Return the schema in place of each reference, and the components they need by name."""
        if not self._types:
            return {}, {}
        inputs: list[Any] = [
            (reference, "validation" if mode == "input" else "serialization", type_adapter(type_))
            for reference, mode, type_ in self._types.values()
        ]
        adapters: Any = sys.modules["pydantic"].TypeAdapter
        found, rest = adapters.json_schemas(inputs, ref_template=prefix + "{model}")
        definitions: dict[str, Schema] = rest.get("$defs", {})
        alike = alike_both_ways(definitions, prefix)
        alike = alike_both_ways(definitions, prefix)
        names = {name: component_name(name, definitions, alike) for name in definitions}

        def renamed(text: str) -> str:
            name = text.removeprefix(prefix)
            return prefix + names[name] if text.startswith(prefix) and name in names else text

        by_reference: dict[str, Schema] = {ref: with_texts(schema, renamed) for (ref, _), schema in found.items()}
        return by_reference, {names[name]: with_texts(schema, renamed) for name, schema in definitions.items()}


def alike_both_ways(definitions: dict[str, Schema], prefix: str) -> set[str]:
    """Return the names of models whose schemas of what is received and sent say the same."""
    found = {name.removesuffix("-Input") for name in definitions if name.endswith("-Input")}
    while True:

        def joined(text: str, alike: frozenset[str] = frozenset(found)) -> str:
            name = text.removeprefix(prefix).removesuffix("-Input").removesuffix("-Output")
            return name if text.startswith(prefix) and name in alike else text

        same = {
            name
            for name in found
            if with_texts(definitions[name + "-Input"], joined) == with_texts(definitions[name + "-Output"], joined)
        }
        if same == found:
            return found
        found = same


def component_name(name: str, names: dict[str, Any], alike: set[str]) -> str:
    """Return "Star" for "Star-Output", and "StarInput" for a "Star-Input" that differs, unless these are taken."""
    model = name.removesuffix("-Input").removesuffix("-Output")
    if model == name:
        return name
    shorter = model + "Input" if name.endswith("-Input") and model not in alike else model
    return name if shorter in names else shorter
