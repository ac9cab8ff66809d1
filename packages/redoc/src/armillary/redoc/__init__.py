"""Redoc's released file, for a page that shows an OpenAPI document; armillary-openapi serves it.

>>> from armillary.redoc import SCRIPT, VERSION
>>> SCRIPT.name, VERSION.split(".")[0]
('redoc.standalone.js.gz', '3')
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).parent / "bundle" / "redoc.standalone.js.gz"
"""The file, as released but for its compression by gzip. It is a JavaScript module that defines the element `redoc`."""

VERSION: Final = "3.0.1"
"""The version of Redoc."""

__all__ = ["SCRIPT", "VERSION"]
