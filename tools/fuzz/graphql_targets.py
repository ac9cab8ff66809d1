"""How GraphQL operations are counted, against a count of the expanded document."""

from __future__ import annotations

from collections import Counter
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, build_schema, get_named_type, parse

from armillary.graphql import FieldCosts, GraphQLLimits
from armillary.graphql.limits._measure import Measuring

SCHEMA = build_schema(
    """
    input Page { first: Int = 7, ids: [Int!], inner: Page }
    interface Named { name: String }
    type Node implements Named {
        name: String
        node: Node
        nodes(first: Int = 3, page: Page): [Node]
    }
    type Query { node: Node, nodes(first: Int = 3, page: Page): [Node], named: Named }
    """
)
MAX_EXPANDED = 2000


class TooMuch(Exception):
    """The expanded document is too long to be counted one field after the other."""


class Expanded:
    """Counts a document by walking through every field that it stands for.

    Attributes:
        aliases: how many fields have one.
        cost: the sum of the costs, each field times what the lists above it are asked for.
    """

    def __init__(self, node: Any) -> None:
        self.fragments = {part.name.value: part for part in node.definitions if part.kind == "fragment_definition"}
        self.walked = self.aliases = self.cost = 0

    def fields(self, selection_set: Any, parent: Any, opened: frozenset[str]) -> list[tuple[Any, Any, frozenset[str]]]:
        """Return the fields of one place, each with the type it is of and the fragments it is in."""
        found: list[tuple[Any, Any, frozenset[str]]] = []
        for selection in selection_set.selections:
            self.walked += 1
            if self.walked > MAX_EXPANDED:
                raise TooMuch
            if selection.kind == "field":
                found.append((selection, parent, opened))
            elif selection.kind == "inline_fragment":
                found += self.fields(selection.selection_set, type_of(selection, parent), opened)
            elif (name := selection.name.value) in self.fragments:
                if name in opened:
                    raise TooMuch  # endless, and rejected by validation
                fragment = self.fragments[name]
                found += self.fields(fragment.selection_set, type_of(fragment, None), opened | {name})
        return found

    def measure(
        self, selection_set: Any, parent: Any, times: int, opened: frozenset[str] = frozenset()
    ) -> tuple[int, int]:
        """Return the depth, and how often the name that is selected most often in one place is."""
        depth = repeats = 0
        names: Counter[str] = Counter()
        for field, owner, inside in self.fields(selection_set, parent, opened):
            definition = getattr(owner, "fields", {}).get(field.name.value)
            self.aliases += field.alias is not None
            self.cost += 0 if definition is None and field.name.value == "__typename" else times
            names[(field.alias or field.name).value] += 1
            below = (0, 0)
            if field.selection_set:
                inner = None if definition is None else get_named_type(definition.type)
                below = self.measure(field.selection_set, inner, times * items(field, definition), inside)
            depth, repeats = max(depth, below[0] + 1), max(repeats, below[1])
        return depth, max(repeats, *names.values(), 0)


def type_of(fragment: Any, parent: Any) -> Any:
    return parent if fragment.type_condition is None else SCHEMA.type_map.get(fragment.type_condition.name.value)


def items(field: Any, definition: Any) -> int:
    """Return how many items a field is asked for, by the schema of this file alone."""
    if not getattr(definition, "args", None):
        return 1
    given = {argument.name.value: argument.value for argument in reversed(field.arguments or ())}
    numbers = [number(given["first"]) if "first" in given else 3.0, 1.0]
    page = given.get("page")
    while page is not None and page.kind == "object_value":
        members = {member.name.value: member.value for member in page.fields}
        numbers.append(number(members["first"]) if "first" in members else 7.0)
        numbers.append(number(members["ids"]) if "ids" in members else 0.0)
        page = members.get("inner")
    if page is not None and page.kind == "list_value":
        raise TooMuch  # no page is a list
    return int(min(max(numbers), 10**18))


def number(node: Any) -> float:
    if node.kind == "list_value":
        return float(len(node.values))
    return float(node.value) if node.kind in ("int_value", "float_value") else 0.0


def fuzz_graphql(data: bytes) -> None:
    """Any text: counted as its expanded document is, or rejected."""
    try:
        text = data.decode()
        node = parse(text, max_tokens=GraphQLLimits().max_tokens, no_location=True)
    except (UnicodeDecodeError, GraphQLError):
        return
    measuring = Measuring(SCHEMA, node, FieldCosts(), {})
    for operation in node.definitions:
        if not isinstance(operation, OperationDefinitionNode):
            continue
        measured = measuring.operation(operation)
        assert measured.complexity >= 0
        expanded = Expanded(node)
        try:
            counted = expanded.measure(operation.selection_set, SCHEMA.get_root_type(operation.operation), 1)
        except TooMuch:
            continue
        assert (measured.depth, measured.repeats, measured.aliases) == (*counted, expanded.aliases)
        if "$" not in text:
            assert measured.complexity == expanded.cost, (measured, expanded.cost)
