"""Frames of a WebSocket as ASGI messages."""

from __future__ import annotations

import json
from typing import Any, Literal

from armillary.asgi_types import Message

FrameMode = Literal["text", "binary"]


def text_frame(data: str) -> Message:
    """A text frame from the client."""
    return {"type": "websocket.receive", "text": data}


def bytes_frame(data: bytes) -> Message:
    """A binary frame from the client."""
    return {"type": "websocket.receive", "bytes": data}


def json_frame(data: Any, mode: FrameMode) -> Message:
    """JSON in a frame of that kind from the client.

    >>> json_frame({"a": 1}, "text")
    {'type': 'websocket.receive', 'text': '{"a":1}'}
    """
    check_mode(mode)
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return text_frame(text) if mode == "text" else bytes_frame(text.encode())


def check_mode(mode: str) -> None:
    """Reject a mode that names no kind of frame."""
    if mode not in ("text", "binary"):
        raise ValueError(f"mode is {mode!r}; pass 'text' or 'binary'")
