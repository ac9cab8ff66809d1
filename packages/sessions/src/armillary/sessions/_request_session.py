"""The session of one connection: loaded before the application runs, saved before the response starts."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from enum import Enum, auto

from armillary.datastructures import SessionNotSaved

from ._contention import SaveTurn
from ._server_session import ServerSession
from ._session_id import hash_id, new_id, new_version
from ._store import SessionStore, StoredSession

TOO_LATE = (
    "the session {what} after the response or handshake had started, so the client cannot get its id; do it before"
)

TOUCH_THRESHOLD = 0.1
"""A session that is only read is saved again when this share of its idle time has passed."""


class SaveOutcome(Enum):
    """What became of one attempt to save."""

    SAVED = auto()
    EMPTIED = auto()
    """Nothing is left in the session, and it was deleted."""
    ENDED = auto()
    """Another request ended or moved the session, so there is nothing to save it over."""
    LOST = auto()
    """Another request saved it in between; only this one is tried again."""


class Lifetimes:
    """How long sessions live.

    Args:
        idle: seconds after which an unused session ends.
        absolute: seconds after which any session ends; None for never.
    """

    def __init__(self, idle: int, absolute: int | None) -> None:
        self.idle = idle
        self.absolute = absolute

    def left(self, created: float) -> int:
        """Return the seconds a session that began then may still live."""
        return self.idle if self.absolute is None else min(self.idle, math.ceil(created + self.absolute - time.time()))

    def is_touch_due(self, stored: StoredSession) -> bool:
        """Return whether a session that is only read must be saved, lest it end as unused."""
        return time.time() - stored.touched > self.idle * TOUCH_THRESHOLD


class RequestSession:
    """Loads and saves one session.

    Args:
        store: where sessions are kept.
        lifetimes: how long they live.
        max_wait: seconds to keep trying while other requests change the session.
        session_id: the id of the cookie; None if there is none.
    """

    def __init__(self, store: SessionStore, lifetimes: Lifetimes, max_wait: float, session_id: str | None) -> None:
        self._store = store
        self._lifetimes = lifetimes
        self._max_wait = max_wait
        self._stored: StoredSession | None = None
        self._last_outcome: SaveOutcome | None = None
        self.id = session_id
        self.is_started = False
        self.session: ServerSession = ServerSession()
        self.session.saver = self.save_now

    async def load(self) -> None:
        """Load the session, if the cookie's id is that of one."""
        if self.id is None:
            return
        stored = await self._store.load(hash_id(self.id))
        if stored is not None and self._lifetimes.left(stored.created) > 0:
            self._stored = stored
            self.session = ServerSession(stored.data)
            self.session.saver = self.save_now

    async def save_now(self) -> bool:
        """Save what changed; return False if another request has ended the session."""
        return await self.save() is not SaveOutcome.ENDED

    async def save(self) -> SaveOutcome | None:
        """Save what changed.

        Returns:
            The outcome of the last save that had something to save; None if there was none.

        Raises:
            SessionConflict: other requests changed the session for `max_wait` seconds; nothing was saved.
            SessionNotSaved: the client can no longer get the session's id.
            StoreUnavailable: the store cannot be reached.
        """
        self._last_outcome = await self._save_changes() or self._last_outcome
        return self._last_outcome

    async def _save_changes(self) -> SaveOutcome | None:
        session = self.session
        if not session.accessed:
            return None
        if session.destroyed:
            if self.id is not None:
                await self._store.delete(hash_id(self.id))
            return SaveOutcome.EMPTIED
        changed = session.modified or session.changed_inside
        if self._stored is None:
            return await self._create() if changed and not session.is_empty else None
        if session.rotated and self.is_started:
            raise SessionNotSaved(TOO_LATE.format(what="was rotated"))
        if session.rotated:
            return await self._save_over(self._stored, self._move_once)
        if changed:
            # A missing one was ended or moved by another request, whose response has the cookie.
            return await self._save_over(self._stored, self._update_once)
        if self._lifetimes.is_touch_due(self._stored):
            # One that loses is dropped: the save that won is a touch as well.
            outcome = await self._update_once(self._stored)
            return outcome if outcome is SaveOutcome.SAVED else None
        return None

    async def _save_over(
        self, stored: StoredSession, attempt: Callable[[StoredSession], Awaitable[SaveOutcome]]
    ) -> SaveOutcome:
        """Attempt it on what was loaded, and as long as others are faster, on what is stored by now."""
        outcome = await attempt(stored)
        if outcome is not SaveOutcome.LOST:
            return outcome
        key = hash_id(self.id or "")
        async with SaveTurn(key, self._max_wait) as turn:
            while True:
                latest = await self._store.load(key)
                outcome = SaveOutcome.ENDED if latest is None else await attempt(latest)
                if outcome is not SaveOutcome.LOST:
                    break
                await turn.pause()
        if outcome is SaveOutcome.ENDED and self.session.rotated and self.session.merged_into("{}") != "{}":
            # What this request set itself, as a log-in does, begins a new session.
            return await self._create()
        return outcome

    async def _create(self) -> SaveOutcome:
        if self.is_started:
            raise SessionNotSaved(TOO_LATE.format(what="began"))
        now = time.time()
        await self._save_under_new_id(self.session.merged_into("{}"), now, now)
        return SaveOutcome.SAVED

    async def _update_once(self, latest: StoredSession) -> SaveOutcome:
        key, data = hash_id(self.id or ""), self.session.merged_into(latest.data)
        if data == "{}":
            return SaveOutcome.EMPTIED if await self._store.delete(key, latest.version) else SaveOutcome.LOST
        session = StoredSession(data, new_version(), latest.created, time.time())
        if not await self._store.save(key, session, latest.version, self._lifetimes.left(latest.created)):
            return SaveOutcome.LOST
        self._rebase(session)
        return SaveOutcome.SAVED

    async def _move_once(self, latest: StoredSession) -> SaveOutcome:
        """Store the session under a new id, which counts only if the old one could be deleted unchanged."""
        old_id, old_stored = self.id or "", self._stored
        data = self.session.merged_into(latest.data)
        if data == "{}":
            return await self._update_once(latest)
        before = self.session.before
        await self._save_under_new_id(data, latest.created, time.time())
        if await self._store.delete(hash_id(old_id), latest.version):
            self.session.rotated = False
            return SaveOutcome.SAVED
        await self._store.delete(hash_id(self.id or ""))
        self.id, self._stored, self.session.before = old_id, old_stored, before
        return SaveOutcome.LOST

    async def _save_under_new_id(self, data: str, created: float, now: float) -> None:
        session_id = new_id()
        key, session = hash_id(session_id), StoredSession(data, new_version(), created, now)
        if not await self._store.save(key, session, None, self._lifetimes.left(created)) and (
            await self._store.load(key) != session  # it was saved, but the reply was lost
        ):
            raise RuntimeError("a new session id is taken; the store returns wrong results")
        self.id = session_id
        self._rebase(session)

    def _rebase(self, stored: StoredSession) -> None:
        """Take what was just stored as what was loaded, so that the next save has only what changes from now on."""
        self._stored = stored
        self.session.rebase()
