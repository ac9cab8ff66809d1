"""How many items a field is asked for, by the values of its arguments.

An argument counts by its path: `first` is an argument, `input.first` a member of its input object, `*.first` a member
of any input object, however deep. The value of each part of a path comes from the first of these that there is: the
document, with the values of its variables; the default in the schema. A number counts as itself, a list as its length;
members of the input objects in a list add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from graphql import (
    FieldNode,
    FloatValueNode,
    GraphQLField,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
)

DEFAULT_LIST_ARGUMENTS: Final = ("first", "last", "limit", "ids", "*.first", "*.last", "*.limit", "*.ids")

_MAX_ITEMS = 10**18


class MissingVariables(Exception):
    """A number of items depends on variables that are not known yet."""


class ListArguments:
    """The arguments that say how many items a field returns.

    Args:
        paths: names of arguments, and dotted paths into input objects, as in the schema; "*" begins one into any.
            None for `DEFAULT_LIST_ARGUMENTS`.

    Raises:
        TypeError: not a list of strings.
        ValueError: a path has an empty part, or a "*" that is not the beginning of a longer one.

    >>> ListArguments(["first", "input.first"]).paths
    (('first',), ('input', 'first'))
    """

    def __init__(self, paths: Iterable[str] | None) -> None:
        names: list[object] = [] if isinstance(paths, str) else list(DEFAULT_LIST_ARGUMENTS if paths is None else paths)
        if isinstance(paths, str) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"FieldCosts takes list_arguments as a list of names, got {paths!r}")
        self.paths = tuple(tuple(cast("str", name).split(".")) for name in names)
        if not all(all(path) and path != ("*",) and "*" not in path[1:] for path in self.paths):
            raise ValueError(f"FieldCosts takes list_arguments as names or paths such as 'input.first', got {names!r}")
        # Not every schema has all of the default ones.
        self._checked = self.paths if paths is not None else ()

    def check(self, schema: GraphQLSchema) -> None:
        """Raise ValueError for a path that leads to no argument of any field."""
        missing = set(self._checked)
        for definition in schema.type_map.values():
            fields: Mapping[str, GraphQLField] = getattr(definition, "fields", None) or {}
            for field in fields.values():
                missing = {path for path in missing if not _leads_somewhere(getattr(field, "args", None) or {}, path)}
        if missing:
            path = ".".join(min(missing))
            raise ValueError(
                f"FieldCosts names {path!r} in list_arguments, which is no argument of the schema; "
                "write it as the schema does, such as 'pageSize' or 'input.first'"
            )

    def count(self, field: GraphQLField, node: FieldNode, variables: Mapping[str, Any] | None) -> int:
        """Return how many items a field is asked for, at least 1.

        Args:
            field: its definition.
            node: its place in the document.
            variables: their values, or defaults; None if they are not known.

        Raises:
            MissingVariables: that depends on `variables`.
        """
        items = 1.0
        for name, *rest in self.paths:
            if name in field.args:
                items = max(items, _size(_given(node, name, variables), field.args[name], rest))
            elif name == "*":
                for each, argument in field.args.items():
                    if _members(argument):
                        items = max(items, _size(_given(node, each, variables), argument, ["*", *rest]))
        return int(min(items, _MAX_ITEMS))


def _given(node: FieldNode, name: str, variables: Mapping[str, Any] | None) -> Any:
    """Return the value that the document gives an argument, `Undefined` if it gives none."""
    given = next((part.value for part in node.arguments or () if part.name.value == name), None)
    return Undefined if given is None else plain_value(given, variables)


def plain_value(node: ValueNode, variables: Mapping[str, Any] | None) -> Any:
    """Return the value of a literal as far as it can count, `Undefined` for a variable without one.

    Numbers become floats, which have no limit on their digits, as JSON has only one kind of number.

    Raises:
        MissingVariables: it has a variable in it, and `variables` is None.
    """
    if isinstance(node, VariableNode):
        if variables is None:
            raise MissingVariables
        return variables.get(node.name.value, Undefined)
    if isinstance(node, (IntValueNode, FloatValueNode)):
        return float(node.value)
    if isinstance(node, ListValueNode):
        return [plain_value(member, variables) for member in node.values]
    if isinstance(node, ObjectValueNode):
        members = {member.name.value: plain_value(member.value, variables) for member in node.fields}
        return {name: value for name, value in members.items() if value is not Undefined}
    return None


def variable_defaults(node: OperationDefinitionNode) -> dict[str, Any]:
    """Return the default values of the variables of an operation."""
    return {
        definition.variable.name.value: plain_value(definition.default_value, {})
        for definition in node.variable_definitions or ()
        if definition.default_value is not None
    }


def _leads_somewhere(inputs: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    if path[0] == "*":
        return _is_member(inputs, path[1:], set())
    for name in path:
        found = inputs.get(name)
        if found is None:
            return False
        inputs = _members(found)
    return True


def _is_member(inputs: Mapping[str, Any], path: tuple[str, ...], seen: set[str]) -> bool:
    """Return whether a path leads somewhere from any input object at or below `inputs`."""
    for definition in inputs.values():
        members = _members(definition)
        type_name = str(cast("Any", get_named_type)(definition.type))
        if members and type_name not in seen:
            seen.add(type_name)
            if _leads_somewhere(members, path) or _is_member(members, path, seen):
                return True
    return False


def _members(definition: Any) -> Mapping[str, Any]:
    """Return the input fields of an argument or input field whose type is an input object; else none."""
    named: Any = cast("Any", get_named_type)(definition.type)
    return getattr(named, "fields", None) or {}


def _size(value: Any, definition: Any, path: list[str]) -> float:
    """Return what a value counts below a path; `definition` is that of its argument or input field."""
    if value is Undefined:
        value = _default(definition)
    if isinstance(value, list):
        members: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        # Where the path ends the list itself counts; above that, what is in its members.
        return sum(_size(member, definition, path) for member in members) if path else len(members)
    if not path:
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
    members_by_name = _members(definition)
    if not members_by_name or not isinstance(value, dict):
        return 0
    values = cast("dict[str, Any]", value)
    if path[0] == "*":
        below = (_size(values.get(name, Undefined), member, path) for name, member in members_by_name.items())
        return max(_size(values, definition, path[1:]), *below)
    member = members_by_name.get(path[0])
    return 0 if member is None else _size(values.get(path[0], Undefined), member, path[1:])


def _default(definition: Any) -> Any:
    """Return the default of an argument or input field; None if there is none."""
    default = definition.default
    if default is None:
        value = definition.default_value
    else:
        value = plain_value(default.literal, {}) if default.literal is not None else default.value
    return None if value is Undefined else value
