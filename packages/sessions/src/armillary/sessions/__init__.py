"""Sessions for any ASGI app: in a signed cookie, or in a store with only an id in the cookie.

>>> from armillary.sessions import MemoryStore, ServerSessionMiddleware, SessionMiddleware
>>> async def app(scope, receive, send):
...     scope["session"]["visits"] = scope["session"].get("visits", 0) + 1
>>> in_cookie = SessionMiddleware(app, "a-secret-key-of-at-least-32-characters")
>>> on_server = ServerSessionMiddleware(app, MemoryStore())

Errors at a glance:

    Exception
    ├── SessionTooLarge     the signed cookie would be over 4096 bytes
    ├── SessionNotSaved     the session was changed when no cookie could be sent any more
    ├── SessionConflict     other requests kept changing the same session; becomes a 503
    └── StoreUnavailable    the store cannot be reached; becomes a 503
"""

from armillary.datastructures import Session, SessionNotSaved

from ._cookie_middleware import SessionMiddleware
from ._errors import SessionConflict, SessionTooLarge, StoreUnavailable
from ._file_store import FileStore
from ._memory_store import MemoryStore
from ._server_middleware import ServerSessionMiddleware
from ._server_session import ServerSession
from ._signed_cookie import SignedCookie
from ._store import SessionStore, StoredSession

__all__ = [
    "FileStore",
    "MemoryStore",
    "ServerSession",
    "ServerSessionMiddleware",
    "Session",
    "SessionConflict",
    "SessionMiddleware",
    "SessionNotSaved",
    "SessionStore",
    "SessionTooLarge",
    "SignedCookie",
    "StoreUnavailable",
    "StoredSession",
]
