"""Where the values of one schema are not values of another.

What a server takes may only become wider: every value of the old schema has to be one of the new. What it sends may
only become narrower: every value of the new schema has to be one of the old. So one relation is checked, with the
sides exchanged; besides, a member that is gone is reported either way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from ._references import Resolver

Schema = dict[str, Any]
Direction = Literal["request", "response"]

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
SAME = ("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding")


def schema_changes(old: Any, new: Any, direction: Direction, resolvers: tuple[Resolver, Resolver]) -> list[str]:
    """Return what of a schema's changes breaks clients, each with the place in the value."""
    return list(SchemaComparison(direction, resolvers).changes(old, new, ""))


class SchemaComparison:
    """Compares schemas, each pair of references once."""

    def __init__(self, direction: Direction, resolvers: tuple[Resolver, Resolver]) -> None:
        self.direction: Direction = direction
        self.resolvers = resolvers
        self._seen: set[tuple[str, str]] = set()

    def changes(self, old: Any, new: Any, place: str) -> Iterator[str]:
        """Yield what breaks clients between two schemas."""
        pair = (reference_of(old), reference_of(new))
        if all(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        before, after = self.resolvers[0].resolved(old), self.resolvers[1].resolved(new)
        olds, news = alternatives(before), alternatives(after)
        if len(olds) > 1 or len(news) > 1:
            yield from self._unions(olds, news, place)
            return
        before, after = self.resolvers[0].resolved(olds[0]), self.resolvers[1].resolved(news[0])
        yield from self._scalars(before, after, place)
        yield from self._members(before, after, place)

    def _unions(self, olds: list[Any], news: list[Any], place: str) -> Iterator[str]:
        if self.direction == "request":
            for old in olds:
                if not any(self._fits(old, new) for new in news):
                    yield f"{place}: {named(old)} is not taken any more"
        else:
            for new in news:
                if not any(self._fits(old, new) for old in olds):
                    yield f"{place}: {named(new)} may be sent now"

    def _fits(self, old: Any, new: Any) -> bool:
        if reference_of(old) and reference_of(old) == reference_of(new) and (reference_of(old),) * 2 in self._seen:
            return True
        comparison = SchemaComparison(self.direction, self.resolvers)
        comparison._seen = set(self._seen)
        return not list(comparison.changes(old, new, ""))

    def _scalars(self, before: Schema, after: Schema, place: str) -> Iterator[str]:
        inner, outer = (before, after) if self.direction == "request" else (after, before)
        verb = "is" if self.direction == "request" else "was"
        if beyond := types_of(inner) - types_of(outer) if types_of(outer) and types_of(inner) else set[str]():
            if beyond != {"integer"} or "number" not in types_of(outer):
                yield f"{place}: the type was {shown_types(before)} and is {shown_types(after)}"
                return
        elif types_of(outer) and not types_of(inner):
            yield f"{place}: the type was {shown_types(before)} and is {shown_types(after)}"
        allowed, given = values_of(outer), values_of(inner)
        if allowed is not None:
            more = [value for value in given or [] if value not in allowed]
            if given is None or more:
                what = ", ".join(map(json.dumps, more)) or "any value"
                taken = "is not taken any more" if self.direction == "request" else "may be sent now"
                yield f"{place}: {what} {taken}"
        for keyword in LOWER + UPPER:
            limit, own = outer.get(keyword), inner.get(keyword)
            if limit is None or (keyword in LOWER[2:] and limit == 0):
                continue
            if own is None or (own < limit if keyword in LOWER else own > limit):
                other = "none" if own is None else own
                yield f"{place}: {keyword} {verb} {limit}, where it {'was' if verb == 'is' else 'is'} {other}"
        for keyword in SAME:
            if outer.get(keyword) and outer[keyword] != inner.get(keyword):
                yield f"{place}: {keyword} was {before.get(keyword)!r} and is {after.get(keyword)!r}"

    def _members(self, before: Schema, after: Schema, place: str) -> Iterator[str]:
        olds, news = before.get("properties", {}), after.get("properties", {})
        for name in olds:
            if name not in news:
                yield f"{place}.{name} is gone"
            else:
                yield from self.changes(olds[name], news[name], f"{place}.{name}")
        required, still = set(before.get("required", [])), set(after.get("required", []))
        if self.direction == "request":
            for name in sorted(still - required):
                yield f"{place}.{name} is required now"
        else:
            for name in sorted((required - still) & news.keys()):
                yield f"{place}.{name} may be missing now"
        for keyword in ("items", "additionalProperties"):
            if isinstance(before.get(keyword), dict) and isinstance(after.get(keyword), dict):
                yield from self.changes(before[keyword], after[keyword], f"{place}[]")
        if self.direction == "request" and after.get("additionalProperties") is False is not before.get(
            "additionalProperties"
        ):
            yield f"{place}: members that are not listed are not taken any more"
        for number, (old, new) in enumerate(
            zip(before.get("prefixItems", []), after.get("prefixItems", []), strict=False)
        ):
            yield from self.changes(old, new, f"{place}[{number}]")


def alternatives(schema: Schema) -> list[Any]:
    """Return the alternatives of a union; a schema of several types has one for each."""
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return list(schema[keyword])
    kinds = schema.get("type")
    if isinstance(kinds, list) and len(kinds) > 1:  # pyright: ignore[reportUnknownArgumentType]
        return [{**schema, "type": kind} for kind in kinds]  # pyright: ignore[reportUnknownVariableType]
    return [schema]


def reference_of(schema: Any) -> str:
    return str(schema.get("$ref", "")) if isinstance(schema, dict) else ""  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]


def named(schema: Any) -> str:
    """Return what a schema is called in a message."""
    if reference_of(schema):
        return reference_of(schema).rpartition("/")[2]
    return ", ".join(sorted(types_of(schema))) or "any value"


def types_of(schema: Schema) -> set[str]:
    kinds: Any = schema.get("type", [])
    return {kinds} if isinstance(kinds, str) else set(kinds)


def shown_types(schema: Schema) -> str:
    return " or ".join(sorted(types_of(schema))) or "any"


def values_of(schema: Schema) -> list[Any] | None:
    """Return the values that a schema lists; None if it lists none."""
    return [schema["const"]] if "const" in schema else schema.get("enum")
