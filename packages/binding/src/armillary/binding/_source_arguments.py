"""What is said of markers written as they are elsewhere: with arguments of FastAPI's, or as generic types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

INSTEAD: Final = {
    "default": "the default is that of the parameter: write `Annotated[..., {name}()] = {value!r}`",
    "default_factory": "write `Annotated[list[str], {name}()] = []`: each call gets a copy of the default",
    "regex": "write pattern={value!r}",
    "example": "write examples=[{value!r}]",
    "openapi_examples": "write examples=[...], a list of values",
    "min_items": "write min_length={value!r}",
    "max_items": "write max_length={value!r}",
    "const": "annotate the parameter with Literal[...]",
    "discriminator": "give the structs a tag, `class Cat(msgspec.Struct, tag=True)`, and annotate with their union",
    "validation_alias": "write alias={value!r}",
    "serialization_alias": "write alias={value!r}, or rename the field of the struct",
    "json_schema_extra": "write title=, description= or examples=",
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
                raise TypeError(f"{name} takes keyword arguments only; {what}")
            unknown = [argument for argument in settings if argument not in cls.__struct_fields__]
            if unknown:
                raise TypeError(_rejected(name, unknown[0], settings[unknown[0]], cls.__struct_fields__))
            return super().__call__(**settings)


def _rejected(name: str, argument: str, value: Any, known: tuple[str, ...]) -> str:
    problem = f"{name} got an unexpected keyword argument {argument!r}"
    if argument in INSTEAD:
        return f"{problem}; {INSTEAD[argument].format(name=name, value=value)}"
    from difflib import get_close_matches

    close = get_close_matches(argument, known, 1)
    return f"{problem}; did you mean {close[0]!r}?" if close else f"{problem}; it takes {', '.join(known)}"
