"""A parameter to fill from a request."""

from collections.abc import Callable
from typing import Any, NamedTuple

from armillary.datastructures import is_token
from armillary.serialization import NO_DEFAULT

from ._place import BindingError
from ._signature import Parameter
from ._sources import Header, Source


class Wanted(NamedTuple):
    """A parameter to fill.

    Attributes:
        function: the function it is one of.
        name: its name there.
        annotation: its type, without the marker of a source.
        default: `NO_DEFAULT` if there is none.
        target: the number of the arguments it is one of.
    """

    function: Callable[..., Any]
    name: str
    annotation: Any
    default: Any
    target: int

    def error(self, problem: str) -> BindingError:
        """Return the error of a sentence that begins with the parameter."""
        return BindingError(self.function, f"parameter {self.name!r}{problem}")

    def described(self, source: Source) -> Parameter:
        """Return the parameter as documents have it."""
        alias = source.alias or self.name
        if isinstance(source, Header) and source.alias is None and source.convert_underscores:
            alias = self.name.replace("_", "-")
        if isinstance(source, Header) and not is_token(alias):
            raise self.error(f": {alias!r} is no name of a header; give one by Header(alias=...)")
        return Parameter(
            name=self.name,
            alias=alias,
            source=source.source,  # type: ignore[arg-type]
            annotation=self.annotation,
            required=self.default is NO_DEFAULT,
            default=self.default,
            title=source.title,
            description=source.description,
            examples=tuple(source.examples),
            deprecated=source.deprecated,
            include_in_schema=source.include_in_schema,
        )
