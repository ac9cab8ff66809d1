"""From a type to its schema."""

from __future__ import annotations

import collections.abc
import enum
import inspect
import re
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar, get_args, get_origin

from armillary.serialization import NO_DEFAULT

from ._components import Components
from ._constraints import Schema, described, flattened
from ._fields import Mode, is_structured, members
from ._pydantic import is_of_pydantic
from ._scalars import FILE, enum_schema, json_value, scalar_schema, values_schema
from ._typing_forms import is_alias, is_form
from ._unions import discriminated, union_schema

ARRAYS: Final = (
    list, set, frozenset, tuple, collections.abc.Sequence, collections.abc.Collection, collections.abc.Iterable,
    collections.abc.Set, collections.abc.MutableSequence, collections.abc.MutableSet, collections.deque,
)  # fmt: skip
SETS: Final = (set, frozenset, collections.abc.Set, collections.abc.MutableSet)
OBJECTS: Final = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
UNIONS: Final = (typing.Union, types.UnionType)


class TypeSchemas:
    """Makes the schemas of types; structured types, enumerations and aliases become components.

    Args:
        components: takes them.
        custom: schemas of types that this class does not know, or describes otherwise.
    """

    def __init__(self, components: Components, custom: Mapping[Any, Schema] | None = None) -> None:
        self.components = components
        self.custom = dict(custom or {})

    def of_files(self) -> TypeSchemas:
        """Return what makes the schemas of files of a form, whose bytes are sent as they are."""
        return TypeSchemas(self.components, {bytes: FILE, **self.custom})

    def schema(self, annotation: Any, mode: Mode) -> Schema:
        """Return the schema of a type.

        Args:
            annotation: the type, as an annotation has it.
            mode: whether values are received or sent.

        Raises:
            TypeError: the type has no schema.
        """
        if annotation is Any or annotation is object or annotation is inspect.Parameter.empty:
            return {}
        if hashable(annotation) and annotation in self.custom:
            return dict(self.custom[annotation])
        origin = get_origin(annotation)
        if origin is Annotated:
            base, *metadata = get_args(annotation)
            return described(self._annotated(base, metadata, mode), metadata)
        if annotation is None:
            return {"type": "null"}
        if is_alias(annotation) or is_alias(origin):
            return self._alias(annotation, mode)
        if hasattr(annotation, "__supertype__"):
            supertype: Any = getattr(annotation, "__supertype__")  # noqa: B009
            return self.schema(supertype, mode)
        if isinstance(annotation, TypeVar):
            return self._variable(annotation, mode)
        if origin is Literal:
            return values_schema([json_value(value) for value in get_args(annotation)])
        if origin in UNIONS:
            return union_schema(get_args(annotation), lambda member: self.schema(member, mode))
        if is_form(origin, "Final", "Required", "NotRequired", "ReadOnly"):
            return self.schema(get_args(annotation)[0], mode)
        return self._of_class(origin or annotation, annotation, mode)

    def _annotated(self, base: Any, metadata: list[Any], mode: Mode) -> Schema:
        named = (getattr(item, "discriminator", None) for item in flattened(metadata))
        discriminator = next(filter(None, named), None)
        if isinstance(discriminator, str) and get_origin(base) in UNIONS:
            return discriminated(get_args(base), discriminator, lambda member: self.schema(member, mode))
        return self.schema(base, mode)

    def _variable(self, variable: TypeVar, mode: Mode) -> Schema:
        if variable.__constraints__:
            return union_schema(variable.__constraints__, lambda member: self.schema(member, mode))
        return self.schema(Any if variable.__bound__ is None else variable.__bound__, mode)

    def _alias(self, alias: Any, mode: Mode) -> Schema:
        origin: Any = get_origin(alias) or alias

        def build() -> Schema:
            arguments = get_args(alias)
            value = alias_value(origin)
            return self.schema(value[arguments] if arguments and get_args(value) else value, mode)

        return self.components.reference(alias, component_name(alias), origin.__module__ or "", mode, build)

    def _of_class(self, cls: Any, annotation: Any, mode: Mode) -> Schema:
        if cls in ARRAYS:
            return self._array(cls, get_args(annotation), mode)
        if cls in OBJECTS:
            return self._mapping(get_args(annotation), mode)
        if not inspect.isclass(cls):
            raise TypeError(f"{annotation!r} has no JSON schema; give it one by types={{{annotation!r}: {{...}}}}")
        if issubclass(cls, enum.Enum):
            return self._named(cls, cls, mode, lambda: {**enum_schema(cls), **description(cls)})
        if is_of_pydantic(cls):
            return self.components.pydantic_reference(annotation, mode)
        if is_structured(annotation):
            return self._named(cls, annotation, mode, lambda: self.object_schema(annotation, mode))
        if (cls.__module__, cls.__name__) in (("msgspec", "Raw"), ("msgspec._core", "Raw")):
            return {}
        found = scalar_schema(cls, mode)
        if found is None:
            raise TypeError(f"{cls.__qualname__} has no JSON schema; give it one by types={{{cls.__name__}: {{...}}}}")
        return found

    def _named(self, cls: type, annotation: Any, mode: Mode, build: typing.Callable[[], Schema]) -> Schema:
        return self.components.reference(annotation, component_name(annotation), cls.__module__, mode, build)

    def _array(self, cls: Any, arguments: tuple[Any, ...], mode: Mode) -> Schema:
        if cls is tuple and arguments and arguments[-1] is not Ellipsis:
            items = [self.schema(argument, mode) for argument in arguments if argument != ()]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        schema: Schema = {"type": "array", "items": self.schema(arguments[0], mode) if arguments else {}}
        return {**schema, "uniqueItems": True} if cls in SETS else schema

    def _mapping(self, arguments: tuple[Any, ...], mode: Mode) -> Schema:
        if not arguments:
            return {"type": "object"}
        key, value = arguments
        schema: Schema = {"type": "object", "additionalProperties": self.schema(value, mode)}
        names = self.schema(key, mode)
        if "$ref" in names or (names.get("type") == "string" and len(names) > 1):
            schema["propertyNames"] = names
        return schema

    def object_schema(self, annotation: Any, mode: Mode) -> Schema:
        """Return the schema of a structured type itself, not a reference to it."""
        cls: Any = get_origin(annotation) or annotation
        found = list(members(annotation, mode))
        properties: dict[str, Schema] = {}
        for member in found:
            properties[member.name] = with_default(self.schema(member.annotation, mode), member.default)
        needed = {member.name: member.required if mode == "input" else member.always for member in found}
        config = getattr(cls, "__struct_config__", None)
        if config is not None and config.tag is not None:
            properties = {config.tag_field: values_schema([config.tag]), **properties}
            needed = {config.tag_field: True, **needed}
        schema: Schema = {"title": component_title(annotation), **description(cls)}
        required = [name for name, is_needed in needed.items() if is_needed]
        if getattr(config, "array_like", False) or (isinstance(cls, type) and issubclass(cls, tuple)):
            return {**schema, "type": "array", "prefixItems": [*properties.values()], "minItems": len(required)}
        schema |= {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        if getattr(config, "forbid_unknown_fields", False):
            schema["additionalProperties"] = False
        return schema


def alias_value(alias: Any) -> Any:
    """Return the type an alias stands for; a text is read in the module that defines it."""
    value = alias.__value__
    if not isinstance(value, str):
        return value
    holder = type("Holder", (), {"__annotations__": {"value": value}, "__module__": alias.__module__})
    return typing.get_type_hints(holder, include_extras=True)["value"]


def hashable(value: object) -> bool:
    return value.__hash__ is not None


def with_default(schema: Schema, default: Any) -> Schema:
    if default is NO_DEFAULT:
        return schema
    try:
        return {**schema, "default": json_value(default)}
    except (TypeError, ValueError):
        return schema


def component_title(annotation: Any) -> str:
    """Return the name of a type: "Page[Star]" for one with arguments."""
    cls: Any = get_origin(annotation) or annotation
    arguments = ", ".join(component_title(argument) for argument in get_args(annotation))
    name = str(getattr(cls, "__name__", cls))
    return f"{name}[{arguments}]" if arguments else name


def component_name(annotation: Any) -> str:
    """Return the name of a type as components may have it."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", component_title(annotation).replace(", ", "_"))


def description(cls: Any) -> Schema:
    """Return the docstring of a class, unless it was generated or inherited."""
    text = cls.__dict__.get("__doc__")
    if not text or text.startswith((f"{cls.__name__}(", "An enumeration.")):
        return {}
    return {"description": inspect.cleandoc(text)}
