"""What is said of markers written as they are elsewhere: with arguments of FastAPI's, or as generic types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from armillary.asgi_types import unexpected_argument

INSTEAD: Final = {
    "default": "`Annotated[..., {name}()] = {value!r}`: the default is that of the parameter",
    "default_factory": "`Annotated[list[str], {name}()] = []`: each call gets a copy of the default",
    "regex": "pattern={value!r}",
    "example": "examples=[{value!r}]",
    "openapi_examples": "examples=[...], a list of values",
    "min_items": "min_length={value!r}",
    "max_items": "max_length={value!r}",
    "const": "Literal[...] as the type of the parameter",
    "discriminator": "a union of structs with a tag, each `class Cat(msgspec.Struct, tag=True)`, as the type",
    "validation_alias": "alias={value!r}",
    "serialization_alias": "alias={value!r}, or rename the field of the struct",
    "json_schema_extra": "title=, description= or examples=",
}
"""What to write for an argument that is taken elsewhere."""


def no_type(marker: type, written: str = "...") -> str:
    """Return what is said of a marker that stands where a type belongs."""
    of = f"AsyncIterator[{written}]" if marker.__name__ == "EventStream" else written
    return f"{marker.__name__} is not a type: write Annotated[{of}, {marker.__name__}(...)]"


if TYPE_CHECKING:
    Marker = msgspec.StructMeta
    KeywordOnly = msgspec.StructMeta
else:

    class Marker(type(msgspec.Struct)):
        """Of what stands inside `Annotated`: says so when it is written as a generic type is."""

        def __getitem__(cls, of: Any) -> Any:
            raise TypeError(no_type(cls, getattr(of, "__name__", repr(of))))

    class KeywordOnly(Marker):
        """Rejects arguments that a source does not take, and says what to write."""

        def __call__(cls, *arguments: Any, **settings: Any) -> Any:
            name = cls.__name__
            if arguments:
                given = arguments[0]
                if given is ...:
                    raise TypeError(
                        f"{name} takes keyword arguments only, got ...; leave it out: a parameter without a default is "
                        f"required, `Annotated[..., {name}()]`"
                    )
                what = INSTEAD["default"].format(name=name, value=given)
                if isinstance(given, str) and name in ("Cookie", "Header"):
                    what += f"; for another name than the parameter's write {name}(alias={given!r})"
                raise TypeError(f"{name} takes keyword arguments only: write {what}")
            unknown = [argument for argument in settings if argument not in cls.__struct_fields__]
            if unknown:
                value = settings[unknown[0]]
                others = {given: instead.format(name=name, value=value) for given, instead in INSTEAD.items()}
                raise unexpected_argument(name, unknown[0], cls.__struct_fields__, others)
            return super().__call__(**settings)
