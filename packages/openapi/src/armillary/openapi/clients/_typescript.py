"""A fetch client in TypeScript: the types of the components, and a method for each operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from .._endpoints import METHODS
from ..changes._references import Resolver
from ._typescript_types import TypeNames, comment, key, literal

Schema = dict[str, Any]

RUNTIME: Final = Path(__file__).parent / "runtime.ts"
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
PLACES: Final = ("path", "query", "header")


def typescript_client(document: Mapping[str, Any]) -> str:
    """Return a module in TypeScript: a type for each component, and a class `Client` with a method for each operation.

    A method takes `{ path, query, header, body }` as its operation has them, and returns a promise of the body of the
    success response; streams are async iterables of their items. Any other response is thrown as an `ApiError`. It
    needs nothing but `fetch`.

    Args:
        document: an OpenAPI document, 3.1 or 3.2.

    Raises:
        ValueError: a reference leads to nothing.
    """
    schemas: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})
    names = TypeNames(schemas)
    resolver = Resolver(document)
    methods: dict[str, str] = {}
    for method, path, operation in operations_of(document, resolver):
        name = function_name(str(operation.get("operationId") or f"{method}_{path}"))
        while name in methods:
            name += "_"
        methods[name] = OperationMethod(name, method, path, operation, names, resolver).text()
    info = document.get("info", {})
    head = (
        f"// {info.get('title', 'API')} {info.get('version', '')}: written by `armillary openapi typescript`.".strip()
    )
    runtime = RUNTIME.read_text(encoding="utf-8")
    body = "\n".join(methods.values())
    return "\n".join(
        (re.sub(r"\s*\n\s*", " ", head), "", names.declarations(schemas), runtime.replace("  // methods\n", body))
    )


def operations_of(document: Mapping[str, Any], resolver: Resolver) -> Iterator[tuple[str, str, Schema]]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                shared = [resolver.resolved(parameter) for parameter in item.get("parameters", [])]
                own = [resolver.resolved(parameter) for parameter in item[method].get("parameters", [])]
                kept = {(parameter["in"], parameter["name"]): parameter for parameter in [*shared, *own]}
                yield method, path, {**item[method], "parameters": list(kept.values())}


def function_name(operation_id: str) -> str:
    """Return "getStarsByNumber" for "get_stars_by_number"."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", operation_id) if word]
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name[:1].lower() + name[1:] if name and not name[0].isdigit() else f"call{name}"


class OperationMethod:
    """The method of the client for one operation."""

    def __init__(
        self, name: str, method: str, path: str, operation: Schema, names: TypeNames, resolver: Resolver
    ) -> None:
        self.name = name
        self.method = method
        self.path = path
        self.operation = operation
        self.names = names
        self.resolver = resolver

    def text(self) -> str:
        """Return the method, indented as a member of the class."""
        groups = [group for place in PLACES if (group := self._group(place))]
        body_type, body_kind, body_required = self._body()
        if body_type:
            groups.append((f"body{'' if body_required else '?'}: {body_type}", body_required))
        required = any(group[1] for group in groups)
        members = "; ".join(group[0] for group in groups)
        request = f"request: {{ {members} }}{'' if required else ' = {}'}, " if groups else ""
        result, kind = self._result()
        arguments = [
            literal(self.method.upper()),
            literal(self.path),
            "request" if groups else "{}",
            literal(body_kind),
        ]
        call = f"this.{'stream' if kind in ('lines', 'events') else 'send'}<{result}>"
        promise = f"AsyncIterable<{result}>" if kind in ("lines", "events") else f"Promise<{result}>"
        return (
            f"{comment(self.operation, '  ')}"
            f"  {self.name}({request}options: RequestOptions = {{}}): {promise} {{\n"
            f"    return {call}({', '.join(arguments)}, {literal(kind)}, options);\n"
            "  }\n"
        )

    def _group(self, place: str) -> tuple[str, bool] | None:
        found = [parameter for parameter in self.operation["parameters"] if parameter.get("in") == place]
        if not found:
            return None
        members = "; ".join(
            f"{key(parameter['name'])}{'' if parameter.get('required') else '?'}: "
            f"{self.names.type_of(parameter.get('schema'), 3)}"
            for parameter in found
        )
        required = any(parameter.get("required") for parameter in found)
        return f"{place}{'' if required else '?'}: {{ {members} }}", required

    def _body(self) -> tuple[str, str, bool]:
        """Return the type of the body, how it is sent, and whether it is required."""
        body = self.resolver.resolved(self.operation.get("requestBody", {}))
        content: Schema = body.get("content", {})
        if not content:
            return "", "none", False
        media_type = next((name for name in content if is_json(name)), next(iter(content)))
        required = bool(body.get("required"))
        if is_json(media_type) or media_type in FORMS:
            kind = "json" if is_json(media_type) else "form" if media_type == FORMS[0] else "multipart"
            return self.names.type_of(content[media_type].get("schema"), 2), kind, required
        return "BodyInit", media_type, required

    def _result(self) -> tuple[str, str]:
        """Return the type of a success response's body, and how it is read."""
        types: list[str] = []
        kinds: list[str] = []
        for status, part in self.operation.get("responses", {}).items():
            if not str(status).startswith("2"):
                continue
            content: Schema = self.resolver.resolved(part).get("content", {})
            media_type = next((name for name in content if is_json(name)), next(iter(content), ""))
            media: Schema = content.get(media_type, {})
            item = media.get("itemSchema", media.get("x-itemSchema"))
            if not media_type:
                found = ("undefined", "json")
            elif is_json(media_type):
                found = (self.names.type_of(media.get("schema"), 2), "json")
            elif media_type == "text/event-stream":
                event: Schema = item or {}
                data: Schema = event.get("properties", {}).get("data", {})
                found = (self.names.type_of(data.get("contentSchema", data), 2), "events")
            elif item is not None:
                found = (self.names.type_of(item, 2), "lines")
            else:
                found = ("string", "text") if media_type.startswith("text/") else ("Blob", "blob")
            types.append(found[0])
            kinds.append(found[1])
        if not types:
            return "unknown", "json"
        return " | ".join(dict.fromkeys(types)), kinds[0]


def is_json(media_type: str) -> bool:
    return bool(re.fullmatch(r"application/(.+\+)?json", media_type.partition(";")[0].strip()))
