"""TypeScript's types for schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

Schema = dict[str, Any]

SCALARS: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


class TypeNames:
    """The names of the components' types, each an identifier and each used once.

    Args:
        components: the schemas of the document by name.
    """

    def __init__(self, components: Iterable[str]) -> None:
        self._names: dict[str, str] = {}
        taken: set[str] = {*RESERVED}
        for component in components:
            words = re.split(r"[^A-Za-z0-9]+", component)
            name = "".join(word[:1].upper() + word[1:] for word in words if word) or "Type"
            name = f"Type{name}" if name[0].isdigit() else name
            free, number = name, 2
            while free in taken:
                free, number = f"{name}{number}", number + 1
            taken.add(free)
            self._names[component] = free

    def declarations(self, schemas: Mapping[str, Schema]) -> str:
        """Return a declaration for each component."""
        return "\n".join(
            f"{comment(schema)}export type {self._names[name]} = {self.type_of(schema)};\n"
            for name, schema in schemas.items()
        )

    def type_of(self, schema: Any, depth: int = 0) -> str:
        """Return the type of a schema's values, as an expression."""
        if not isinstance(schema, dict) or not schema:
            return "unknown"
        fields = cast("Schema", schema)
        if "$ref" in fields:
            return self._names.get(str(fields["$ref"]).rpartition("/")[2], "unknown")
        if "const" in fields:
            return literal(fields["const"])
        if "enum" in fields:
            return " | ".join(map(literal, fields["enum"])) or "never"
        for keyword in ("oneOf", "anyOf"):
            if keyword in fields:
                return union(self.type_of(item, depth) for item in fields[keyword])
        if "allOf" in fields:
            return " & ".join(f"({self.type_of(item, depth)})" for item in fields["allOf"])
        kinds: Any = fields.get("type", "object" if "properties" in fields else None)
        if isinstance(kinds, list):
            return union(self.type_of({**fields, "type": kind}, depth) for kind in kinds)  # pyright: ignore[reportUnknownVariableType]
        if kinds == "array":
            return self._array(fields, depth)
        if kinds == "object":
            return self._object(fields, depth)
        if kinds == "string" and (fields.get("format") == "binary" or "contentMediaType" in fields):
            return "Blob"
        return SCALARS.get(str(kinds), "unknown")

    def _array(self, schema: Schema, depth: int) -> str:
        if "prefixItems" in schema:
            least = schema.get("minItems", 0)
            items = [self.type_of(item, depth) for item in schema["prefixItems"]]
            return f"[{', '.join(item if place < least else f'({item})?' for place, item in enumerate(items))}]"
        item = self.type_of(schema.get("items"), depth)
        return f"{item}[]" if IDENTIFIER.fullmatch(item) else f"({item})[]"

    def _object(self, schema: Schema, depth: int) -> str:
        properties: Mapping[str, Any] = schema.get("properties", {})
        rest: Any = schema.get("additionalProperties")
        record = f"Record<string, {self.type_of(rest, depth)}>" if isinstance(rest, dict) else "Record<string, unknown>"
        if not properties:
            return record
        required, indent = set(schema.get("required", [])), "  " * (depth + 1)
        lines = [
            f"{comment(member, indent)}{indent}{'readonly ' if read_only(member) else ''}"
            f"{key(name)}{'' if name in required else '?'}: {self.type_of(member, depth + 1)};\n"
            for name, member in properties.items()
        ]
        found = "{\n" + "".join(lines) + "  " * depth + "}"
        return f"{found} & {record}" if isinstance(rest, dict) else found


RESERVED: Final = (
    "ApiError",
    "Client",
    "ClientOptions",
    "RequestOptions",
    "Blob",
    "Record",
    "Promise",
    "AsyncIterable",
)


def union(types: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(types))


def literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def key(name: str) -> str:
    return name if IDENTIFIER.fullmatch(name) else literal(name)


def read_only(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("readOnly") is True  # pyright: ignore[reportUnknownMemberType]


def comment(part: Any, indent: str = "") -> str:
    """Return a part's description as a comment, with a line end; nothing if it has none."""
    if not isinstance(part, dict):
        return ""
    fields = cast("Schema", part)
    texts = [str(fields[name]) for name in ("summary", "description") if fields.get(name)]
    if fields.get("deprecated"):
        texts.append("@deprecated")
    lines = "\n\n".join(texts).replace("*/", "*\\/").splitlines()
    if not lines:
        return ""
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    return "".join((f"{indent}/**\n", *(f"{indent} * {line}".rstrip() + "\n" for line in lines), f"{indent} */\n"))
