"""The endpoint of an exception that none of the program's own code raised.

What an endpoint returned is sent when its frame is gone: an error about it is raised by the library, with nothing of
the program in the traceback. The endpoint is then what the program's author looks for.
"""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import EndpointError, Scope, code_of, describe_function

from ._frames import has_own_frame
from ._hints import hint_of


def endpoint_at_fault(exc: BaseException, scope: Scope) -> Any:
    """Return the endpoint of a connection whose exception has no frame of the program's own code; else None."""
    if isinstance(exc, EndpointError):
        endpoint: Any = exc.function
    elif has_own_frame(exc):
        return None
    else:
        endpoint = scope.get("endpoint")
    return None if code_of(endpoint) is None else endpoint


def name_endpoint(exc: BaseException, scope: Scope) -> None:
    """Add a note with the fix of a known mistake, and one that names the endpoint unless traceback or message do."""
    _add_once(exc, hint_of(exc))
    endpoint = endpoint_at_fault(exc, scope)
    if endpoint is None or isinstance(exc, EndpointError):
        return
    _add_once(exc, f"Raised by what the endpoint {describe_function(endpoint)} returned or was given")


def _add_once(exc: BaseException, note: str | None) -> None:
    """Add a note that is not there yet: each boundary asks for it."""
    if note is not None and note not in getattr(exc, "__notes__", ()):
        exc.add_note(note)
