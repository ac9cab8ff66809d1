"""What is said of arguments that FastAPI's `Query` and its kind take, or once took, and ours do not."""

from __future__ import annotations

from difflib import get_close_matches
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

if TYPE_CHECKING:
    KeywordOnly = msgspec.StructMeta
else:

    class KeywordOnly(type(msgspec.Struct)):
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
    close = get_close_matches(argument, known, 1)
    return f"{problem}; did you mean {close[0]!r}?" if close else f"{problem}; it takes {', '.join(known)}"
