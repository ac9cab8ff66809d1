"""The arguments of a task: checked and encoded when it is enqueued, decoded when it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from ._errors import ArgumentError


class Arguments:
    """Encodes the arguments of a function by its annotations.

    Args:
        function: the task.
        name: what errors call it.

    Raises:
        TypeError: the function takes `*args` or `**kwargs`, or an annotation that cannot be encoded.
    """

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self._name = name
        self._signature = inspect.signature(function)
        hints = get_type_hints(function, include_extras=True)
        self._adapters: dict[str, TypeAdapter[Any]] = {}
        for parameter in self._signature.parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
                raise TypeError(
                    f"task {name}: parameter {parameter} has no name that a message could carry; write one "
                    "parameter for each argument"
                )
            self._adapters[parameter.name] = adapter(hints.get(parameter.name, Any), f"task {name}: {parameter.name}")
        self._result = adapter(hints.get("return", Any), f"task {name}: what it returns")

    def encode(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, str]:
        """Return the arguments as JSON, by their names.

        Raises:
            ArgumentError: one is missing, unknown, of the wrong type, or cannot be encoded.
        """
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError as exc:
            raise ArgumentError(f"task {self._name}: {exc}") from None
        return {name: self._encode(name, value) for name, value in bound.arguments.items()}

    def _encode(self, name: str, value: Any) -> str:
        field = self._adapters[name]
        try:
            return encode(field, value, round_trip=True).decode()
        except ValidationError as exc:
            problem = exc.errors(include_url=False)[0]
            place = "".join(f"[{part!r}]" for part in problem["loc"])
            raise ArgumentError(
                f"task {self._name}: argument {name}{place} is {value!r:.100}: {problem['msg']}"
            ) from None
        except (PydanticSerializationError, ValueError, RecursionError) as exc:
            raise ArgumentError(
                f"task {self._name}: argument {name} is {value!r:.100}, which cannot be encoded as JSON: {exc}"
            ) from None

    def decode(self, encoded: Mapping[str, str]) -> dict[str, Any]:
        """Return the arguments for a call.

        Raises:
            ArgumentError: they do not fit the function any more.
        """
        unknown = encoded.keys() - self._adapters.keys()
        if unknown:
            raise ArgumentError(f"task {self._name} has no parameter {', '.join(sorted(unknown))} any more")
        try:
            return {name: read(self._adapters[name], text) for name, text in encoded.items()}
        except ValidationError as exc:
            raise ArgumentError(f"task {self._name}: {exc}") from None

    def encode_result(self, value: Any) -> bytes:
        """Return a result as JSON.

        Raises:
            ArgumentError: it is not what the function declares, or cannot be encoded.
        """
        try:
            return encode(self._result, value)
        except (PydanticSerializationError, ValueError, RecursionError) as exc:
            problem = exc.errors(include_url=False)[0]["msg"] if isinstance(exc, ValidationError) else exc
            raise ArgumentError(
                f"task {self._name} returned {value!r:.100}, which cannot be encoded as what it declares: {problem}"
            ) from None

    def decode_result(self, data: bytes) -> Any:
        """Return a result."""
        return read(self._result, data)


def encode(field: TypeAdapter[Any], value: Any, *, round_trip: bool = False) -> bytes:
    """Return a value as JSON from which the same type can be read.

    A float that is not a number, which JSON has not, is an error where null is none; where it is, it becomes null.

    Args:
        field: its type.
        value: what the type takes.
        round_trip: whether only the program reads it, which computes what is computed again.
    """
    data = field.dump_json(field.validate_python(value), warnings="error", round_trip=round_trip)
    read(field, data)
    return data


def read(field: TypeAdapter[Any], data: str | bytes) -> Any:
    """Return a value from JSON, whose names are those of the fields, or aliases if the model says so."""
    return field.validate_json(data, by_alias=True, by_name=True)


def adapter(annotation: Any, what: str) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(annotation)
    except Exception as exc:
        reason = str(exc).splitlines()[0]
        raise TypeError(f"{what} is annotated with {annotation!r}, which cannot be encoded: {reason}") from None
