"""Response compression and request decompression for any ASGI app.

>>> from asterism.compression import CompressionMiddleware
>>> async def app(scope, receive, send): ...
>>> app = CompressionMiddleware(app, codings=["gzip"], levels={"gzip": 6})

`CompressionPolicy` and `prefer` hold the decisions and know nothing of ASGI.
"""

from ._accept_encoding import Preference, prefer
from ._coding import Coding, Encoder
from ._content_types import DEFAULT_EXCLUDED_CONTENT_TYPES
from ._gzip import Gzip
from ._middleware import CompressionMiddleware, GZipMiddleware
from ._policy import Choice, CompressionPolicy
from ._response import CodedResponse

__all__ = [
    "DEFAULT_EXCLUDED_CONTENT_TYPES",
    "Choice",
    "CodedResponse",
    "Coding",
    "CompressionMiddleware",
    "CompressionPolicy",
    "Encoder",
    "GZipMiddleware",
    "Gzip",
    "Preference",
    "prefer",
]
