"""Sessions that raise when they are used after their end."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from .._errors import SessionClosed

SESSION_ENDED_KEY: Final = "armillary_ended"
"""The key of `session.info` under which a session keeps the message of `SessionClosed`."""

SESSION_ENDED_MESSAGE: Final = (
    "this session has ended with its transaction, and what was not loaded before cannot be loaded now. "
    "Load it before the response starts (selectinload, joinedload), or open a transaction for the stream or "
    "the task: `async with transaction(request) as session:`"
)


class GuardedSession(Session):
    """Raises `SessionClosed` after its end, also for lazy loading."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        """Return the engine or connection; called before each statement."""
        if SESSION_ENDED_KEY in self.info:
            raise SessionClosed(self.info[SESSION_ENDED_KEY])
        return super().get_bind(*args, **kwargs)


def guarded_session_class(session_class: type[AsyncSession]) -> type[Session]:
    """Return the class of the sync session below an async one, with the check for its end."""
    base = session_class.sync_session_class
    if issubclass(GuardedSession, base):
        return GuardedSession
    return type(f"Guarded{base.__name__}", (GuardedSession, base), {})
