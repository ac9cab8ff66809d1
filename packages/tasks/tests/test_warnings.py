"""What workers log about an engine that does not respond: its error may have no text of its own."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from armillary.tasks import Tasks
from armillary.tasks._envelope import Envelope
from armillary.tasks._keeper import Keeper
from armillary.tasks._scheduler import Scheduler

pytestmark = pytest.mark.anyio


async def silent(*_: Any) -> Any:
    raise TimeoutError


async def lost(*_: Any) -> bool:
    return False


async def test_a_lease_that_is_not_renewed_is_logged_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tasks = Tasks(lease=1.5)

    async def silent_once(*_: Any) -> bool:
        monkeypatch.setattr(tasks.engine.state, "renew", lost)
        raise TimeoutError

    monkeypatch.setattr(tasks.engine.state, "renew", silent_once)
    with anyio.fail_after(30), anyio.CancelScope() as scope:
        await Keeper(tasks, b"worker", Envelope("1", "bill", {}), "lease").run(scope)
    assert "The lease of task 1 was not renewed: no response in time" in caplog.text


async def test_a_task_whose_lease_cannot_be_renewed_for_its_whole_length_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tasks = Tasks(lease=0.3)
    monkeypatch.setattr(tasks.engine.state, "renew", silent)
    keeper = Keeper(tasks, b"worker", Envelope("1", "bill", {}), "lease")
    began = anyio.current_time()
    with anyio.fail_after(30), anyio.CancelScope() as scope:
        await keeper.run(scope)
    assert scope.cancel_called
    assert keeper.is_lost
    assert anyio.current_time() - began >= tasks.lease


async def test_a_lease_of_schedules_that_stays_is_logged_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tasks = Tasks()
    monkeypatch.setattr(tasks.engine.state, "remove", silent)
    with anyio.move_on_after(0.01):
        await Scheduler(tasks, b"worker").run()
    assert "The lease of the schedules stays until it ends: no response in time" in caplog.text
