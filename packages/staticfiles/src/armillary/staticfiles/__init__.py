"""Static files for any ASGI app: precompressed, conditional, ranged.

>>> import tempfile
>>> from armillary.staticfiles import StaticFiles
>>> app = StaticFiles(directory=tempfile.gettempdir(), html="spa", cache_control="max-age=60")
"""

from ._cache_control import IMMUTABLE, CachePolicy, has_hashed_name, hashed_immutable
from ._directories import PathLike
from ._path_policy import PathPolicy
from ._static_file_response import NotModifiedResponse, StaticFileMixin, StaticFileResponse
from ._static_files import Packages, StaticFiles

__all__ = [
    "IMMUTABLE",
    "CachePolicy",
    "NotModifiedResponse",
    "Packages",
    "PathLike",
    "PathPolicy",
    "StaticFileMixin",
    "StaticFileResponse",
    "StaticFiles",
    "has_hashed_name",
    "hashed_immutable",
]
