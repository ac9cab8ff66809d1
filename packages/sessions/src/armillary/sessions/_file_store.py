"""Sessions in files of one directory, shared by the processes of one machine."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from ._errors import StoreUnavailable
from ._file_lock import file_lock
from ._store import StoredSession

T = TypeVar("T")

DRAFT = ".new"
KEY_PATTERN = re.compile(r"[0-9a-f]{64}")


class FileStore:
    """Keeps each session in a file that only this user may read.

    Saving locks one of 256 lock files beside them, so processes do not overwrite each other's
    changes; a process that dies releases its lock, and one that is stopped makes sessions unavailable.

    Args:
        directory: created if it is missing. Expired files are removed when they are next loaded
            and by `remove_expired()`.

    Raises:
        ValueError: the path exists and is not a directory.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = Path(directory)
        if self._directory.exists() and not self._directory.is_dir():
            raise ValueError(f"{str(directory)!r} is not a directory")

    async def load(self, key: str) -> StoredSession | None:
        """Return the session, or None."""
        return await in_thread(partial(self._load, key))

    async def save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        """Save the session if the stored version is the expected one."""
        return await in_thread(partial(self._save, key, session, expected, lifetime))

    async def delete(self, key: str, expected: str | None = None) -> bool:
        """Delete the session if the stored version is the expected one."""
        return await in_thread(partial(self._delete, key, expected))

    async def remove_expired(self) -> int:
        """Remove the files of expired sessions; return how many."""
        return await in_thread(self._remove_expired)

    def _path(self, key: str) -> Path:
        if not KEY_PATTERN.fullmatch(key):
            raise ValueError(f"{key!r} is not a session key")
        return self._directory / key

    def _lock(self, path: Path, *, waits: bool = True) -> AbstractContextManager[None]:
        return file_lock(self._directory / f"{path.name[:2]}.lock", waits=waits)

    def _load(self, key: str) -> StoredSession | None:
        path = self._path(key)
        session = self._read(path)
        if session is None and path.exists():
            with suppress(OSError):  # in use now, perhaps by a process that is stopped: removed another time
                self._remove_if_expired(path, waits=False)
        return session

    def _remove_if_expired(self, path: Path, *, waits: bool = True) -> bool:
        with self._lock(path, waits=waits):
            is_expired = self._read(path) is None  # else it was saved meanwhile
            if is_expired:
                path.unlink(missing_ok=True)
            return is_expired

    def _read(self, path: Path) -> StoredSession | None:
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            session, expires = StoredSession(*raw["session"]), float(raw["expires"])
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError):  # truncated by a full disk, or not written by us
            return None
        return session if expires > time.time() else None

    def _save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        path = self._path(key)
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock(path):
            present = self._read(path)
            if (present.version if present else None) != expected:
                return False
            draft = path.with_suffix(DRAFT)
            try:
                with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                    json.dump({"session": session, "expires": time.time() + lifetime}, file)
                draft.replace(path)
            except OSError:
                draft.unlink(missing_ok=True)
                raise
        return True

    def _delete(self, key: str, expected: str | None) -> bool:
        path = self._path(key)
        if not path.exists():
            return False
        with self._lock(path):
            present = self._read(path)
            if present is None or expected not in (None, present.version):
                return False
            path.unlink(missing_ok=True)
        return True

    def _remove_expired(self) -> int:
        removed = 0
        for path in list(self._directory.iterdir()) if self._directory.is_dir() else []:
            with suppress(TimeoutError):  # a process that is stopped holds its lock: another time
                if path.suffix == DRAFT and KEY_PATTERN.fullmatch(path.stem):  # of a process that died
                    with self._lock(path):
                        path.unlink(missing_ok=True)
                elif KEY_PATTERN.fullmatch(path.name) and self._read(path) is None:
                    removed += self._remove_if_expired(path)
        return removed


async def in_thread(function: Callable[[], T]) -> T:
    from anyio.to_thread import run_sync

    try:
        return await run_sync(function)
    except OSError as exc:
        raise StoreUnavailable(f"the session directory cannot be used: {exc}") from exc
