"""Two servers and a worker on one engine, until Ctrl-C.

Usage, in the top folder: `python -m examples.board.servers redis://127.0.0.1:6379/0 --port 8000`.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = "examples.board.app:app"


def commands(ports: Sequence[int]) -> list[list[str]]:
    """Return what is started: a server on each port, and a worker."""
    servers = [["uvicorn", APP, "--port", str(number), "--log-level", "warning"] for number in ports]
    return [[sys.executable, "-m", *command] for command in (*servers, ["armillary.tasks", "worker", APP])]


def main(argv: Sequence[str] | None = None) -> int:
    """Start them, and stop all of them when one ends."""
    parser = argparse.ArgumentParser(description="The board as two servers and a worker.")
    parser.add_argument("engine", nargs="?", default="redis://127.0.0.1:6379/0", help="redis:// or nats:// and where")
    parser.add_argument(
        "--port", type=int, nargs="+", default=[8000], help="of the servers; of one, the other has the next"
    )
    options = parser.parse_args(argv)
    if options.engine.startswith("memory:"):
        parser.error("memory:// is for one process; give the URL of a Redis or NATS")
    ports = options.port if len(options.port) > 1 else [options.port[0], options.port[0] + 1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BOARD_ENGINE": options.engine,
        # Both servers sign with one key, and read each other's sessions.
        "BOARD_SECRET": os.environ.get("BOARD_SECRET") or secrets.token_hex(32),
    }
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        running: list[subprocess.Popen[bytes]] = []
        for command in commands(ports):
            process = stack.enter_context(subprocess.Popen(command, env=environment))  # noqa: S603
            stack.callback(process.terminate)
            running.append(process)
        addresses = " and ".join(f"http://127.0.0.1:{number}/" for number in ports)
        print(f"The board is on {addresses} (Ctrl-C stops it)", flush=True)
        try:
            while all(process.poll() is None for process in running):
                time.sleep(0.2)
        except KeyboardInterrupt:
            return 0
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
