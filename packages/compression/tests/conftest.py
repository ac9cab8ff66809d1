"""Requests that accept codings, and readers of coded bodies."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import testkit

from armillary.compression._zstd import zstd_library


@pytest.fixture
def call() -> Callable[..., Any]:
    """Send one request with an Accept-Encoding header."""

    def request(app: Any, accept: bytes | None = None, **keys: Any) -> Any:
        headers = [] if accept is None else [(b"accept-encoding", accept)]
        return testkit.call(app, **{"headers": headers, **keys})

    return request


class Reader:
    """Reads a coded body part by part, as a browser does."""

    def __init__(self, coding: str) -> None:
        if coding == "gzip":
            self.read: Callable[[bytes], bytes] = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress
        elif coding == "br":
            self.read = brotli.Decompressor().process
        else:
            self.read = zstd_library().ZstdDecompressor().decompress


@pytest.fixture(scope="session")
def reader() -> type[Reader]:
    return Reader
