"""Settings from the environment and `.env` files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from armillary.config import Config as _Config, Environ, EnvironError, InvalidSetting, environ


class undefined:
    """The default of a setting that has none: the class itself."""


_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Config(_Config):
    """Settings; a line of the file that is not `NAME=value` is skipped, and a "#" is always a part of the value.

    Only true, 1, false and 0 are booleans. What a cast raises is raised as it is, but for TypeError and ValueError.
    """

    strict_file: ClassVar[bool] = False
    rejects_letters: ClassVar[bool] = False
    comments_after_quotes: ClassVar[bool] = False

    if not TYPE_CHECKING:

        def get(self, key, cast=None, default=undefined):
            """Return a setting; `undefined` is no default."""
            from armillary.config import undefined as native_undefined

            return super().get(key, cast, native_undefined if default is undefined else default)

        __call__ = get

    def cast_value(self, name: str, value: Any, cast: Callable[[Any], Any] | None, place: str) -> Any:
        if cast is None:
            return value
        try:
            if cast is bool and isinstance(value, str):
                if value.lower() not in _BOOLEANS:
                    raise ValueError
                return _BOOLEANS[value.lower()]
            return cast(value)
        except (TypeError, ValueError):
            kind = cast.__name__
        raise InvalidSetting(f"Config '{name}' has value '{value}'. Not a valid {kind}.")


__all__ = ["Config", "Environ", "EnvironError", "environ", "undefined"]
