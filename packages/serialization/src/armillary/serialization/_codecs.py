"""JSON by other libraries, for programs that choose one: nothing here is chosen by what is installed."""

from __future__ import annotations

from typing import Any


def decode_orjson(body: bytes) -> Any:
    """Return the value of a JSON text, decoded by orjson (extra `orjson`)."""
    import orjson

    return orjson.loads(body)


def encode_orjson(value: Any) -> bytes:
    """Return `value` as JSON, encoded by orjson (extra `orjson`); dates, UUIDs and dataclasses too."""
    import orjson

    return orjson.dumps(value)


def decode_msgspec(body: bytes) -> Any:
    """Return the value of a JSON text, decoded by msgspec (extra `msgspec`)."""
    import msgspec

    return msgspec.json.decode(body)


def encode_msgspec(value: Any) -> bytes:
    """Return `value` as JSON, encoded by msgspec (extra `msgspec`); structs, dates and UUIDs too."""
    import msgspec

    return msgspec.json.encode(value)
