"""Times the gzip engines on bodies as servers send them: the figures of ADR 6 on compression engines.

python benchmarks/gzip_engines.py       needs isal and zlib-ng, brotli and backports.zstd
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SIZES = (2_000, 20_000, 200_000)
ROUNDS = 15
GZIP = 16 + zlib.MAX_WBITS

WORDS = (
    "star",
    "figure",
    "seven",
    "altair",
    "vega",
    "deneb",
    "record",
    "light",
    "distance",
    "epoch",
    "parallax",
    "name",
)


def json_body(size: int) -> bytes:
    """Return records of words and numbers, about as repetitive as an API's list."""
    source = random.Random(7)
    rows: list[dict[str, Any]] = []
    length = 0
    while length < size:
        row = {
            "id": source.randrange(10**9),
            "name": " ".join(source.choices(WORDS, k=3)),
            "magnitude": round(source.random() * 20, 3),
            "seen": f"2026-{source.randrange(1, 13):02}-{source.randrange(1, 29):02}T{source.randrange(24):02}:00:00Z",
            "tags": source.choices(WORDS, k=2),
        }
        rows.append(row)
        length += len(json.dumps(row)) + 2
    return json.dumps(rows).encode()[:size]


def text_body(size: int) -> bytes:
    """Return prose with markup: the pages of this project's documentation, one after another."""
    pages = b"".join(page.read_bytes() for page in sorted((ROOT / "docs").rglob("*.md")))
    return (pages * (size // len(pages) + 1))[:size]


def engines() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    """Yield each engine at each level worth comparing."""
    isal: Any = import_module("isal.isal_zlib")
    ng: Any = import_module("zlib_ng.zlib_ng")
    brotli: Any = import_module("brotli")
    zstd: Any = import_module("backports.zstd")
    for level in (1, 3, 6, 9):
        yield f"zlib {level}", lambda body, level=level: zlib.compress(body, level, GZIP)
    for level in (1, 3, 4, 6, 9):
        yield f"zlib-ng {level}", lambda body, level=level: ng.compress(body, level, GZIP)
    for level in (0, 1, 2, 3):
        yield f"isal {level}", lambda body, level=level: isal.compress(body, level, GZIP)
    for level in (3, 4, 5):
        yield f"br {level}", lambda body, level=level: brotli.compress(body, quality=level)
    for level in (3, 6):
        yield f"zstd {level}", lambda body, level=level: zstd.compress(body, level=level)


def seconds(compress: Callable[[bytes], bytes], body: bytes) -> float:
    """Return the median processor time of one call."""
    repeats = max(1, 400_000 // len(body))
    times: list[float] = []
    for _ in range(ROUNDS):
        begin = thread_time()
        for _ in range(repeats):
            compress(body)
        times.append((thread_time() - begin) / repeats)
    return median(times)


def main() -> None:
    """Print microseconds and share of the plain size for each engine, body and size."""
    for kind, make in (("JSON", json_body), ("text", text_body)):
        bodies = [make(size) for size in SIZES]
        print(f"{kind:12}" + "".join(f"{f'{size:,} bytes':>22}" for size in SIZES))
        for name, compress in engines():
            cells = [
                f"{seconds(compress, body) * 1e6:13.1f} µs {len(compress(body)) / len(body):5.3f}" for body in bodies
            ]
            print(f"{name:12}" + "".join(f"{cell:>22}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
