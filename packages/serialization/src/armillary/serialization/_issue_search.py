"""Every error of a value that msgspec rejects: it reports one, the rest is found by walking the value with its type.

Only single values are given to msgspec again, so the work is linear in the size of the value.
"""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from collections.abc import Callable, Mapping, Sequence, Set as AbstractSet
from typing import Annotated, Any, Final, get_args, get_origin

from ._fields import fields_of, forbids_unknown_fields, is_struct
from ._issues import MAX_ISSUES, ValidationIssue, issue_at, kind_of
from ._reported_issue import reported_place
from ._type_tree import is_optional, union_members, unwrap
from ._unmet_constraint import UnmetConstraint

Place = tuple[int | str, ...]
Invalid = type[Exception] | tuple[type[Exception], ...]

_ARRAYS: Final = (list, set, frozenset, Sequence, AbstractSet)
_OBJECTS: Final = (dict, Mapping)


def find_issues(
    value: Any, type_: Any, convert: Callable[[Any, Any], Any], invalid: Invalid, location: str
) -> list[ValidationIssue]:
    """Return the errors of a JSON value, up to one more than are reported; empty if each of its parts is right.

    Args:
        value: decoded from JSON.
        type_: what it should match.
        convert: raises for a single value that does not match a type, such as msgspec's `convert`.
        invalid: what it raises.
        location: the part of the request the value is from.
    """
    search = _Search(convert, invalid, location)
    search.walk(value, type_, ())
    return search.issues


class _Search:
    def __init__(self, convert: Callable[[Any, Any], Any], invalid: Invalid, location: str) -> None:
        self.convert = convert
        self.invalid = invalid
        self.location = location
        self.issues: list[ValidationIssue] = []

    def add(self, place: Place, message: str, kind: str) -> None:
        self.issues.append(issue_at(place, message, kind, self.location))

    def walk(self, value: Any, annotation: Any, place: Place) -> None:
        """Add the errors of a value and of all that is in it."""
        if len(self.issues) > MAX_ISSUES:
            return
        type_, metadata = unwrap(annotation)
        if value is None and (is_optional(type_) or type_ is None):
            return
        members = union_members(type_)
        if len(members) != 1:
            self.check(value, annotation, place)
            return
        member, inner_metadata = unwrap(members[0])
        if not self.walk_inside(value, member, place):
            metadata = (*inner_metadata, *metadata)
            self.check(value, Annotated[(member, *metadata)] if metadata else member, place)

    def walk_inside(self, value: Any, type_: Any, place: Place) -> bool:
        """Walk what is in an object or array that a type describes; return whether it was one."""
        origin: Any = get_origin(type_) or type_
        arguments = get_args(type_)
        if isinstance(value, dict):
            fields = fields_of(type_)
            if fields is not None and not getattr(getattr(origin, "__struct_config__", None), "array_like", False):
                known = {field.alias for field in fields}
                if is_struct(origin) and forbids_unknown_fields(origin):
                    for name in value.keys() - known - {origin.__struct_config__.tag_field}:
                        self.add((*place, name), f"Object contains unknown field `{name}`", kind_of(value[name]))
                for field in fields:
                    if field.alias in value:
                        self.walk(value[field.alias], field.annotation, (*place, field.alias))
                    elif field.required:
                        self.add((*place, field.alias), f"Object missing required field `{field.alias}`", "missing")
                return True
            if origin in _OBJECTS and len(arguments) == 2:
                for name, item in value.items():
                    self.walk(item, arguments[1], (*place, name))
                return True
        elif isinstance(value, list):
            if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
                if arguments and len(value) == len(arguments):
                    for index, (item, kind) in enumerate(zip(value, arguments, strict=True)):
                        self.walk(item, kind, (*place, index))
                    return True
            elif origin in (*_ARRAYS, tuple) and arguments:
                for index, item in enumerate(value):
                    self.walk(item, arguments[0], (*place, index))
                return True
        return False

    def check(self, value: Any, annotation: Any, place: Place) -> None:
        """Add the error of a value that is not looked into."""
        try:
            self.convert(value, annotation)
        except UnmetConstraint as exc:
            for inner, message, sent in exc.sent(value):
                self.add((*place, *inner), message, kind_of(sent))
        except self.invalid as exc:
            message, inner, kind = reported_place(exc, value)
            self.add((*place, *inner), message, kind)
        except UnicodeEncodeError:
            self.add(place, "Expected text that UTF-8 can encode, got a lone surrogate", "string")
