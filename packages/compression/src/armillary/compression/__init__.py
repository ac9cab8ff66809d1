"""Response compression and request decompression for any ASGI app.

>>> from armillary.compression import CompressionMiddleware, RequestDecompressionMiddleware
>>> async def app(scope, receive, send): ...
>>> app = CompressionMiddleware(app, codings=["gzip"], levels={"gzip": 6})
>>> app = RequestDecompressionMiddleware(app, max_size=1024 * 1024)

`CompressionPolicy` and `prefer` hold the decisions and know nothing of ASGI.
"""

from ._accept_encoding import Preference, prefer
from ._brotli import Brotli
from ._coding import Coding, Encoder
from ._content_types import DEFAULT_EXCLUDED_CONTENT_TYPES
from ._gzip import Gzip
from ._middleware import CompressionMiddleware, GZipMiddleware
from ._policy import Choice, CompressionPolicy
from ._request import RequestDecompressionMiddleware
from ._response import CodedResponse
from ._zstd import Zstd

__all__ = [
    "DEFAULT_EXCLUDED_CONTENT_TYPES",
    "Brotli",
    "Choice",
    "CodedResponse",
    "Coding",
    "CompressionMiddleware",
    "CompressionPolicy",
    "Encoder",
    "GZipMiddleware",
    "Gzip",
    "Preference",
    "RequestDecompressionMiddleware",
    "Zstd",
    "prefer",
]
