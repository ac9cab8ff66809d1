"""Rate limits for any ASGI app, counted in memory or in Redis.

>>> from armillary.ratelimit import RateLimitMiddleware, Rule
>>> async def app(scope, receive, send): ...
>>> app = RateLimitMiddleware(app, [Rule("100/minute"), Rule("5/minute", "/login", methods=["POST"])])
"""

from ._client_address import client_address
from ._fields import Count, rate_limit_fields
from ._memory_storage import MemoryStorage
from ._middleware import RateLimitMiddleware
from ._rule import Rule

__all__ = ["Count", "MemoryStorage", "RateLimitMiddleware", "Rule", "client_address", "rate_limit_fields"]
