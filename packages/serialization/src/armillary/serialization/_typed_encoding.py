"""Encoding by a declared type: what the type does not have does not leave."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from collections.abc import Callable, Mapping, Sequence, Set as AbstractSet
from functools import partial
from typing import Any, Final, Literal, get_args, get_origin

from ._constraints import check_type
from ._encodable import encodable
from ._fields import TypeField, fields_of, is_struct, made_fields_of
from ._json_form import json_form
from ._type_tree import is_optional, union_members, unwrap

Check = Callable[[Any], bool]
"""Whether a value, with all that is in it, is exactly of a type."""

_ARRAYS: Final = {list: list, set: set, frozenset: frozenset, Sequence: list, AbstractSet: set, tuple: tuple}
_SCALARS: Final = frozenset((str, int, float, bool, bytes))


class TypedEncoder:
    """Encodes values of one type as JSON or MessagePack.

    A value that is exactly of the type is encoded as it is. Any other, such as an instance of a subclass, an object
    with the same attributes or a dict, is converted first: it is validated, and what the type does not declare is
    left out. Structs need msgspec, models pydantic.

    Args:
        type_: the declared type.

    Raises:
        TypeError: as of `TypedDecoder`.

    >>> from typing import TypedDict
    >>> class Star(TypedDict):
    ...     name: str
    >>> TypedEncoder(Star).encode_json({"name": "Vega", "secret": 1})
    b'{"name":"Vega"}'
    """

    def __init__(self, type_: Any) -> None:
        import msgspec

        checked = check_type(type_)
        self.type: Any = checked.type
        self.library = checked.library
        self._encode_msgpack = msgspec.msgpack.Encoder(enc_hook=json_form).encode
        self._encode_plain: Callable[[Any], bytes] = msgspec.json.Encoder(enc_hook=json_form).encode
        self._conversion_error: Any
        self._adapter: Any = None
        if self.library == "pydantic":
            import pydantic

            try:
                self._adapter = pydantic.TypeAdapter(type_)
            except (pydantic.errors.PydanticUserError, pydantic.errors.PydanticUndefinedAnnotation) as exc:
                raise TypeError(f"pydantic cannot encode {type_!r}: {exc.message.splitlines()[0]}") from exc
            self._encode: Callable[[Any], bytes] = partial(self._adapter.dump_json, by_alias=True)
            self._conversion_error = pydantic.ValidationError
            # The serializer goes by the declared type, which leaves out what a subclass adds.
            type_ = unwrap(type_).type
            self._is_exact: Check | None = (lambda value: type(value) is type_) if isinstance(type_, type) else None
            if self._is_exact is None:
                self._is_exact = lambda value: False
            return
        self._msgspec_convert = msgspec.convert
        self._conversion_error = msgspec.ValidationError
        self._encode = self._encode_plain
        self._is_exact = exactness(self.type, {})

    def encode_json(self, value: Any) -> bytes:
        """Return a value as JSON.

        Raises:
            TypeError: it is not of the type and cannot be converted into it.
        """
        if self._is_exact is not None and not self._is_exact(value):
            value = self._converted(value)
        try:
            return self._encode(value)
        except ValueError:  # a lone surrogate
            return self._encode_plain(encodable(value, self._adapter))

    def encode_msgpack(self, value: Any) -> bytes:
        """Return a value as MessagePack.

        Raises:
            TypeError: it is not of the type and cannot be converted into it.
        """
        if self._is_exact is not None and not self._is_exact(value):
            value = self._converted(value)
        if self.library == "pydantic":
            value = self._adapter.dump_python(value, mode="json", by_alias=True)
        try:
            return self._encode_msgpack(value)
        except UnicodeEncodeError:
            return self._encode_msgpack(encodable(value))

    def _converted(self, value: Any) -> Any:
        try:
            if self.library == "pydantic":
                return self._adapter.validate_python(value, from_attributes=True)
            return self._msgspec_convert(_projected(value, self.type), self.type)
        except self._conversion_error as exc:
            raise TypeError(f"{type(value).__name__} is not of the declared type {self.type!r}: {exc}") from exc


def exactness(annotation: Any, known: dict[Any, Check]) -> Check | None:
    """Return how to tell that a value is exactly of a type; None if any value will do.

    Fields that hold no structured type are left to the type checker: nothing can leave through them.

    Args:
        annotation: the type.
        known: the checks of the structured types seen so far, since types may contain themselves.
    """
    type_, _ = unwrap(annotation)
    if type_ is None or type_ is type(None):
        return lambda value: value is None
    members = union_members(type_)
    if len(members) != 1 or is_optional(type_):
        return _union_check([exactness(member, known) for member in members], is_optional(type_))
    origin: Any = get_origin(type_) or type_
    if type_ in _SCALARS:
        return lambda value: type(value) is type_
    if origin in _ARRAYS:
        return _array_check(_ARRAYS[origin], get_args(type_), known)
    if origin in (dict, Mapping):
        arguments = get_args(type_)
        inner = exactness(arguments[1], known) if arguments else None
        if inner is None:
            return lambda value: isinstance(value, dict)
        return lambda value: isinstance(value, dict) and all(map(inner, value.values()))
    fields = fields_of(type_)
    if fields is None:
        if isinstance(origin, type) and origin is not object:
            return lambda value: type(value) is origin
        return None
    return _fields_check(type_, origin, fields, known)


def _union_check(checks: list[Check | None], optional: bool) -> Check | None:
    if None in checks:
        return None
    own: list[Check] = [check for check in checks if check is not None]
    if len(own) == 1:
        only = own[0]
        return lambda value: value is None or only(value)
    return lambda value: (optional and value is None) or any(check(value) for check in own)


def _array_check(base: Any, arguments: tuple[Any, ...], known: dict[Any, Check]) -> Check:
    if base is tuple and arguments and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        checks = [exactness(item, known) or _anything for item in arguments]
        count = len(arguments)
        return lambda value: (
            type(value) is tuple
            and len(value) == count
            and all(check(item) for check, item in zip(checks, value, strict=True))
        )
    inner = exactness(arguments[0], known) if arguments else None
    if inner is None:
        return lambda value: type(value) is base
    item = arguments[0]
    if item in _SCALARS or getattr(inner, "by_class", False):
        return lambda value: type(value) is base and [*map(type, value)].count(item) == len(value)
    return lambda value: type(value) is base and all(map(inner, value))


def _anything(value: Any) -> bool:
    return True


def _fields_check(type_: Any, origin: Any, fields: tuple[TypeField, ...], known: dict[Any, Check]) -> Check:
    if type_ in known:
        return known[type_]
    known[type_] = lambda value: checks[0](value)
    inner = [
        (field.name, found)
        for field in fields
        if _holds_structure(field.annotation) and (found := exactness(field.annotation, known)) is not None
    ]
    check: Any
    if issubclass(origin, dict):
        names = {field.name for field in fields}
        check = lambda value: (  # noqa: E731
            type(value) is dict
            and value.keys() <= names
            and all(own(value[name]) for name, own in inner if name in value)
        )
    elif inner:
        check = lambda value: type(value) is origin and all(own(getattr(value, name)) for name, own in inner)  # noqa: E731
    else:

        def is_instance(value: Any) -> bool:
            return type(value) is origin

        is_instance.by_class = origin is type_  # type: ignore[attr-defined]
        check = is_instance
    checks: list[Check] = [check]
    known[type_] = checks[0]
    return checks[0]


def _holds_structure(annotation: Any) -> bool:
    type_, _ = unwrap(annotation)
    if get_origin(type_) is Literal:
        return False
    if fields_of(type_) is not None:
        return True
    return any(_holds_structure(item) for item in get_args(type_) if item is not Ellipsis)


def _projected(value: Any, annotation: Any) -> Any:
    """Return a value made of dicts and lists, with the fields that a type declares; msgspec validates it then."""
    type_, _ = unwrap(annotation)
    if value is None:
        return None
    members = union_members(type_)
    if len(members) != 1:
        owner = next((item for item in members if _is_instance(value, unwrap(item).type)), None)
        return value if owner is None else _projected(value, owner)
    type_, _ = unwrap(members[0])
    origin: Any = get_origin(type_) or type_
    arguments = get_args(type_)
    fields = fields_of(type_)
    if fields is not None:
        return _projected_fields(value, origin, (*fields, *made_fields_of(type_)))
    if origin in _ARRAYS and not isinstance(value, str | bytes | Mapping) and hasattr(value, "__iter__"):
        if origin is tuple and arguments and Ellipsis not in arguments:
            return [_projected(item, kind) for item, kind in zip(value, arguments, strict=False)]
        return [_projected(item, arguments[0]) for item in value] if arguments else list(value)
    if origin in (dict, Mapping) and isinstance(value, Mapping) and arguments:
        return {name: _projected(item, arguments[1]) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value


def _is_instance(value: Any, type_: Any) -> bool:
    origin = get_origin(type_) or type_
    return isinstance(origin, type) and isinstance(value, origin)


def _projected_fields(value: Any, origin: Any, fields: tuple[TypeField, ...]) -> Any:
    projected: dict[str, Any] = {}
    config = getattr(origin, "__struct_config__", None) if is_struct(origin) else None
    if config is not None and config.tag is not None:
        projected[config.tag_field] = config.tag
    if isinstance(value, Mapping):
        for field in fields:
            name = field.alias if field.alias in value else field.name
            if name in value:
                projected[field.alias] = _projected(value[name], field.annotation)
        if config is not None and config.tag_field in value:
            projected[config.tag_field] = value[config.tag_field]
    elif isinstance(value, str | int | float | bytes | list | tuple):
        return value
    else:
        for field in fields:
            if hasattr(value, field.name):
                projected[field.alias] = _projected(getattr(value, field.name), field.annotation)
    if config is not None and config.array_like:
        return [projected.get(field.alias) for field in fields]
    return projected
