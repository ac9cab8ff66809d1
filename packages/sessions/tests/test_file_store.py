"""Sessions in files where something is in the way: a full disk, a stopped process, a moment of expiry."""

from __future__ import annotations

import fcntl
import os
import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from testkit import ASYNCIO, UVLOOP

from armillary.sessions import FileStore, StoredSession, StoreUnavailable, _file_lock as file_lock

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])]

KEY = "0" * 64
SESSION = StoredSession('{"user":"ada"}', "one", 1.0, 1.0)
LATER = StoredSession('{"user":"ada","visits":2}', "two", 1.0, 2.0)


@contextmanager
def held(path: Path, how: int = fcntl.LOCK_EX) -> Generator[None]:
    """Hold a lock as another process does that is stopped."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def open_on(path: Path) -> list[int]:
    """Return the descriptors of this process that are open on a file."""
    file = path.stat()
    return [number for number in range(3, 256) if is_open_on(number, file)]


def is_open_on(descriptor: int, file: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file)
    except OSError:
        return False


@contextmanager
def full_disk() -> Generator[None]:
    """Let no file grow beyond some bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_process_that_is_stopped_while_it_saves_makes_the_others_unavailable_and_holds_no_thread(
    anyio_backend: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path)
    assert await store.save(KEY, SESSION, None, 60)
    with held(tmp_path / f"{KEY[:2]}.lock"):
        monkeypatch.setattr(file_lock, "MAX_WAIT", 0.05)
        with anyio.fail_after(30):
            with pytest.raises(StoreUnavailable, match="lock"):
                await store.save(KEY, LATER, "one", 60)
            with pytest.raises(StoreUnavailable, match="lock"):
                await store.delete(KEY)
        assert await store.load(KEY) == SESSION
        assert await store.save("1" * 64, SESSION, None, 60)
    assert await store.save(KEY, LATER, "one", 60)


async def test_loading_an_expired_session_that_a_stopped_process_has_locked_waits_for_nothing(
    anyio_backend: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path)
    assert await store.save(KEY, SESSION, None, -1)
    attempts: list[int] = []
    take = file_lock._take

    def count(descriptor: int) -> None:
        attempts.append(descriptor)
        take(descriptor)

    monkeypatch.setattr(file_lock, "_take", count)
    monkeypatch.setattr(file_lock, "MAX_WAIT", 0.05)
    with held(tmp_path / f"{KEY[:2]}.lock"):
        assert await store.load(KEY) is None
    assert len(attempts) == 1
    assert (tmp_path / KEY).exists()
    assert await store.load(KEY) is None
    assert not (tmp_path / KEY).exists()


async def test_a_lock_that_is_released_in_time_is_waited_for(anyio_backend: object, tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    async with anyio.create_task_group() as tasks:
        with held(tmp_path / f"{KEY[:2]}.lock"):
            tasks.start_soon(store.save, KEY, SESSION, None, 60)
            await anyio.sleep(0.05)
    assert await store.load(KEY) == SESSION


async def test_a_full_disk_keeps_the_session_that_was_saved_and_leaves_nothing_behind(
    anyio_backend: object, tmp_path: Path
) -> None:
    store = FileStore(tmp_path)
    await store.save(KEY, SESSION, None, 60)
    with full_disk():
        with pytest.raises(StoreUnavailable):
            await store.save(KEY, LATER, "one", 60)
        with pytest.raises(StoreUnavailable):
            await store.save("1" * 64, SESSION, None, 60)
    assert await store.load(KEY) == SESSION
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == [KEY]


async def test_what_a_process_left_that_died_while_it_saved_is_removed_with_the_expired(
    anyio_backend: object, tmp_path: Path
) -> None:
    store = FileStore(tmp_path)
    await store.save(KEY, SESSION, None, 60)
    (tmp_path / f"{'1' * 64}.new").write_text('{"sess')
    assert await store.remove_expired() == 0
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == [KEY]


async def test_a_session_that_is_saved_while_its_expired_file_is_read_is_kept(
    anyio_backend: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = FileStore(tmp_path), FileStore(tmp_path)
    await store.save(KEY, SESSION, None, 0)
    read = store._read

    def read_and_be_late(path: Path) -> StoredSession | None:
        found = read(path)
        monkeypatch.undo()
        other._save(KEY, LATER, None, 60)
        return found

    monkeypatch.setattr(store, "_read", read_and_be_late)
    assert await store.load(KEY) is None
    assert await store.load(KEY) == LATER


async def test_an_expired_session_is_none_whoever_holds_its_lock(
    anyio_backend: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path)
    await store.save(KEY, SESSION, None, 0)
    monkeypatch.setattr(file_lock, "MAX_WAIT", 0.05)
    with held(tmp_path / f"{KEY[:2]}.lock"):
        assert await store.load(KEY) is None


async def test_what_a_stopped_process_locks_is_left_and_the_other_expired_files_are_removed(
    anyio_backend: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path)
    for digit in "012":
        await store.save(digit * 64, SESSION, None, 0)
    draft = tmp_path / f"{KEY}.new"
    draft.write_text('{"sess')
    monkeypatch.setattr(file_lock, "MAX_WAIT", 0.05)
    with held(tmp_path / f"{KEY[:2]}.lock"):
        assert await store.remove_expired() == 2
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock") == [KEY, draft.name]
    assert await store.remove_expired() == 1
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


async def test_a_process_that_was_forked_meanwhile_holds_no_lock(anyio_backend: object, tmp_path: Path) -> None:
    with file_lock.file_lock(tmp_path / "00.lock"):
        inherited = os.dup(next(iter(open_on(tmp_path / "00.lock"))))  # as a fork does
    try:
        with held(tmp_path / "00.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            pass
    finally:
        os.close(inherited)
