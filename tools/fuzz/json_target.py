"""JSON, against the standard library's reading with our rules applied to its result."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from armillary.serialization import MAX_DEPTH, decode_json, encode_json


def fuzz_json(data: bytes) -> None:
    try:
        value = decode_json(data)
    except (ValueError, RecursionError):
        value = ...
    assert repr(value) == repr(read_afterwards(data))
    if value is not ...:
        assert repr(decode_json(encode_json(value))) == repr(value)


def read_afterwards(data: bytes) -> Any:
    """Return the value of a JSON text; `...` if it is none."""
    try:
        text = data.decode("utf-8-sig")
        return checked(json.loads(text, object_pairs_hook=Members), MAX_DEPTH)
    except (ValueError, RecursionError):
        return ...


class Members(list[tuple[str, Any]]):
    """The members of an object as written: one that a later one of its name replaces is still checked."""


def checked(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    if isinstance(value, list) and not levels:
        raise RecursionError
    if isinstance(value, Members):
        return {well_formed(name): checked(item, levels - 1) for name, item in value}
    return [checked(item, levels - 1) for item in value] if isinstance(value, list) else value


def well_formed(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
