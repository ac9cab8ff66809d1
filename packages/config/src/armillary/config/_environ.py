"""The environment, guarded against late changes."""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping


class EnvironError(Exception):
    """A variable was changed after it had been read, so its readers hold the old value."""


class Environ(MutableMapping[str, str]):
    """A mapping over environment variables in which what was read can no longer be changed.

    Tests set their variables on it before they import the settings; setting one too late raises
    instead of having no effect.

    Args:
        environ: the mapping to guard.

    >>> environ = Environ({"DEBUG": "true"})
    >>> environ["DEBUG"]
    'true'
    >>> environ["DEBUG"] = "false"
    Traceback (most recent call last):
      ...
    armillary.config._environ.EnvironError: cannot set environ['DEBUG']: its value has already been read
    """

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._read: set[str] = set()

    def __len__(self) -> int:
        return len(self._environ)

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __getitem__(self, key: str) -> str:
        self._read.add(key)
        return self._environ[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._require_unread(key, "set")
        self._environ[key] = value

    def __delitem__(self, key: str) -> None:
        self._require_unread(key, "delete")
        del self._environ[key]

    def _require_unread(self, key: str, verb: str) -> None:
        if key in self._read:
            raise EnvironError(f"cannot {verb} environ[{key!r}]: its value has already been read")


environ: Environ = Environ()
"""The process's environment."""
