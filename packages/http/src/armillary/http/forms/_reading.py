"""Reading a whole form: fields as text, files kept in memory or on disk."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

from ._data import FormData
from ._decoder import MultipartDecoder
from ._storage import FileStorage
from ._upload import UploadFile
from ._urlencoded import UrlencodedDecoder


async def read_multipart_form(stream: AsyncIterable[bytes], decoder: MultipartDecoder) -> FormData:
    """Read a multipart form to its end.

    Raises:
        FormError: it is malformed or over a limit. No file is left open.
        HTTPException: 503, too many forms have files on disk; 507, the disk is full.
    """
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


async def read_urlencoded_form(stream: AsyncIterable[bytes], decoder: UrlencodedDecoder) -> FormData:
    """Read a urlencoded form to its end.

    Raises:
        FormError: it is over a limit.
    """
    async for piece in stream:
        decoder.feed(piece)
    return FormData(decoder.finish())
