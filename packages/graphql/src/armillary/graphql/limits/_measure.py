"""The depth, aliases and complexity of an operation, with its fragments expanded.

A fragment is measured once, however often it is spread, so the work grows with the length of the
document although the sums may grow exponentially. A fragment within itself adds nothing:
validation rejects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from ._costs import FieldCosts, number_defaults


class Measure(NamedTuple):
    """Levels of fields, aliased fields, and the sum of the costs."""

    depth: int = 0
    aliases: int = 0
    complexity: int = 0


_EMPTY_MEASURE = Measure()


class Measuring:
    """Measures the operations of one document.

    Args:
        schema: the schema whose types the costs are looked up in.
        document: any document, valid or not.
        costs: the cost of each field.
        variables: the variables of the request; None if not known.

    Attributes:
        needs_variables: whether a cost depends on variables that were not given.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        costs: FieldCosts,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        self._schema = schema
        self._costs = costs
        self._request_variables = self._variables = variables
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._measured: dict[str, Measure] = {}
        self.needs_variables = False

    def operation(self, node: OperationDefinitionNode) -> Measure:
        """Return the measure of one operation."""
        if self._request_variables is not None:
            # Each operation has its own defaults, so the cost of a fragment may differ between operations.
            self._variables = {**number_defaults(node), **self._request_variables}
            self._measured.clear()
        return self._selections(node.selection_set, self._schema.get_root_type(node.operation))

    def _selections(self, node: SelectionSetNode, parent: GraphQLNamedType | None) -> Measure:
        depth = aliases = complexity = 0
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                part = self._field(selection, parent)
            elif isinstance(selection, FragmentSpreadNode):
                part = self._fragment(selection.name.value)
            else:
                assert isinstance(selection, InlineFragmentNode)
                condition = selection.type_condition
                inner = parent if condition is None else self._schema.type_map.get(condition.name.value)
                part = self._selections(selection.selection_set, inner)
            depth = max(depth, part.depth)
            aliases += part.aliases
            complexity += part.complexity
        return Measure(depth, aliases, complexity)

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Measure:
        weight, inner = self._costs.weigh(parent, node)
        aliases = 0 if node.alias is None else 1
        if node.selection_set is None:
            return Measure(1, aliases, weight)
        below = self._selections(node.selection_set, inner)
        count = self._costs.count(node, self._variables)
        if count is None:
            self.needs_variables = True
            count = 1
        return Measure(below.depth + 1, below.aliases + aliases, weight + count * below.complexity)

    def _fragment(self, name: str) -> Measure:
        measured = self._measured.get(name)
        if measured is None:
            fragment = self._fragments.get(name)
            if fragment is None:
                return _EMPTY_MEASURE
            self._measured[name] = _EMPTY_MEASURE
            condition = self._schema.type_map.get(fragment.type_condition.name.value)
            measured = self._measured[name] = self._selections(fragment.selection_set, condition)
        return measured
