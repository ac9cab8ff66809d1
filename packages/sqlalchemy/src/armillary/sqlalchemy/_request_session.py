"""Sessions that say so when they are used after their end."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from ._errors import SessionClosed

ENDED: Final = "armillary_ended"
"""The key of `session.info` under which a session keeps why it has ended."""

OVER: Final = (
    "this session has ended with its transaction, and what was not loaded before cannot be loaded from it now. "
    "Load it before the response starts (selectinload, joinedload), or open a transaction for the stream or "
    "the task: `async with transaction(request) as session:`"
)


class EndingSession(Session):
    """Refuses to reach for the database after its end, also for what its objects load lazily."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        """Return the engine or connection, which is asked for before each statement."""
        if ENDED in self.info:
            raise SessionClosed(self.info[ENDED])
        return super().get_bind(*args, **kwargs)


def ending_session_class(session_class: type[AsyncSession]) -> type[Session]:
    """Return the class of the sync session below an async one, made to end."""
    base = session_class.sync_session_class
    if issubclass(EndingSession, base):
        return EndingSession
    return type(f"Ending{base.__name__}", (EndingSession, base), {})
