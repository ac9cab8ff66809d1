"""Measure the peers under uvicorn and granian, beside a bare ASGI callable, by wrk.

All servers of one kind run beside each other, each one process, and are loaded in turns as `served.py` does it. What is
printed are requests per second of the server's processor time, and their share of the bare callable's, whose JSON
encoder is prebuilt.

usage: python benchmarks/served_peers.py [--rounds 7] [--seconds 2] [--wrk PATH] [PEER ...]
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from json import JSONEncoder
from statistics import median
from typing import Any

from served import SERVER, requests_per_second, serving

PEERS = ("armillary", "blacksheep", "starlette")
PATHS = {"plaintext": "/", "JSON": "/json"}
SERVERS = {
    "uvicorn": ("-m", "uvicorn", "--factory", "{{app}}", "--port", "{port}", *SERVER),
    "granian": (
        *("-m", "granian", "--interface", "asgi", "--factory", "--loop", "uvloop", "--workers", "1"),
        *("--log-level", "warning", "--port", "{port}", "{{app}}"),
    ),
}
_encode = JSONEncoder(separators=(",", ":")).encode
_TEXT = [(b"content-length", b"13"), (b"content-type", b"text/plain; charset=utf-8")]


def bare() -> Any:
    """Return a callable that sends what the peers' programs send at these paths."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, headers = b"Hello, world!", _TEXT
        if scope["path"] == "/json":
            body = _encode({"hello": "world"}).encode()
            headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def main() -> None:
    """Print a line for each server and path."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="of each peer")
    parser.add_argument("--seconds", type=float, default=2, help="of each round")
    parser.add_argument("--wrk", default="wrk", help="the load generator")
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"{', '.join(PEERS)} by default")
    arguments = parser.parse_args()
    programs = {"bare": "served_peers:bare"}
    programs.update({peer: f"peers.{peer}:application" for peer in arguments.peers or PEERS})
    for server, command in SERVERS.items():
        with ExitStack() as stack:
            ports = {
                peer: stack.enter_context(serving([part.replace("{{app}}", app) for part in command], peer))
                for peer, app in programs.items()
            }
            for case, path in PATHS.items():
                found: dict[str, list[float]] = {peer: [] for peer in ports}
                for _ in range(arguments.rounds + 1):
                    for peer, port in ports.items():
                        found[peer].append(requests_per_second(arguments.wrk, *port, arguments.seconds, path))
                shares = {
                    peer: median(own / least for own, least in zip(figures[1:], found["bare"][1:], strict=True))
                    for peer, figures in found.items()
                }
                cells = [f"{peer} {median(found[peer][1:]):,.0f} ({share:.2f})" for peer, share in shares.items()]
                print(f"{server} {case:10} {'  '.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
