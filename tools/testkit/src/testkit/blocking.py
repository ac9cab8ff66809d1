"""Calls that block the event loop of asyncio are errors in every test, if a package makes them.

Facts
-----
- Blockbuster puts a check into `open`, `os.stat`, `time.sleep`, blocking sockets and the like: called while an
  event loop of asyncio runs in this thread, they raise `BlockingError`.
- It is ours only if the nearest frame that is not a library's is one of a package. What a test does by itself may
  block, wherever it is called from, as may imports, log handlers and those packages that serve no requests.
- Stores, middleware and folders of static files are made where a program starts, and may look at files then; requests
  and responses may not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from inspect import currentframe
from pathlib import Path
from types import FrameType
from typing import Any

from blockbuster import BlockBuster

THIRD_PARTIES = {
    # asyncpg looks for the password file and the certificates of libpq before it connects, in the event loop.
    ("asyncpg.connect_utils", "_parse_connect_dsn_and_args"),
}
"""Functions of libraries that block, by module and name: a package that calls them cannot do otherwise."""
SERVE_NO_REQUESTS = ("cli", "lint", "testing")
MAY_BLOCK = frozenset({"importlib._bootstrap", "inspect", "linecache", "logging", "traceback"})
SAY_SO = frozenset({"is_up_to_date", "read_source", "version"})
"""Functions that are documented to block."""
NOT_LOOKED_FOR = ("threading.Lock.acquire", "threading.Lock.acquire_lock", "os.path.abspath", "os.getcwd")
"""Locks are held for moments, so which test meets one is chance; a path is made absolute without a look at the disk."""
MADE_FOR_A_REQUEST = "http"
LIBRARIES = ("<", f"{Path(os.__file__).parent}/")


def is_ours(frame: FrameType | None, folders: tuple[str, ...]) -> bool:
    """Return whether a call is made by a package that serves a request.

    Args:
        frame: the innermost frame.
        folders: where the packages are.
    """
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if module in MAY_BLOCK or (module, frame.f_code.co_name) in THIRD_PARTIES:
            return False
        file = frame.f_code.co_filename
        folder = next((folder for folder in folders if file.startswith(folder)), None)
        if folder is not None:
            return not _may_block(frame, file[len(folder) :].partition("/")[0])
        if not file.startswith(LIBRARIES) and "/site-packages/" not in file:
            return False
        frame = frame.f_back
    return False


def _may_block(frame: FrameType | None, package: str) -> bool:
    """Return whether a frame of a package serves no request: it, or what calls it there, makes an object."""
    if package in SERVE_NO_REQUESTS:
        return True
    while package != MADE_FOR_A_REQUEST and frame is not None and f"/armillary/{package}/" in frame.f_code.co_filename:
        if frame.f_code.co_name == "__init__" or frame.f_code.co_name in SAY_SO:
            return True
        frame = frame.f_back
    return False


@contextmanager
def blocking_calls_are_errors() -> Generator[None]:
    """Let a call of a package that blocks the event loop of asyncio raise `BlockingError`."""
    folders = tuple(f"{path}/" for path in import_module("armillary").__path__)

    def may_block(before: Callable[..., bool]) -> Callable[..., bool]:
        def predicate(*args: Any, **kwargs: Any) -> bool:
            frame = currentframe()
            return before(*args, **kwargs) or frame is None or not is_ours(frame.f_back, folders)

        return predicate

    buster: Any = BlockBuster()
    for name in NOT_LOOKED_FOR:
        del buster.functions[name]
    for function in buster.functions.values():
        function.can_block_predicate = may_block(function.can_block_predicate)
    buster.activate()
    try:
        yield
    finally:
        buster.deactivate()
