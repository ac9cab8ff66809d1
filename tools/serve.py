"""Serve one of the example apps until Ctrl-C.

Usage: `python tools/serve.py hello --host 127.0.0.1 --port 8000`.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def example_names() -> list[str]:
    """Return the names of the folders below `examples/` that hold an app."""
    return sorted(path.parent.name for path in EXAMPLES.glob("*/app.py"))


@contextmanager
def terminal_foreground() -> Iterator[None]:
    """Take the terminal for this process alone, so that Ctrl-C reaches it and not the `make` that waits for it.

    A `make` that receives Ctrl-C reports an error even when what it runs has stopped cleanly. Without a
    terminal, or if this process is not in the foreground, nothing changes.
    """
    if os.name != "posix":
        yield
        return
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        yield
        return
    former = os.getpgrp()
    try:
        if os.tcgetpgrp(terminal) != former or os.getpid() == former:
            yield
            return
        # Changing the foreground group from the background raises SIGTTOU, which would stop this process.
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpgrp())
        try:
            yield
        finally:
            os.tcsetpgrp(terminal, former)
    finally:
        os.close(terminal)


def port_number(text: str) -> int:
    """Return a port, or leave with a sentence that says what is wrong."""
    if not text.isascii() or not text.isdigit() or len(text) > 5 or int(text) > 65535:
        raise SystemExit(f"PORT= takes a number from 0 to 65535, got {text!r}")
    return int(text)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, or leave with a sentence that says why it fails."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as exc:
        raise SystemExit(f"cannot listen on {host} port {port}: {exc.strerror}. Try: make run PORT={port + 1}") from exc
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Serve one of the example apps until Ctrl-C.")
    parser.add_argument("example", help="a folder of examples/: " + ", ".join(example_names()))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default="8000")
    options = parser.parse_args()
    port = port_number(options.port)
    if options.example not in example_names():
        names = ", ".join(example_names())
        raise SystemExit(f"there is no example {options.example!r}; EXAMPLE= takes one of: {names}")
    sys.path.insert(0, str(EXAMPLES.parent))
    app = f"examples.{options.example}.app:app"
    server = uvicorn.Server(uvicorn.Config(app, log_level="info", timeout_graceful_shutdown=5))
    with terminal_foreground(), listen(options.host, port) as listener:
        print(f"Serving examples/{options.example} on {url_of(listener)} (Ctrl-C stops it)", flush=True)
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            print("Stopped.", flush=True)
    if not server.started:
        raise SystemExit(f"examples/{options.example} did not start; the log above says why.")


if __name__ == "__main__":
    main()
