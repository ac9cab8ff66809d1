"""One suite for every engine: what is enqueued runs, whatever carries it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
from pydantic import BaseModel, ConfigDict, Field, computed_field

from armillary.tasks import (
    ArgumentError,
    EngineUnavailable,
    Every,
    MessageTooLarge,
    Status,
    TaskCancelled,
    TaskFailed,
    TaskRetry,
    Tasks,
    TasksError,
    current_task,
)

pytestmark = pytest.mark.anyio

Make = Callable[..., Tasks]


@pytest.fixture
def anyio_backend(combination: Any) -> object:
    return combination[1]


@dataclass
class Picture:
    name: str
    taken: datetime


async def wait_until(condition: Callable[[], Any], seconds: float = 60) -> None:
    with anyio.fail_after(seconds):
        while not condition():
            await anyio.sleep(0.02)


async def test_an_enqueued_call_runs_and_its_result_is_returned_as_what_was_declared(
    make_tasks: Make, working: Any
) -> None:
    tasks = make_tasks()

    @tasks.task
    async def rename(picture: Picture, name: str = "star") -> Picture:
        return Picture(name, picture.taken)

    taken = datetime(2026, 1, 2, tzinfo=UTC)
    async with working(tasks):
        enqueued = await rename.enqueue(Picture("old", taken), name="Ünïcode")
        assert await enqueued.result(timeout=60) == Picture("Ünïcode", taken)
        found = await tasks.find(enqueued.id).status()
        assert found is not None
        assert (found.status, found.result["name"]) == ("succeeded", "Ünïcode")


async def test_a_function_that_is_not_async_runs_in_a_thread(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()

    @tasks.task
    def add(a: int, b: int) -> int:
        return a + b

    async with working(tasks):
        assert await (await add.enqueue(1, 2)).result(timeout=60) == 3


async def test_many_calls_run_each_once_and_no_more_at_once_than_allowed(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks(concurrency=3)
    ran: list[int] = []
    at_once = most = 0

    @tasks.task
    async def one(number: int) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await anyio.sleep(0.005)
        ran.append(number)
        at_once -= 1

    async with working(tasks):
        for number in range(50):
            await one.enqueue(number)
        await wait_until(lambda: len(ran) == 50)
    assert sorted(ran) == list(range(50))
    assert 1 < most <= 3


async def test_whatever_a_task_raises_fails_it_alone(make_tasks: Make, working: Any) -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise LookupError("no text")

    tasks = make_tasks()
    raised: dict[str, BaseException] = {
        "SystemExit: 3": SystemExit(3),
        "GeneratorExit": GeneratorExit(),
        "CancelledError": asyncio.CancelledError(),
        "BaseExceptionGroup": BaseExceptionGroup("several", [asyncio.CancelledError()]),
        "Silent": Silent(),
        "ValueError: xxx": ValueError("x" * 3_000_000),
        "ValueError: \0": ValueError("\0\ud800"),
    }

    @tasks.task(name="in the event loop")
    async def fail(reason: str) -> None:
        raise raised[reason]

    @tasks.task(name="in a thread")
    def fail_in_thread(reason: str) -> None:
        raise raised[reason]

    @tasks.task(name="fine")
    async def work() -> int:
        return 7

    async with working(tasks):
        for reason in raised:
            for task in (fail, fail_in_thread):
                with pytest.raises(TaskFailed, match=reason):
                    await (await task.enqueue(reason)).result(timeout=60)
        assert await (await work.enqueue()).result(timeout=60) == 7


async def test_a_failed_attempt_is_tried_again_and_the_last_becomes_a_dead_letter(
    make_tasks: Make, working: Any
) -> None:
    tasks = make_tasks()
    attempts: list[int] = []
    succeeds_at = 3

    @tasks.task(name="fragile", retry=TaskRetry(3, delay=0.05, jitter=0.5))
    async def fragile(number: int) -> str:
        attempts.append(current_task().attempt)
        if current_task().attempt < succeeds_at:
            raise LookupError("not yet")
        return "done"

    async with working(tasks):
        assert await (await fragile.enqueue(1)).result(timeout=60) == "done"
        assert attempts == [1, 2, 3]
        succeeds_at = 99
        dead = await fragile.enqueue(2)
        with pytest.raises(TaskFailed, match="LookupError: not yet"):
            await dead.result(timeout=60)
        (letter,) = await tasks.dead_letters()
        assert (letter.id, letter.task, letter.arguments) == (dead.id, "fragile", {"number": "2"})
        assert letter.reason == "LookupError: not yet"
        succeeds_at = 1
        assert await tasks.replay(dead.id)
        await wait_until(lambda: len(attempts) == 7)
        assert await dead.result(timeout=60) == "done"
        assert await tasks.dead_letters() == []
        assert not await tasks.replay(dead.id)


async def test_a_failed_attempt_waits_for_its_delay(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()
    attempts: list[int] = []

    @tasks.task(name="patient", retry=TaskRetry(2, delay=500, jitter=0, max_delay=500))
    async def patient() -> None:
        attempts.append(current_task().attempt)
        raise LookupError("not yet")

    async with working(tasks):
        enqueued = await patient.enqueue()
        with anyio.fail_after(60):
            while await enqueued.status() != Status("retrying", error="LookupError: not yet"):
                await anyio.sleep(0.02)
        state = tasks.engine.state
        assert await state.entries("delayed", until=await state.time() + 60) == []
        assert len(await state.entries("delayed", until=await state.time() + 500)) == 1
        assert attempts == [1]


@pytest.mark.engines("memory", "rabbitmq")
async def test_urgent_calls_overtake_others(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks(concurrency=1)
    has_begun, may_end = anyio.Event(), anyio.Event()
    order: list[int] = []

    @tasks.task(name="first")
    async def first() -> None:
        has_begun.set()
        await may_end.wait()

    @tasks.task(name="note")
    async def note(priority: int) -> None:
        order.append(priority)

    async with working(tasks):
        await first.enqueue()
        with anyio.fail_after(60):
            await has_begun.wait()
        for priority in (0, 5, 9, 1):
            await note.options(priority=priority).enqueue(priority)
        may_end.set()
        await wait_until(lambda: len(order) == 4)
    assert order == [9, 5, 1, 0]


async def test_an_exception_that_is_not_to_be_retried_fails_at_once(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()

    @tasks.task(retry=TaskRetry(5, on=OSError))
    async def fail() -> None:
        raise LookupError("for ever")

    async with working(tasks):
        enqueued = await fail.enqueue()
        with pytest.raises(TaskFailed, match="for ever"):
            await enqueued.result(timeout=60)
        assert (await enqueued.status()).attempt == 1  # type: ignore[union-attr]


async def test_a_time_out_of_what_a_task_calls_is_not_reported_as_its_own(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()

    @tasks.task(timeout=60)
    async def call_somebody() -> None:
        raise TimeoutError

    async with working(tasks):
        with pytest.raises(TaskFailed, match=r"^TimeoutError$"):
            await (await call_somebody.enqueue()).result(timeout=20)


async def test_an_attempt_that_takes_too_long_is_ended(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()

    @tasks.task(timeout=0.1)
    async def slow() -> None:
        await anyio.sleep_forever()

    async with working(tasks):
        with pytest.raises(TaskFailed, match=r"longer than 0\.1 s"):
            await (await slow.enqueue()).result(timeout=60)


async def test_a_thread_that_takes_too_long_fails_when_it_returns(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()
    has_begun, is_late = threading.Event(), threading.Event()

    @tasks.task(name="slow", timeout=0.05)
    def slow() -> int:
        has_begun.set()
        is_late.wait(60)
        return 7

    async with working(tasks):
        enqueued = await slow.enqueue()
        await wait_until(has_begun.is_set)
        await anyio.sleep(0.5)
        is_late.set()
        with pytest.raises(TaskFailed, match=r"longer than 0.05 s"):
            await enqueued.result(timeout=60)


@pytest.mark.engines("memory")
async def test_one_that_never_waits_fails_when_it_returns_too_late(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()

    @tasks.task(name="busy", timeout=0.05)
    async def busy() -> int:
        time.sleep(0.1)
        return 7

    async with working(tasks):
        with pytest.raises(TaskFailed, match=r"longer than 0.05 s"):
            await (await busy.enqueue()).result(timeout=60)


async def test_a_running_task_is_cancelled_and_a_waiting_one_never_runs(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks(concurrency=1, lease=1.5)
    events: list[str] = []

    @tasks.task
    async def run(name: str) -> None:
        events.append(f"{name} starts")
        try:
            await anyio.sleep_forever()
        finally:
            events.append(f"{name} ends")

    async with working(tasks):
        first = await run.enqueue("first")
        await wait_until(lambda: events)
        second = await run.enqueue("second")
        await second.cancel()
        await first.cancel()
        for enqueued in (first, second):
            with pytest.raises(TaskCancelled):
                await enqueued.result(timeout=60)
    assert events == ["first starts", "first ends"]


async def test_a_task_that_waits_for_its_delay_or_next_attempt_is_cancelled_at_once(
    make_tasks: Make, working: Any
) -> None:
    tasks = make_tasks()
    ran: list[int] = []

    @tasks.task(name="later", retry=TaskRetry(3, delay=500, jitter=0, max_delay=500))
    async def later() -> None:
        ran.append(current_task().attempt)
        raise LookupError("not yet")

    async with working(tasks):
        delayed = await later.options(delay=500).enqueue()
        with pytest.raises(TimeoutError, match=rf"{delayed.id} has not ended within 0\.05 s; its status is queued"):
            await delayed.result(timeout=0.05)
        failed = await later.enqueue()
        with anyio.fail_after(60):
            while await failed.status() != Status("retrying", error="LookupError: not yet"):
                await anyio.sleep(0.02)
        for enqueued in (delayed, failed):
            await enqueued.cancel()
            assert await enqueued.status() == Status("cancelled")
            with pytest.raises(TaskCancelled):
                await enqueued.result(timeout=10)
        state = tasks.engine.state
        assert await state.entries("delayed", until=await state.time() + 1000) == []
    assert ran == [1]


async def test_progress_is_seen_while_a_task_runs(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()
    go = anyio.Event()

    @tasks.task
    async def thumbnails() -> None:
        await current_task().report({"done": 3, "of": 10})
        await go.wait()

    async with working(tasks):
        enqueued = await thumbnails.enqueue()
        with anyio.fail_after(60):
            while (status := await enqueued.status()) is None or status.progress is None:
                await anyio.sleep(0.02)
        assert status == Status("running", 1, {"done": 3, "of": 10})
        go.set()
        await enqueued.result(timeout=60)


async def test_of_calls_with_one_key_one_is_enqueued(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()
    ran: list[str] = []

    @tasks.task
    async def bill(customer: str) -> None:
        ran.append(customer)

    async with working(tasks):
        keyed = bill.options(key="invoice-5")
        first, second = await keyed.enqueue("ada"), await keyed.enqueue("ada")
        other = await bill.options(key="invoice-6").enqueue("bob")
        assert first.id == second.id != other.id
        await other.result(timeout=60)
        await first.result(timeout=60)
    assert sorted(ran) == ["ada", "bob"]


@pytest.mark.parametrize("arrived", [False, True], ids=["lost", "arrived"])
async def test_a_call_with_a_key_that_was_perhaps_not_sent_is_sent_again_and_runs_once(
    make_tasks: Make, working: Any, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    tasks = make_tasks()
    ran: list[str] = []

    @tasks.task
    async def bill(customer: str) -> None:
        ran.append(customer)

    send = tasks.engine.send

    async def without_a_response(*args: Any) -> None:
        if arrived:
            await send(*args)
        raise TimeoutError

    keyed = bill.options(key="invoice-5")
    async with working(tasks):
        monkeypatch.setattr(tasks.engine, "send", without_a_response)
        with pytest.raises(EngineUnavailable, match="no response in time"):
            await keyed.enqueue("ada")
        monkeypatch.undo()
        again, third = await keyed.enqueue("ada"), await keyed.enqueue("ada")
        assert again.id == third.id
        await again.result(timeout=60)
        await (await bill.enqueue("bob")).result(timeout=60)
    assert sorted(ran) == ["ada", "bob"]


async def test_a_delayed_call_waits(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()
    ran: list[float] = []

    @tasks.task
    async def later() -> None:
        ran.append(anyio.current_time())

    async with working(tasks):
        started = anyio.current_time()
        enqueued = await later.options(delay=0.5).enqueue()
        await enqueued.result(timeout=60)
    assert ran[0] - started >= 0.5


async def test_a_scheduled_task_runs_once_for_each_time(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()
    ran: list[str] = []

    @tasks.task(schedule=Every(1))
    async def tick(note: str = "x") -> None:
        ran.append(current_task().id)

    async with working(tasks):
        await wait_until(lambda: len(ran) >= 2)
    assert len(set(ran)) == len(ran)


async def test_the_request_and_the_state_of_the_application_reach_the_task(make_tasks: Make, working: Any) -> None:
    from armillary.tasks._context import current_scope

    tasks = make_tasks()

    @tasks.task
    async def look() -> list[str | None]:
        current = current_task()
        return [current.request_id, current.state["name"], current.name.rpartition(".")[2]]

    async with working(tasks, {"name": "board"}):
        token = current_scope.set({"type": "http", "headers": [], "armillary": {"request_id": "r1"}})
        enqueued = await look.enqueue()
        current_scope.reset(token)
        assert await enqueued.result(timeout=60) == ["r1", "board", "look"]


async def test_what_is_enqueued_within_a_task_carries_its_request(make_tasks: Make, working: Any) -> None:
    from armillary.tasks._context import current_scope

    tasks = make_tasks()

    @tasks.task
    async def inner() -> str | None:
        return current_task().request_id

    @tasks.task
    async def outer() -> str | None:
        return await (await inner.enqueue()).result(timeout=60)

    async with working(tasks):
        token = current_scope.set({"type": "http", "headers": [], "armillary": {"request_id": "r2"}})
        enqueued = await outer.enqueue()
        current_scope.reset(token)
        assert await enqueued.result(timeout=60) == "r2"


async def test_a_task_of_an_unknown_name_becomes_a_dead_letter(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()

    @tasks.task(name="old")
    async def old() -> None: ...

    async with working(tasks):
        del tasks.registry["old"]
        enqueued = await old.enqueue()
        with pytest.raises(TaskFailed, match="no task named 'old'"):
            await enqueued.result(timeout=60)
        assert [letter.id for letter in await tasks.dead_letters()] == [enqueued.id]


async def test_a_result_that_cannot_be_encoded_is_a_failure_that_says_so(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()

    @tasks.task
    async def wrong():  # type: ignore[no-untyped-def]
        return object()

    async with working(tasks):
        with pytest.raises(TaskFailed, match="cannot be encoded"):
            await (await wrong.enqueue()).result(timeout=60)


async def test_what_is_not_what_was_declared_is_an_error_before_it_is_sent_or_kept(
    make_tasks: Make, working: Any
) -> None:
    tasks = make_tasks()

    @tasks.task(name="number")
    async def number(text: str) -> float:
        return float(text) if text == "nan" else text  # type: ignore[return-value]

    @tasks.task(name="half")
    async def half(value: float) -> list[float]:
        return (value / 2, 1)  # type: ignore[return-value]

    async with working(tasks):
        with pytest.raises(TaskFailed, match="task number returned 'seven'"):
            await (await number.enqueue("seven")).result(timeout=60)
        with pytest.raises(TaskFailed, match="task number returned nan"):
            await (await number.enqueue("nan")).result(timeout=60)
        with pytest.raises(ArgumentError, match="argument value is nan"):
            await half.enqueue(float("nan"))
        assert await (await half.enqueue(3)).result(timeout=60) == [1.5, 1.0]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    star_id: int = Field(alias="starId")
    name: str = Field(validation_alias="NAME")


class Square(BaseModel):
    model_config = ConfigDict(extra="forbid")
    side: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def area(self) -> int:
        return self.side**2


async def test_a_model_arrives_whatever_its_fields_are_called_and_computed(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()

    @tasks.task(name="rename")
    async def rename(entry: Entry, square: Square) -> list[Entry]:
        return [Entry.model_validate({"starId": entry.star_id + square.area, "NAME": entry.name})]

    async with working(tasks):
        entry, moved = (Entry.model_validate({"starId": number, "NAME": "Vega"}) for number in (7, 16))
        enqueued = await rename.enqueue(entry, Square(side=3))
        assert await enqueued.result(timeout=60) == [moved]


async def test_a_result_of_any_letters_arrives_up_to_the_engines_limit(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()

    @tasks.task(name="letters")
    async def letters(count: int) -> str:
        return "é" * count

    count = tasks.engine.max_size // 2 - 1
    async with working(tasks):
        assert await (await letters.enqueue(count)).result(timeout=60) == "é" * count


async def test_arguments_and_results_up_to_the_engines_limit_arrive_and_larger_ones_are_errors_with_the_limit(
    make_tasks: Make, working: Any
) -> None:
    tasks = make_tasks()

    @tasks.task(name="size")
    async def size(text: str, times: int = 0) -> int | str:
        return text * times if times else len(text)

    most = tasks.engine.max_size
    async with working(tasks):
        assert await (await size.enqueue("x" * (most - 1000))).result(timeout=60) == most - 1000
        with pytest.raises(MessageTooLarge, match=rf"task size: its arguments have .* takes {most:,}"):
            await size.enqueue("x" * most)
        with pytest.raises(TaskFailed, match=rf"MessageTooLarge: what it returned has .* takes {most:,}"):
            await (await size.enqueue("x" * (most // 2), 3)).result(timeout=60)


async def test_a_message_that_is_none_is_dropped(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks()

    @tasks.task
    async def fine() -> int:
        return 1

    async with working(tasks):
        await tasks.engine.send("x", "x", json.dumps(["no", "task"]).encode(), 0)
        assert await (await fine.enqueue()).result(timeout=60) == 1


async def test_results_expire(make_tasks: Make, working: Any) -> None:
    tasks = make_tasks(result_ttl=0.3)

    ran = False

    @tasks.task
    async def quick() -> int:
        nonlocal ran
        ran = True
        return 1

    async with working(tasks):
        enqueued = await quick.enqueue()
        await wait_until(lambda: ran)
        with anyio.fail_after(60):
            while await enqueued.status() is not None:
                await anyio.sleep(0.05)
        with pytest.raises(LookupError, match="any more"):
            await enqueued.result()


async def test_the_state_keeps_keys_and_entries(make_tasks: Make) -> None:
    tasks = make_tasks()
    state = tasks.engine.state
    async with tasks.running():
        assert await state.add("k", b"1", 60)
        assert not await state.add("k", b"2", 60)
        assert await state.get("k") == b"1"
        assert not await state.renew("k", b"2", 60)
        assert await state.renew("k", b"1", 60)
        await state.remove("k", b"2")
        assert await state.get("k") == b"1"
        await state.remove("k", b"1")
        assert await state.get("k") is None
        assert not await state.renew("k", b"1", 60)
        assert await state.add("short", b"1", 0.2)
        await anyio.sleep(0.4)
        assert await state.get("short") is None
        assert await state.add("short", b"2", 60)
        assert [await state.count("n", 60) for _ in range(3)] == [1, 2, 3]
        await state.remove("n")
        for name, due in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
            await state.put("box", name, name.encode(), due)
        assert await state.entries("box", until=2.0) == [("a", b"a"), ("b", b"b")]
        assert await state.entries("box", limit=1) == [("a", b"a")]
        assert await state.take("box", "a") == b"a"
        assert await state.take("box", "a") is None
        assert [name for name, _ in await state.entries("box")] == ["b", "c"]
        assert abs(await state.time() - datetime.now(UTC).timestamp()) < 60


async def test_what_cannot_be_enqueued_is_an_error_that_names_the_argument(make_tasks: Make) -> None:
    tasks = make_tasks()

    @tasks.task(name="mail")
    async def mail(to: str, copies: list[int] | None = None, extra=None) -> None: ...  # type: ignore[no-untyped-def]

    async with tasks.running():
        for call, words in (
            (lambda: mail.enqueue(), "task mail: missing a required argument: 'to'"),
            (lambda: mail.enqueue(5), "task mail: argument to is 5: .*string"),
            (lambda: mail.enqueue("a", ["x"]), r"argument copies"),
            (lambda: mail.enqueue("a", extra=object()), "argument extra is <object .*cannot be encoded"),
            (lambda: mail.enqueue("a", subject="b"), "unexpected keyword argument 'subject'"),
        ):
            with pytest.raises(ArgumentError, match=words):
                await call()


async def test_tasks_that_were_not_started_say_how_to(make_tasks: Make) -> None:
    tasks = make_tasks()

    @tasks.task
    async def run() -> None: ...

    with pytest.raises(TasksError, match="TasksMiddleware"):
        await run.enqueue()
