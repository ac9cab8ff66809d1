"""POST requests that a client may send again without a second effect: the Idempotency-Key header, for any ASGI app.

>>> from armillary.http import JSONResponse, request_response
>>> from armillary.idempotency import IdempotencyMiddleware
>>> async def pay(request):
...     return JSONResponse({"paid": (await request.json())["amount"]}, 201)
>>> app = IdempotencyMiddleware(request_response(pay), required=True)

The first request with a key runs. A later one with the same key and payload gets the stored response, byte for byte;
one with another payload gets 422, and one that comes while the first still runs 409.

Errors at a glance:

    Exception
    ├── StoreUnavailable    the store cannot be reached; becomes a 503
    └── ClaimLost           the request took longer than its lease, and another one runs; becomes a 409
"""

from ._decorator import idempotent
from ._errors import ClaimLost, StoreUnavailable
from ._memory_store import MemoryStore
from ._middleware import IdempotencyMiddleware
from ._policy import is_final_status
from ._store import IdempotencyStore, StoredKey
from ._user import user_of

__all__ = [
    "ClaimLost",
    "IdempotencyMiddleware",
    "IdempotencyStore",
    "MemoryStore",
    "StoreUnavailable",
    "StoredKey",
    "idempotent",
    "is_final_status",
    "user_of",
]
