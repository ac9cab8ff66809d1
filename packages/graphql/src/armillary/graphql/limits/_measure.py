"""The depth, aliases, complexity and repeats of an operation, with its fragments expanded.

A fragment is measured once, however often it is spread, so the work grows with the length of the
document although the sums may grow exponentially. A fragment within itself adds nothing:
validation rejects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
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

from ._costs import FieldCosts
from ._list_sizes import MissingVariables, variable_defaults


class Measure(NamedTuple):
    """Levels of fields, aliased fields, the sum of the costs, and the response name selected most often in one place.

    Attributes:
        repeats: how often that is.
        repeated: that name.
        names: how often each response name is selected here, not below.
    """

    depth: int = 0
    aliases: int = 0
    complexity: int = 0
    repeats: int = 0
    repeated: str = ""
    names: Mapping[str, int] = MappingProxyType({})


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
            self._variables = {**variable_defaults(node), **self._request_variables}
            self._measured.clear()
        return self._selections(node.selection_set, self._schema.get_root_type(node.operation))

    def _selections(self, node: SelectionSetNode, parent: GraphQLNamedType | None) -> Measure:
        depth = aliases = complexity = repeats = 0
        repeated = ""
        names: dict[str, int] = {}
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
            if part.repeats > repeats:
                repeats, repeated = part.repeats, part.repeated
            for name, count in part.names.items():
                names[name] = total = names.get(name, 0) + count
                if total > repeats:
                    repeats, repeated = total, name
        return Measure(depth, aliases, complexity, repeats, repeated, names)

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Measure:
        weight, inner = self._costs.weigh(parent, node)
        aliases, name = (0, node.name.value) if node.alias is None else (1, node.alias.value)
        names = {name: 1}
        if node.selection_set is None:
            return Measure(1, aliases, weight, 1, name, names)
        below = self._selections(node.selection_set, inner)
        try:
            count = self._costs.count(parent, node, self._variables)
        except MissingVariables:
            self.needs_variables = True
            count = 1
        complexity = weight + count * below.complexity
        return Measure(below.depth + 1, below.aliases + aliases, complexity, below.repeats, below.repeated, names)

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
