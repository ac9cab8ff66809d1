"""The tasks of an application: started and stopped with it."""

from __future__ import annotations

from contextlib import AsyncExitStack

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.exchange import run_lifespan

from ._context import current_scope
from ._tasks import Tasks


class TasksMiddleware:
    """Start the tasks with the application, and let what it enqueues carry the request's id and trace.

    They start after the application's own lifespan, if it has one, and stop before it, so that tasks may use what it
    opened. In memory
    they run here too. If the engine cannot be reached, the application does not start.

    Args:
        app: the application.
        tasks: its tasks.

    Raises:
        TypeError: `tasks` is something else.
    """

    def __init__(self, app: ASGIApp, tasks: Tasks) -> None:
        if not isinstance(tasks, Tasks):
            raise TypeError(f'tasks is a Tasks, such as Tasks("redis://127.0.0.1:6379/0"); got {tasks!r}')
        self.app = app
        self.tasks = tasks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._run_lifespan(scope, receive, send)
            return
        token = current_scope.set(scope)
        try:
            await self.app(scope, receive, send)
        finally:
            current_scope.reset(token)

    async def _run_lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as started:

            async def start_and_send(message: Message) -> None:
                if message["type"] == "lifespan.startup.complete":
                    await started.enter_async_context(self.tasks.running(scope.get("state")))
                await send(message)

            async def receive_and_stop() -> Message:
                message = await receive()
                if message["type"] == "lifespan.shutdown":
                    await started.aclose()
                return message

            await run_lifespan(self.app, scope, receive_and_stop, start_and_send)
