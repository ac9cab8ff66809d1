"""`make run` on a terminal: it prints its address, serves there, and stops cleanly on Ctrl-C."""

from __future__ import annotations

import os
import re
import select
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("make") is None, reason="a terminal and make are needed"
)

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 30.0


# Runs in the child, a session leader: its standard input becomes the terminal that Ctrl-C is pressed on.
TAKE_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A command on its own terminal."""

    def __init__(self, *command: str) -> None:
        import pty

        self.shown = ""
        self._terminal, other_side = pty.openpty()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *command],
            cwd=ROOT,
            env=environment,
            stdin=other_side,
            stdout=other_side,
            stderr=other_side,
            start_new_session=True,
        )
        os.close(other_side)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)  # Ends what still runs on it.

    def read_until(self, pattern: str) -> re.Match[str]:
        """Return the first match of `pattern` in what the terminal shows."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while (found := re.search(pattern, self.shown)) is None:
            assert self._read(), f"ended without {pattern!r}:\n{self.shown}"
            assert time.monotonic() < deadline, f"no {pattern!r} in:\n{self.shown}"
        return found

    def _read(self) -> bool:
        if select.select([self._terminal], [], [], 0.1)[0]:
            try:
                data = os.read(self._terminal, 65536)
            except OSError:  # Linux: the other side is closed.
                return False
            self.shown += data.decode("utf-8", "replace")
            return bool(data)
        return True

    def press(self, key: bytes) -> None:
        os.write(self._terminal, key)

    def exit_code(self) -> int:
        """Read what is left and return the exit status of the command."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self._read() and time.monotonic() < deadline:
            pass
        return self._process.wait(TIMEOUT_SECONDS)


# `-o setup`: the environment is the one these tests run in.
RUN = ("make", "-o", "setup", "run")


def test_the_example_is_served_until_ctrl_c() -> None:
    with Terminal(*RUN, "PORT=0") as terminal:
        url = terminal.read_until(r"http://127\.0\.0\.1:\d+/")[0]
        with urllib.request.urlopen(url + "hello/Ada", timeout=TIMEOUT_SECONDS) as response:
            assert b'"hello":"Ada"' in response.read()
        terminal.press(b"\x03")
        assert terminal.exit_code() == 0, terminal.shown
        assert "Traceback" not in terminal.shown
        assert "make: ***" not in terminal.shown


def test_a_port_that_is_taken_is_reported_with_another_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Terminal(*RUN, f"PORT={port}") as terminal:
            assert terminal.exit_code() != 0
    assert f"cannot listen on 127.0.0.1 port {port}" in terminal.shown
    assert f"make run PORT={port + 1}" in terminal.shown
    assert "Traceback" not in terminal.shown


def test_an_unknown_example_is_reported_with_the_existing_ones() -> None:
    with Terminal(*RUN, "EXAMPLE=nosuch") as terminal:
        assert terminal.exit_code() != 0
    assert "there is no example 'nosuch'; EXAMPLE= takes one of: " in terminal.shown
    assert "hello" in terminal.shown


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_an_invalid_port_is_rejected_with_a_sentence(port: str) -> None:
    with Terminal(*RUN, f"PORT={port}") as terminal:
        assert terminal.exit_code() != 0
    assert f"PORT= takes a number from 0 to 65535, got '{port}'" in terminal.shown
    assert "Traceback" not in terminal.shown
