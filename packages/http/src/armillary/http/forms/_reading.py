"""Reading a whole form: fields as text, files kept in memory or on disk."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

from ._data import FormData
from ._decoder import MultipartDecoder
from ._storage import FileStorage
from ._upload import UploadFile
from ._urlencoded import UrlencodedDecoder


async def read_form(stream: AsyncIterable[bytes], decoder: MultipartDecoder | UrlencodedDecoder | None) -> FormData:
    """Read a form to its end; without a decoder it is empty.

    Raises:
        FormError: it is malformed or over a limit. No file is left open.
        HTTPException: 503, too many forms have files on disk; 507, the disk is full.
    """
    if decoder is None:
        return FormData()
    if isinstance(decoder, UrlencodedDecoder):
        async for piece in stream:
            decoder.feed(piece)
        return FormData(decoder.finish())
    items: list[tuple[str, UploadFile | str]] = []
    storage = FileStorage()
    part: Any = None
    text: list[bytes] = []
    try:
        async for piece in stream:
            for event in decoder.feed(piece):
                if isinstance(event, bytes):
                    if part.filename is None:
                        text.append(event)
                    elif storage.keep(event):
                        await storage.write()
                elif event is not None:
                    part = event
                elif part.filename is None:
                    items.append((part.name, decoder.decode_field(part, b"".join(text))))
                    text.clear()
                else:
                    items.append((part.name, await storage.finish_file(part)))
        decoder.finish()
        await storage.finish()
    except BaseException:
        for _, value in items:
            if isinstance(value, UploadFile):
                value.close_now()
        raise
    finally:
        storage.leave()
    return FormData(items)
