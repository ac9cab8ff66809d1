"""Resilience for any ASGI app.

>>> async def app(scope, receive, send):
...     await send({"type": "http.response.start", "status": 200, "headers": []})
...     await send({"type": "http.response.body", "body": b"hello"})
>>> app = ResilienceMiddleware(app)
"""

from __future__ import annotations

from ._middleware import ResilienceMiddleware

__all__ = ["ResilienceMiddleware"]
