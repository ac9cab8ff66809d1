"""Settings read from the environment, then from a file, then from defaults."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, overload

from ._env_file import EnvLine, parse_env_file
from ._environ import environ

T = TypeVar("T")

_BOOLEANS = {
    "true": True, "1": True, "yes": True, "on": True,
    "false": False, "0": False, "no": False, "off": False,
}  # fmt: skip


_COLLECTIONS: Final[tuple[object, ...]] = (list, tuple, set, frozenset)


class Undefined:
    """The type of `undefined`, the default of a setting that has none."""

    def __repr__(self) -> str:
        return "undefined"


undefined: Final = Undefined()


class MissingSetting(KeyError):
    """A setting without a default is in neither the environment nor the file."""

    def __str__(self) -> str:
        return str(self.args[0])


class InvalidSetting(ValueError):
    """A setting's value cannot be cast. The message names the variable and its source, not the value."""


class Config:
    """The settings of an application.

    A setting is looked up in the environment first, then in the file, then in its default, and cast.

    Args:
        env_file: a file of `NAME=value` lines; a missing one is a warning.
        environ: the environment, by default the process's own.
        env_prefix: put in front of every name.
        encoding: the encoding of the file.

    Raises:
        EnvFileError: the file has a line that is not `NAME=value`, or is not in the encoding.

    >>> config = Config(environ={"APP_DEBUG": "true"}, env_prefix="APP_")
    >>> config("DEBUG", cast=bool), config("PORT", cast=int, default=8000)
    (True, 8000)
    """

    strict_file: ClassVar[bool] = True
    """Whether a line of the file that is not `NAME=value` is an error."""

    comments_after_quotes: ClassVar[bool] = True
    """Whether a comment may follow the closing quote of a value in the file."""

    rejects_letters: ClassVar[bool] = True
    """Whether a cast that makes a list of the letters of a text is an error."""

    def __init__(
        self,
        env_file: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] = environ,
        env_prefix: str = "",
        encoding: str = "utf-8",
    ) -> None:
        if isinstance(env_file, Mapping):
            raise TypeError("env_file is the path of a file, got a mapping; write Config(environ={...})")
        self.env_file = env_file
        self.environ = environ
        self.env_prefix = env_prefix
        self._file: dict[str, EnvLine] = {} if env_file is None else self._read(Path(env_file), encoding)

    def _read(self, path: Path, encoding: str) -> dict[str, EnvLine]:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            import warnings

            warnings.warn(f"Config file '{path}' not found.", stacklevel=3)
            return {}
        return parse_env_file(
            data,
            str(path),
            encoding,
            strict=self.strict_file,
            comments_after_quotes=self.comments_after_quotes,
        )

    @property
    def file_values(self) -> dict[str, str]:
        """The variables of the file, as text."""
        return {name: found.value for name, found in self._file.items()}

    @overload
    def get(self, key: str, cast: None = None, default: Undefined = ...) -> str: ...
    @overload
    def get(self, key: str, cast: None = None, *, default: T) -> str | T: ...
    @overload
    def get(self, key: str, cast: type[T], default: None) -> T | None: ...
    @overload
    def get(self, key: str, cast: type[T], default: Any = ...) -> T: ...
    @overload
    def get(self, key: str, cast: Callable[[Any], T], default: None) -> T | None: ...
    @overload
    def get(self, key: str, cast: Callable[[Any], T], default: Any = ...) -> T: ...

    def get(self, key: str, cast: Callable[[Any], Any] | None = None, default: Any = undefined) -> Any:
        """Return a setting.

        Args:
            key: the setting's name, without the prefix.
            cast: called with the text, and with a default that is not None. `bool` reads true, 1,
                yes, on and their opposites, in any case.
            default: returned if the setting is absent.

        Raises:
            MissingSetting: a `KeyError`: the setting is absent and has no default.
            InvalidSetting: a `ValueError`: the cast rejected the value.
        """
        if cast is not None and not callable(cast):
            kind = type(cast).__name__
            raise TypeError(f"cast of {key!r} is a type or a function, not {kind}; for a default write default=...")
        name = self.env_prefix + key
        if name in self.environ:
            return self.cast_value(name, self.environ[name], cast, "the environment")
        found = self._file.get(name)
        if found is not None:
            return self.cast_value(name, found.value, cast, f"{self.env_file}, line {found.line}")
        if default is undefined:
            raise MissingSetting(self._missing_message(name))
        return None if default is None else self.cast_value(name, default, cast, "its default")

    def cast_value(self, name: str, value: Any, cast: Callable[[Any], Any] | None, place: str) -> Any:
        """Return a value after its cast; override to cast differently.

        Args:
            name: the variable, with the prefix.
            value: its text, or a default.
            cast: called with the value; None for none.
            place: where the value was found.

        Raises:
            InvalidSetting: the cast rejected the value.
        """
        if cast is None:
            return value
        if self.rejects_letters and isinstance(value, str) and cast is dict:
            raise TypeError(f"cast=dict takes no text, which {name} is; write cast=json.loads for JSON")
        if self.rejects_letters and isinstance(value, str) and any(cast is kind for kind in _COLLECTIONS):
            kind = getattr(cast, "__name__", "")
            raise TypeError(f"cast={kind} makes letters of {name}; write cast=CommaSeparatedStrings, which is a list")
        try:
            return _boolean(value) if cast is bool else cast(value)
        except (TypeError, ValueError, LookupError, ArithmeticError) as exc:
            reason = _reason(exc, value)
        # Raised outside the handler: the cast's own error may quote the value, which may be a secret.
        raise InvalidSetting(f"{name} ({place}) is not a valid {getattr(cast, '__name__', repr(cast))}{reason}")

    def _missing_message(self, name: str) -> str:
        places = "the environment" if self.env_file is None else f"the environment nor in {self.env_file}"
        return f"{name} is {'not' if self.env_file is None else 'neither'} set in {places}, and has no default"

    if TYPE_CHECKING:
        __call__ = get
    else:

        def __getattr__(self, name):
            hint = f": write config({name!r})" if name.isupper() else ""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=self)

        def __getitem__(self, name):
            raise TypeError(f"{type(self).__name__!r} object is not subscriptable: write config({name!r})")

        def __call__(self, key, cast=None, default=undefined):
            return self.get(key, cast, default)


def _boolean(value: Any) -> bool:
    if not isinstance(value, str):
        return bool(value)
    try:
        return _BOOLEANS[value.lower()]
    except KeyError:
        raise ValueError("expected one of " + ", ".join(_BOOLEANS)) from None


def _reason(exc: Exception, value: Any) -> str:
    """Return why a cast failed; nothing if the message repeats a part of the value."""
    if value == "":
        return ": it is empty"
    sentence, text = str(exc), str(value)
    words = "".join(character if character.isalnum() else " " for character in sentence).split()
    leaks = text in sentence or any(len(word) > 2 and word in text for word in words)
    return "" if leaks or not sentence else f": {sentence}"
