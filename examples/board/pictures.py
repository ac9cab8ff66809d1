"""Small pictures of large ones; it takes time, so a worker does it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

SIZES = (512, 128, 320)
"""The longest side of each thumbnail; the last one is shown on the board."""

MOST_PIXELS = 50_000_000


class UnreadablePicture(ValueError):
    """The file is no picture, or one of more pixels than the board takes."""


def make_thumbnail(source: Path, target: Path, size: int) -> None:
    """Write a WebP whose longest side has at most `size` pixels.

    Raises:
        UnreadablePicture: the source is no picture, or has more than 50 million pixels.
    """
    try:
        with Image.open(source) as image:
            if image.width * image.height > MOST_PIXELS:
                raise UnreadablePicture(f"the picture has more than {MOST_PIXELS:,} pixels")
            small = ImageOps.exif_transpose(image)
            small.thumbnail((size, size))
            small.save(target, "WEBP")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as exc:
        raise UnreadablePicture("the file is no picture that can be read") from exc
