"""What the parts of the toolkit share about one connection.

`scope["armillary"]` holds one dict, created by the first part that needs it. Middleware that
copies a scope copies the reference, so every part sees the same record whichever copy it was
given. `ScopeRecord` is the registry of its keys; a part owns the keys named for it, and every
key may be absent.
"""

from __future__ import annotations

from typing import Any, Final

from ._application import Scope
from ._scope_record import ScopeRecord

RECORD_KEY: Final = "armillary"


def scope_record(scope: Scope) -> ScopeRecord:
    """Return the connection's record, creating it in `scope` if it is missing.

    >>> scope = {"type": "http"}
    >>> scope_record(scope)["request_id"] = "a1"
    >>> scope_record(dict(scope))
    {'request_id': 'a1'}
    """
    record: Any = scope.get(RECORD_KEY)
    if record is None:
        record = scope[RECORD_KEY] = {}
    return record  # type: ignore[no-any-return]


def find_scope_record(scope: Scope) -> ScopeRecord | None:
    """Return the connection's record, or None; the scope is left as it is."""
    record: ScopeRecord | None = scope.get(RECORD_KEY)
    return record
