"""The metadata of the distribution `starlette` for `importlib.metadata`."""

from __future__ import annotations

import os
from importlib.metadata import Distribution


class AliasDistribution(Distribution):
    """A distribution known only by name and version, without files."""

    def __init__(self, name: str, version: str) -> None:
        self._text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: str | os.PathLike[str]) -> os.PathLike[str]:  # type: ignore[override]
        raise FileNotFoundError(f"{path}: the files of this distribution belong to armillary-starlette")
