"""What python-multipart takes for an upload of 1 MiB: with and without callbacks, in pieces of several sizes.

python benchmarks/multipart_parser.py    the least processor time of many rounds, beside forms of ours and Starlette's

The boundary is as long as a browser's. The content is of bytes that no boundary holds, then of random ones, then of
ones
that a boundary begins with.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import python_multipart
from cases.bodies_and_streams import BOUNDARY
from growth import least

SIZE = 1024 * 1024
CONTENTS = {"0xff": b"\xff" * SIZE, "random": random.Random(7).randbytes(SIZE), "CR": b"\r" * SIZE}
PIECES = (16 * 1024, 64 * 1024, 256 * 1024, 2 * SIZE)
HEADERS = [(b"content-type", b"multipart/form-data; boundary=" + BOUNDARY)]


def _ignore(data: bytes, start: int, end: int) -> None:
    """Take a piece of the content and do nothing with it."""


def parse(pieces: list[bytes], callbacks: Any) -> None:
    """Feed python-multipart alone."""
    parser = python_multipart.MultipartParser(BOUNDARY, callbacks)
    for piece in pieces:
        parser.write(piece)
    parser.finalize()


def read_form(runner: asyncio.Runner, request_class: Any, pieces: list[bytes]) -> None:
    """Read a form, and close it."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    following = iter([*messages, {"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        return next(following)

    async def read() -> None:
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": HEADERS}
        async with request_class(scope, receive).form():
            pass

    runner.run(read())


def main() -> None:
    """Print the table, in µs."""
    from starlette.requests import Request as StarletteRequest

    from armillary.http import Request

    head = b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    with asyncio.Runner() as runner:
        works: dict[str, Callable[[list[bytes]], None]] = {
            "parser, no callback": lambda pieces: parse(pieces, {}),
            "parser, one callback": lambda pieces: parse(pieces, {"on_part_data": _ignore}),
            "armillary, whole form": lambda pieces: read_form(runner, Request, pieces),
            "starlette, whole form": lambda pieces: read_form(runner, StarletteRequest, pieces),
        }
        print(f"{'content':8} {'bytes a piece':>13}  " + "  ".join(f"{name:>21}" for name in works))
        for name, content in CONTENTS.items():
            body = head + content + b"\r\n--" + BOUNDARY + b"--\r\n"
            for size in PIECES:
                pieces = [body[start : start + size] for start in range(0, len(body), size)]
                taken = [1e6 * least(partial(work, pieces)) for work in works.values()]
                print(f"{name:8} {size:13,}  " + "  ".join(f"{each:21,.0f}" for each in taken))


if __name__ == "__main__":
    main()
