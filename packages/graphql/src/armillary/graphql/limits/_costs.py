"""The cost of each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from graphql import (
    FieldNode,
    FloatValueNode,
    GraphQLNamedType,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

_TYPENAME = "__typename"
_MAX_ITEMS = 10**18


class FieldCosts:
    """How much each field adds to the complexity of an operation.

    A field costs its weight and what is selected below it. If an argument limits the number of
    items, what is selected below counts that many times.

    Args:
        weights: costs by "Type.field"; 0 for none.
        default: the cost of every other field.
        list_arguments: arguments that say how many items a field returns.

    A weight may also be set on the field: `strawberry.field(metadata={"cost": 5})`. `weights` takes precedence.

    Raises:
        TypeError: a weight is not an integer, or `list_arguments` is a string.
        ValueError: a weight is negative, or its key is not "Type.field".

    >>> FieldCosts({"Query.search": 10}).weights
    {'Query.search': 10}
    """

    def __init__(
        self,
        weights: Mapping[str, int] | None = None,
        *,
        default: int = 1,
        list_arguments: Sequence[str] = ("first", "last", "limit"),
    ) -> None:
        self.weights = dict(weights or {})
        self.default = default
        if isinstance(list_arguments, str):
            raise TypeError(f"FieldCosts takes list_arguments as a list of names, got {list_arguments!r}")
        self.list_arguments = frozenset(list_arguments)
        for name, weight in (*self.weights.items(), ("default", default)):
            if name != "default" and name.count(".") != 1:
                raise ValueError(f"FieldCosts takes weights by 'Type.field', got {name!r}")
            _check_weight(name, weight)

    def check(self, schema: GraphQLSchema) -> None:
        """Raise ValueError for a weight of an unknown field, and for an invalid weight on a field of the schema."""
        for name in self.weights:
            type_name, _, field = name.partition(".")
            fields: Any = getattr(schema.type_map.get(type_name), "fields", None)
            if fields is None or field not in fields:
                raise ValueError(f"FieldCosts names {name!r}, which is no field of the schema")
        for type_name, definition in schema.type_map.items():
            own: Any = getattr(definition, "fields", None) or {}
            for name, field in own.items():
                _check_weight(f"{type_name}.{name}", _cost_at(field, 0))

    def weigh(self, parent: GraphQLNamedType | None, node: FieldNode) -> tuple[int, GraphQLNamedType | None]:
        """Return the weight of a field and the type of what it returns, if known."""
        name = node.name.value
        fields: Any = getattr(parent, "fields", None)
        field: Any = None if fields is None else fields.get(name)
        if field is None:
            return (0 if name == _TYPENAME else self.default), None
        assert parent is not None
        weight: int | None = self.weights.get(f"{parent.name}.{name}")
        if weight is None:
            weight = _cost_at(field, self.default)
        return weight, cast("GraphQLNamedType", get_named_type(field.type))

    def count(self, node: FieldNode, variables: Mapping[str, Any] | None) -> int | None:
        """Return how many items a field is asked for; None if that depends on a variable not given here."""
        items = 1
        for argument in node.arguments or ():
            if argument.name.value not in self.list_arguments:
                continue
            value = argument.value
            if not isinstance(value, VariableNode):
                given = _literal(value)
            elif variables is None:
                return None
            else:
                given = variables.get(value.name.value)
            # JSON has one kind of number, and 1e3 is an Int to GraphQL.
            if isinstance(given, (int, float)) and given > items:
                items = int(min(given, _MAX_ITEMS))
        return items


def _check_weight(name: str, weight: object) -> None:
    if not isinstance(weight, int) or isinstance(weight, bool):
        raise TypeError(f"FieldCosts needs weights as whole numbers, got {weight!r} for {name!r}")
    if weight < 0:
        raise ValueError(f"FieldCosts needs weights of 0 or more, got {weight!r} for {name!r}")


def _cost_at(field: Any, default: int) -> int:
    """Return the cost set on a field of the schema."""
    definition: Any = field.extensions.get("strawberry-definition")
    metadata: dict[str, Any] = getattr(definition, "metadata", None) or {}
    return cast("int", metadata.get("cost", default))


def number_defaults(node: OperationDefinitionNode) -> dict[str, float]:
    """Return the default values of the numeric variables of an operation."""
    defaults: dict[str, float] = {}
    for definition in node.variable_definitions or ():
        default = _literal(definition.default_value)
        if default is not None:
            defaults[definition.variable.name.value] = default
    return defaults


def _literal(value: ValueNode | None) -> float | None:
    """Return the number a literal represents, with any number of digits; None for other literals."""
    return float(value.value) if isinstance(value, (IntValueNode, FloatValueNode)) else None
