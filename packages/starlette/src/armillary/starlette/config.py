"""Settings from the environment and `.env` files."""

from __future__ import annotations

from typing import ClassVar

from armillary.config import Config as _Config, Environ, EnvironError, environ, undefined


class Config(_Config):
    """Settings; a line of the file that is not `NAME=value` is skipped, and a "#" is always a part of the value."""

    strict_file: ClassVar[bool] = False
    comments_after_quotes: ClassVar[bool] = False


__all__ = ["Config", "Environ", "EnvironError", "environ", "undefined"]
