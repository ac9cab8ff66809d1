"""The cost of each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from graphql import FieldNode, GraphQLNamedType, GraphQLSchema, get_named_type

from ._list_sizes import ListArguments

_TYPENAME = "__typename"


class FieldCosts:
    """How much each field adds to the complexity of an operation.

    A field costs its weight and what is selected below it. If an argument limits the number of
    items, by the document, a variable or a default of the schema, what is selected below counts that
    many times.

    Args:
        weights: costs by "Type.field"; 0 for none.
        default: the cost of every other field.
        list_arguments: arguments that say how many items a field returns: by a number, or by the length of
            a list. A dotted path names a member of an input object, of any if it begins with "*". Names are
            those of the schema. By default "first", "last", "limit" and "ids", as arguments and in any input object.

    A weight may also be set on the field: `strawberry.field(metadata={"cost": 5})`. `weights` takes precedence.

    Raises:
        TypeError: a weight is not an integer, or `list_arguments` is no list of strings.
        ValueError: a weight is negative, its key is not "Type.field", or a path has an empty part.

    >>> FieldCosts({"Query.search": 10}).weights
    {'Query.search': 10}
    """

    def __init__(
        self,
        weights: Mapping[str, int] | None = None,
        *,
        default: int = 1,
        list_arguments: Sequence[str] | None = None,
    ) -> None:
        if weights is not None and not isinstance(cast("object", weights), Mapping):
            raise TypeError(
                f"FieldCosts takes weights by 'Type.field', such as {{'Query.search': 10}}, got {weights!r}"
            )
        self.weights: dict[str, int] = dict(weights or {})
        self.default = default
        self._list_arguments = ListArguments(list_arguments)
        for name, weight in (*self.weights.items(), ("default", default)):
            if name != "default" and name.count(".") != 1:
                raise ValueError(f"FieldCosts takes weights by 'Type.field', got {name!r}")
            _check_weight(name, weight)

    def check(self, schema: GraphQLSchema) -> None:
        """Raise ValueError for an unknown field or argument, and for an invalid weight on a field of the schema."""
        self._list_arguments.check(schema)
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
        field = _field(parent, node)
        if field is None:
            return (0 if name == _TYPENAME else self.default), None
        assert parent is not None
        weight: int | None = self.weights.get(f"{parent.name}.{name}")
        if weight is None:
            weight = _cost_at(field, self.default)
        return weight, cast("GraphQLNamedType", get_named_type(field.type))

    def count(self, parent: GraphQLNamedType | None, node: FieldNode, variables: Mapping[str, Any] | None) -> int:
        """Return how many items a field is asked for.

        Raises:
            MissingVariables: that depends on variables, and `variables` is None.
        """
        field = _field(parent, node)
        return 1 if field is None else self._list_arguments.count(field, node, variables)


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


def _field(parent: GraphQLNamedType | None, node: FieldNode) -> Any:
    """Return the definition of a field; None if its type has no such field, or is not known."""
    fields: Any = getattr(parent, "fields", None)
    return None if fields is None else fields.get(node.name.value)
