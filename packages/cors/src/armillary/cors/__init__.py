"""Cross-origin resource sharing for any ASGI app.

>>> from armillary.cors import CORSMiddleware
>>> async def app(scope, receive, send): ...
>>> app = CORSMiddleware(app, allow_origins=["https://example.com"], allow_methods=["GET", "POST"])

`CORSPolicy` holds the decisions and knows nothing of ASGI.
"""

from ._middleware import CORSMiddleware
from ._origins import AllowedOrigins
from ._policy import CORSPolicy, Preflight, PreflightResponse

__all__ = ["AllowedOrigins", "CORSMiddleware", "CORSPolicy", "Preflight", "PreflightResponse"]
