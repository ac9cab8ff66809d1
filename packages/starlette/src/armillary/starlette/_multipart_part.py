"""The part of a form that Starlette's parser keeps; loaded when it is asked for, as dataclasses are slow to import."""

from __future__ import annotations

from dataclasses import dataclass, field

from .datastructures import UploadFile


@dataclass
class MultipartPart:
    """A part while it is read."""

    content_disposition: bytes | None = None
    field_name: str = ""
    data: bytearray = field(default_factory=bytearray)
    file: UploadFile | None = None
    item_headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
