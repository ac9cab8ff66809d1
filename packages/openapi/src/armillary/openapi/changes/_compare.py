"""The changes between two documents, operation by operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .._endpoints import METHODS
from ._references import Resolver
from ._schema_changes import Direction, schema_changes

Schema = Mapping[str, Any]


class Change(NamedTuple):
    """One change.

    Attributes:
        breaking: whether a client that was right before may fail now.
        operation: method and path.
        description: what changed.
    """

    breaking: bool
    operation: str
    description: str


def compare(old: Schema, new: Schema) -> list[Change]:
    """Return the changes from one document to another, the breaking ones first.

    What is received may only be taken more widely, and what is sent may only say more: a value that was accepted and is
    not any more, and a value that is sent and was not announced, break clients. So do another operation id, which
    renames the functions of generated clients, and new requirements for credentials.

    >>> get = {"responses": {"200": {"description": "OK"}}}
    >>> compare({"paths": {"/a": {"get": get}}}, {"paths": {}})
    [Change(breaking=True, operation='GET /a', description='the operation is gone')]
    """
    before, after = operations_of(old), operations_of(new)
    changes: list[Change] = []
    for key, (label, operation) in before.items():
        if key not in after:
            changes.append(Change(True, label, "the operation is gone"))
            continue
        comparison = OperationComparison(Resolver(old), Resolver(new), operation, after[key][1])
        changes += [Change(breaking, label, description) for breaking, description in comparison.changes()]
    changes += [Change(False, label, "the operation is new") for key, (label, _) in after.items() if key not in before]
    # What a body has in two media types changes in both, and is said once.
    return sorted(dict.fromkeys(changes), key=lambda change: not change.breaking)


def operations_of(document: Schema) -> dict[tuple[str, str], tuple[str, Schema]]:
    """Return the operations by method and path, whatever the parameters in the path are called."""
    found: dict[tuple[str, str], tuple[str, Schema]] = {}
    security = document.get("security", [])
    for path, item in document.get("paths", {}).items():
        methods = {method: item[method] for method in METHODS if method in item} | item.get("additionalOperations", {})
        for method, operation in methods.items():
            shared = [*item.get("parameters", []), *operation.get("parameters", [])]
            whole = {"security": security, **operation, "parameters": shared}
            found[method.upper(), re.sub(r"\{[^}]*\}", "{}", path)] = (f"{method.upper()} {path}", whole)
    return found


class OperationComparison:
    """The changes of one operation."""

    def __init__(self, old_document: Resolver, new_document: Resolver, old: Schema, new: Schema) -> None:
        self.resolvers = (old_document, new_document)
        self.old = old
        self.new = new

    def changes(self) -> Iterator[tuple[bool, str]]:
        """Yield each change, and whether it breaks clients."""
        yield from self._parameters()
        yield from self._body()
        yield from self._responses()
        yield from self._security()
        before, after = self.old.get("operationId"), self.new.get("operationId")
        if before != after:
            yield bool(before), f"the operation id was {before!r} and is {after!r}"
        if self.new.get("deprecated") and not self.old.get("deprecated"):
            yield False, "the operation is deprecated"

    def _schema(self, old: Any, new: Any, direction: Direction, place: str) -> Iterator[tuple[bool, str]]:
        for description in schema_changes(old, new, direction, self.resolvers):
            yield True, f"{place}{description}"

    def _parameters(self) -> Iterator[tuple[bool, str]]:
        before, after = (
            {parameter_key(item): item for item in map(resolver.resolved, operation["parameters"])}
            for resolver, operation in zip(self.resolvers, (self.old, self.new), strict=True)
        )
        in_path = [[item for item in side.values() if item.get("in") == "path"] for side in (before, after)]
        for old, new in zip(*in_path, strict=False):
            yield from self._schema(old.get("schema"), new.get("schema"), "request", f"path parameter {old['name']}")
        for key in before.keys() | after.keys():
            if key[0] == "path":
                continue
            label = f"{key[0]} parameter {key[1]}"
            if key not in after:
                yield True, f"{label} is gone"
            elif key not in before:
                required = bool(after[key].get("required"))
                yield required, f"{label} is new{' and required' if required else ''}"
            else:
                if after[key].get("required") and not before[key].get("required"):
                    yield True, f"{label} is required now"
                yield from self._schema(before[key].get("schema"), after[key].get("schema"), "request", label)

    def _body(self) -> Iterator[tuple[bool, str]]:
        before = self.resolvers[0].resolved(self.old.get("requestBody", {}))
        after = self.resolvers[1].resolved(self.new.get("requestBody", {}))
        if after.get("required") and not before.get("required"):
            yield True, "the request body is required now"
        if before and not after:
            yield True, "the request body is gone"
            return
        yield from self._content(before, after, "request", "request body")

    def _responses(self) -> Iterator[tuple[bool, str]]:
        before, after = self.old.get("responses", {}), self.new.get("responses", {})
        for status, response in before.items():
            if status not in after:
                yield str(status).startswith("2"), f"response {status} is gone"
            else:
                old, new = self.resolvers[0].resolved(response), self.resolvers[1].resolved(after[status])
                yield from self._content(old, new, "response", f"response {status}")
        for status in after:
            if status not in before:
                yield str(status).startswith("2"), f"response {status} is new"

    def _content(self, old: Schema, new: Schema, direction: Direction, place: str) -> Iterator[tuple[bool, str]]:
        before, after = old.get("content", {}), new.get("content", {})
        for media_type, content in before.items():
            if media_type not in after:
                yield True, f"{place}: {media_type} is gone"
                continue
            for key in ("schema", "itemSchema"):
                yield from self._schema(content.get(key), after[media_type].get(key), direction, place)
        for media_type in after:
            if media_type not in before:
                yield False, f"{place}: {media_type} is new"

    def _security(self) -> Iterator[tuple[bool, str]]:
        before, after = self.old["security"], self.new["security"]
        if not after or {} in after:
            return
        if not before or {} in before:
            yield True, "credentials are required now"
            return
        for requirement in before:
            if not any(is_met(wanted, requirement) for wanted in after):
                yield True, f"credentials {' and '.join(requirement)} are not enough any more"


def is_met(wanted: Mapping[str, list[str]], given: Mapping[str, list[str]]) -> bool:
    """Return whether credentials that meet one requirement meet another."""
    return all(name in given and set(scopes) <= set(given[name]) for name, scopes in wanted.items())


def parameter_key(parameter: Schema) -> tuple[str, str]:
    name, place = str(parameter.get("name")), str(parameter.get("in"))
    return place, name.lower() if place == "header" else name
