from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from armillary.asgi_types import Message, Receive, Scope, Send, StopSignal, scope_record
from armillary.background import BackgroundTask, BackgroundTasks, StopEvent, Stopping, UnfinishedTask

HTTP: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def no_receive() -> Message:
    raise AssertionError("nothing to receive")


async def no_send(message: Message) -> None:
    raise AssertionError(f"nothing to send, got {message}")


async def empty_app(scope: Scope, receive: Receive, send: Send) -> None:
    pass


def background_app(task: Callable[[], Awaitable[None]]) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await task()

    return app


@pytest.mark.anyio
async def test_a_stream_can_wait_for_the_server_to_stop() -> None:
    ended: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        stopping: StopSignal = scope_record(scope)["stopping"]
        ended.append(stopping.is_set())
        await stopping.wait()
        ended.append(stopping.is_set())

    stopping = Stopping(app, signals=[])
    with anyio.fail_after(2):
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(stopping, dict(HTTP), no_receive, no_send)
            await anyio.sleep(0.01)
            stopping.stop()
    assert ended == [False] * 3 + [True] * 3


@pytest.mark.anyio
async def test_a_later_lifespan_is_not_stopping_because_an_earlier_one_has_ended() -> None:
    seen: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append(scope_record(scope)["stopping"].is_set())

    async def serve(stopping: Stopping) -> None:
        messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive() -> Message:
            message = next(messages)
            if message["type"] == "lifespan.shutdown":
                await stopping(dict(HTTP), no_receive, no_send)
            return message

        async def send(message: Message) -> None: ...

        await stopping({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)

    stopping = Stopping(app, signals=[])
    await serve(stopping)
    await serve(stopping)
    assert seen == [False, False]
    assert stopping.event.is_set()


@pytest.mark.anyio
async def test_stop_may_be_called_from_another_thread() -> None:
    event = StopEvent()
    with anyio.fail_after(2):
        async with anyio.create_task_group() as group:
            group.start_soon(event.wait)
            await anyio.sleep(0.01)
            thread = threading.Thread(target=event.set)
            thread.start()
    thread.join()
    await event.wait()


def test_stopping_outlives_the_loop_that_waited_for_it() -> None:
    event = StopEvent()

    async def wait_a_moment() -> None:
        with anyio.move_on_after(0.01):
            await event.wait()

    anyio.run(wait_a_moment)
    anyio.run(wait_a_moment, backend="trio")
    event.set()
    anyio.run(event.wait)


@pytest.mark.anyio
async def test_tasks_may_finish_before_the_deadline() -> None:
    done: list[str] = []
    begun, stop_called = anyio.Event(), anyio.Event()

    async def work() -> None:
        begun.set()
        await stop_called.wait()
        await anyio.sleep(0.01)
        done.append("done")

    stopping = Stopping(background_app(BackgroundTask(work)), drain_timeout=5, signals=[])
    async with anyio.create_task_group() as group:
        group.start_soon(stopping, dict(HTTP), no_receive, no_send)
        await begun.wait()
        assert stopping.running_tasks == 1
        stopping.stop()
        stop_called.set()
    assert done == ["done"]
    assert stopping.unfinished_tasks == []
    assert stopping.running_tasks == 0


@pytest.mark.anyio
async def test_tasks_that_miss_the_deadline_are_cancelled_and_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def endless() -> None:
        await anyio.sleep(60)

    tasks = BackgroundTasks()
    tasks.add_task(endless)
    tasks.add_task(print, "never")
    stopping = Stopping(background_app(tasks), drain_timeout=0.02, signals=[])
    with anyio.fail_after(5), caplog.at_level(logging.WARNING):
        async with anyio.create_task_group() as group:
            group.start_soon(stopping, dict(HTTP), no_receive, no_send)
            await anyio.sleep(0.01)
            stopping.stop()
    cancelled, skipped = stopping.unfinished_tasks
    assert cancelled.task.name.endswith("endless")
    assert cancelled.seconds is not None
    assert 0.02 <= cancelled.seconds < 2
    assert (skipped.task.name, skipped.seconds) == ("print", None)
    assert [record.name for record in caplog.records] == ["armillary.background"] * 2
    assert "endless was cancelled after" in caplog.text
    assert "print was not started" in caplog.text


@pytest.mark.anyio
async def test_a_hook_receives_unfinished_tasks_instead_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    received: list[UnfinishedTask] = []
    app = background_app(BackgroundTask(anyio.sleep, 60))
    stopping = Stopping(app, drain_timeout=0, on_unfinished=received.append, signals=[])
    stopping.stop()
    with anyio.fail_after(5), caplog.at_level(logging.WARNING):
        await stopping(dict(HTTP), no_receive, no_send)
    assert [unfinished.task.name for unfinished in received] == ["sleep"]
    assert caplog.records == []


@pytest.mark.anyio
async def test_a_task_begun_while_stopping_has_what_is_left_of_the_time() -> None:
    app = background_app(BackgroundTask(anyio.sleep, 60))
    stopping = Stopping(app, drain_timeout=0.05, signals=[])
    stopping.stop()
    started = time.monotonic()
    await stopping(dict(HTTP), no_receive, no_send)
    assert time.monotonic() - started < 2
    assert len(stopping.unfinished_tasks) == 1


@pytest.mark.anyio
async def test_a_sync_task_is_reported_at_the_deadline_though_its_thread_continues() -> None:
    release = threading.Event()
    stopping = Stopping(background_app(BackgroundTask(release.wait, 5)), drain_timeout=0, signals=[])
    stopping.stop()
    started = time.monotonic()
    await stopping(dict(HTTP), no_receive, no_send)
    release.set()
    assert time.monotonic() - started < 2
    assert len(stopping.unfinished_tasks) == 1


@pytest.mark.anyio
async def test_a_cancelled_request_is_not_taken_for_a_drained_one() -> None:
    stopping = Stopping(background_app(BackgroundTask(anyio.sleep, 60)), signals=[])
    with anyio.move_on_after(0.01) as scope:
        await stopping(dict(HTTP), no_receive, no_send)
    assert scope.cancelled_caught
    assert stopping.unfinished_tasks == []


@pytest.mark.anyio
async def test_work_that_a_stopping_server_cancels_before_the_deadline_is_reported() -> None:
    tasks = BackgroundTasks([BackgroundTask(anyio.sleep, 60), BackgroundTask(print)])
    stopping = Stopping(background_app(tasks), drain_timeout=30, on_unfinished=lambda task: None, signals=[])
    async with anyio.create_task_group() as group:
        group.start_soon(stopping, dict(HTTP), no_receive, no_send)
        await anyio.sleep(0.02)
        stopping.stop()
        await anyio.sleep(0.02)
        group.cancel_scope.cancel()  # as a server does after a second SIGINT
    cancelled, skipped = stopping.unfinished_tasks
    assert (cancelled.task.name, cancelled.seconds is None) == ("sleep", False)
    assert (skipped.task.name, skipped.seconds) == ("print", None)


@pytest.mark.anyio
async def test_a_failure_passes_through_the_drain_unchanged() -> None:
    error = LookupError("x")

    async def fail() -> None:
        raise error

    stopping = Stopping(background_app(BackgroundTask(fail)), signals=[])
    with pytest.raises(LookupError) as caught:
        await stopping(dict(HTTP), no_receive, no_send)
    assert caught.value is error


class Lifespan:
    """Runs an application's lifespan for the length of a block."""

    def __init__(self, app: Stopping) -> None:
        self.app = app
        self.sent: list[str] = []
        self._to_app, self._from_server = anyio.create_memory_object_stream[Message](2)
        self._responded = anyio.Event()

    async def send(self, message: Message) -> None:
        self.sent.append(message["type"])
        self._responded.set()

    async def __aenter__(self) -> Lifespan:
        self._group = await anyio.create_task_group().__aenter__()
        self._group.start_soon(
            self.app, {"type": "lifespan", "asgi": {"version": "3.0"}}, self._from_server.receive, self.send
        )
        await self._to_app.send({"type": "lifespan.startup"})
        await self._responded.wait()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._to_app.send({"type": "lifespan.shutdown"})
        await self._group.__aexit__(None, None, None)
        self._to_app.close()
        self._from_server.close()


async def app_with_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    for phase in ("startup", "shutdown"):
        assert (await receive())["type"] == f"lifespan.{phase}"
        await send({"type": f"lifespan.{phase}.complete"})


async def app_without_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError(f"unknown scope {scope['type']}")


@pytest.mark.anyio
@pytest.mark.parametrize("app", [app_with_lifespan, app_without_lifespan, empty_app])
async def test_the_lifespan_completes_whether_or_not_the_app_supports_it(
    app: Callable[[Scope, Receive, Send], Awaitable[None]],
) -> None:
    stopping = Stopping(app, signals=[])
    async with Lifespan(stopping) as lifespan:
        assert lifespan.sent == ["lifespan.startup.complete"]
        assert not stopping.event.is_set()
    assert lifespan.sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert stopping.event.is_set()


@pytest.mark.anyio
@pytest.mark.parametrize(("seconds", "unfinished"), [(0.05, []), (60, ["sleep"])])
async def test_the_shut_down_waits_for_tasks_and_their_deadline(seconds: float, unfinished: list[str]) -> None:
    order: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app_with_lifespan(scope, receive, send)
            order.append("lifespan ended")
        else:
            await BackgroundTask(anyio.sleep, seconds)()
            order.append("request ended")

    stopping = Stopping(app, drain_timeout=0.2, on_unfinished=lambda unfinished: None, signals=[])
    async with anyio.create_task_group() as group:
        async with Lifespan(stopping):
            group.start_soon(stopping, dict(HTTP), no_receive, no_send)
            await anyio.sleep(0.01)
    assert order == ["request ended", "lifespan ended"]
    assert [each.task.name for each in stopping.unfinished_tasks] == unfinished


@pytest.mark.anyio
async def test_a_failing_start_up_is_not_hidden() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise LookupError("no database")

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    with pytest.raises(LookupError, match="no database"):
        await Stopping(app, signals=[])({"type": "lifespan"}, receive, no_send)


@pytest.mark.anyio
async def test_a_signal_is_received_and_passed_on_to_the_server() -> None:
    received: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: received.append(number))
    try:
        stopping = Stopping(app_with_lifespan, signals=[signal.SIGUSR1])
        async with Lifespan(stopping):
            os.kill(os.getpid(), signal.SIGUSR1)
            with anyio.fail_after(2):
                await stopping.event.wait()
            assert received == [signal.SIGUSR1]
        os.kill(os.getpid(), signal.SIGUSR1)
        assert received == [signal.SIGUSR1] * 2
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.anyio
async def test_the_server_is_not_interrupted_during_a_request() -> None:
    frames: list[object] = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: frames.append(frame))
    try:
        async with Lifespan(Stopping(app_with_lifespan, signals=[signal.SIGUSR1])):
            os.kill(os.getpid(), signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert frames == [None]


@pytest.mark.anyio
async def test_the_servers_handler_is_back_after_the_lifespan() -> None:
    def handler(number: int, frame: object) -> None: ...

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        async with Lifespan(Stopping(app_with_lifespan, signals=[signal.SIGUSR1])):
            assert signal.getsignal(signal.SIGUSR1) is not handler
        assert signal.getsignal(signal.SIGUSR1) is handler
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.anyio
async def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        stopping = Stopping(app_with_lifespan, signals=[signal.SIGUSR1])
        async with Lifespan(stopping):
            os.kill(os.getpid(), signal.SIGUSR1)
            await anyio.sleep(0.01)
            assert not stopping.event.is_set()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_outside_the_main_thread_no_handlers_are_installed() -> None:
    failures: list[BaseException] = []

    async def run() -> None:
        async with Lifespan(Stopping(app_with_lifespan)):
            pass

    def target() -> None:
        try:
            anyio.run(run)
        except BaseException as exc:
            failures.append(exc)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    assert failures == []


@pytest.mark.parametrize("timeout", [-1, float("nan")])
def test_a_negative_drain_timeout_is_rejected(timeout: float) -> None:
    with pytest.raises(ValueError, match="drain_timeout"):
        Stopping(empty_app, drain_timeout=timeout)


async def report(unfinished: UnfinishedTask) -> None: ...


@pytest.mark.parametrize("hook", [report, "log"])
def test_a_hook_that_could_not_be_called_is_rejected(hook: Any) -> None:
    with pytest.raises(TypeError, match="Stopping takes on_unfinished as a plain function, not an async one, got"):
        Stopping(empty_app, on_unfinished=hook)
