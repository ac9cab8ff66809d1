"""A worker: an application that is started by the lifespan protocol, and whose tasks are run."""

from __future__ import annotations

import json
import logging
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import anyio
from anyio.abc import SocketStream

from armillary.asgi_types import ASGIApp

from ._errors import TasksError
from ._process import PROCESS
from ._runner import Runner

logger = logging.getLogger("armillary.tasks")

ONE_STOP: Final = 0.5
"""Seconds within which several signals are one."""

NOTHING_STARTED = (
    "the application has started no tasks: wrap it in TasksMiddleware(app, tasks), or write "
    "`async with tasks.running():` in its lifespan"
)


async def work(app: ASGIApp, *, drain: float, health_port: int | None) -> None:
    """Run the tasks of an application until SIGTERM or SIGINT.

    Raises:
        TasksError: the application did not start, or has no tasks for a worker.
    """
    async with started(app):
        if not PROCESS.started:
            raise TasksError(NOTHING_STARTED)
        runners = [Runner(tasks, drain) for tasks in PROCESS.started if tasks.engine.is_durable]
        if not runners:
            raise TasksError('Tasks("memory://") run in the application itself; give Tasks the URL of an engine')
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async with anyio.create_task_group() as group:
                async with AsyncExitStack() as running:
                    for runner in runners:
                        await running.enter_async_context(runner.running())
                    if health_port is not None:
                        listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=health_port)

                        async def report(stream: SocketStream) -> None:
                            await report_health(stream, runners)

                        group.start_soon(listener.serve, report)
                    names = sum(len(runner.tasks.registry) for runner in runners)
                    logger.warning("Worker started with %d tasks", names)
                    await anext(signals)
                    logger.warning("Worker stops; running tasks have %g s", drain)
                    group.start_soon(hurry_at_second_signal, signals, runners)
                group.cancel_scope.cancel()
    logger.warning("Worker stopped")


async def hurry_at_second_signal(signals: Any, runners: list[Runner]) -> None:
    """Wait no longer for tasks once somebody insists; `timeout` and shells send one stop twice, a moment apart."""
    stopped = anyio.current_time()
    async for _ in signals:
        if anyio.current_time() - stopped >= ONE_STOP:
            for runner in runners:
                runner.hurry()


async def report_health(stream: SocketStream, runners: list[Runner]) -> None:
    """Respond to any request: 200 while the engine can be reached, else 503."""
    async with stream:
        with anyio.move_on_after(5):
            try:
                await stream.receive(4096)
                is_connected = all(runner.is_connected for runner in runners)
                document = {
                    "status": "connected" if is_connected else "disconnected",
                    "running": sum(len(runner.running_turns) for runner in runners),
                    "completed": sum(runner.completed for runner in runners),
                }
                body = json.dumps(document).encode()
                line = b"200 OK" if is_connected else b"503 Service Unavailable"
                head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % (line, len(body))
                await stream.send(head + b"connection: close\r\n\r\n" + body)
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return


@asynccontextmanager
async def started(app: ASGIApp) -> AsyncGenerator[dict[str, Any]]:
    """Start an application by the lifespan protocol, and stop it at the end of the block; yield its state.

    Raises:
        TasksError: it does not start, or does not support the protocol.
    """
    state: dict[str, Any] = {}
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
    to_app, received = anyio.create_memory_object_stream[Any](2)
    sent, from_app = anyio.create_memory_object_stream[Any](4)
    failure: Exception | None = None

    async def run() -> None:
        nonlocal failure
        try:
            await app(scope, received.receive, sent.send)
        except Exception as exc:
            failure = exc
        finally:
            sent.close()

    async def next_message() -> dict[str, Any]:
        try:
            message: dict[str, Any] = await from_app.receive()
        except anyio.EndOfStream:
            return {"type": "lifespan.ended"}
        return message

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await to_app.send({"type": "lifespan.startup"})
        message = await next_message()
        if message["type"] != "lifespan.startup.complete":
            group.cancel_scope.cancel()
            reason = str(failure) if failure is not None else message.get("message", "")
            raise TasksError(f"the application did not start: {reason or 'it has no lifespan'}") from failure
        try:
            yield state
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(30):
                await to_app.send({"type": "lifespan.shutdown"})
                await next_message()
            group.cancel_scope.cancel()
