"""Background tasks together with dependencies that yield, and what fails in either."""

from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Annotated, Any

import anyio
from driving import get, note  # type: ignore[import-not-found]
from fastapi import (
    BackgroundTasks,
    Depends,
    FastAPI,
    HTTPException,
    Response,
)
from fastapi.responses import PlainTextResponse, StreamingResponse


async def run() -> Any:
    app = FastAPI()
    current: ContextVar[str] = ContextVar("current", default="none")

    async def outer() -> AsyncIterator[str]:
        current.set("outer")
        note("outer enter")
        try:
            yield "o"
        finally:
            note(f"outer exit {current.get()}")

    def inner(o: Annotated[str, Depends(outer)], tasks: BackgroundTasks) -> Iterator[str]:
        note("inner enter")
        tasks.add_task(note, "from dependency")
        try:
            yield o + "i"
        except KeyError as exc:
            note("inner saw KeyError")
            raise HTTPException(410, "gone") from exc
        finally:
            note("inner exit")

    async def failing_exit() -> AsyncIterator[None]:
        yield
        note("failing exit")
        raise RuntimeError("in exit")

    async def late(word: str) -> None:
        await anyio.sleep(0)
        note(f"late {word} {current.get()}")

    def in_thread(word: str) -> None:
        note(f"thread {word} {current.get()}")

    @app.get("/ok")
    async def ok(i: Annotated[str, Depends(inner)], tasks: BackgroundTasks) -> Any:
        tasks.add_task(late, "a")
        tasks.add_task(in_thread, "b")
        note("endpoint")
        return {"i": i}

    @app.get("/sync")
    def sync(i: Annotated[str, Depends(inner)], tasks: BackgroundTasks, response: Response) -> Any:
        tasks.add_task(in_thread, "b")
        response.headers["x-i"] = i
        response.set_cookie("a", "b")
        response.status_code = 202
        return [i]

    @app.get("/own")
    async def own(i: Annotated[str, Depends(inner)], tasks: BackgroundTasks) -> Any:
        from starlette.background import BackgroundTask

        return PlainTextResponse("x", background=BackgroundTask(late, "own"))

    @app.get("/key")
    async def key(i: Annotated[str, Depends(inner)]) -> Any:
        raise KeyError("k")

    @app.get("/task-fails")
    async def task_fails(i: Annotated[str, Depends(inner)], tasks: BackgroundTasks) -> Any:
        tasks.add_task(lambda: 1 / 0)
        tasks.add_task(note, "never")
        return 1

    @app.get("/exit-fails", dependencies=[Depends(failing_exit)])
    async def exit_fails(i: Annotated[str, Depends(inner)]) -> Any:
        return 1

    @app.get("/stream")
    async def stream(i: Annotated[str, Depends(inner)], tasks: BackgroundTasks) -> Any:
        async def parts() -> AsyncIterator[str]:
            for n in range(3):
                note(f"part {n}")
                yield i * n

        tasks.add_task(note, "after stream")
        return StreamingResponse(parts(), background=tasks)

    @app.get("/function-scope")
    async def function_scope(i: Annotated[str, Depends(outer, scope="function")], tasks: BackgroundTasks) -> Any:
        tasks.add_task(note, "task")
        return i

    @app.get("/added-late")
    async def added_late(tasks: BackgroundTasks) -> Any:
        tasks.add_task(lambda: tasks.add_task(note, "added by a task"))
        return None

    return [
        await get(app, path)
        for path in (
            "/ok",
            "/sync",
            "/own",
            "/key",
            "/task-fails",
            "/exit-fails",
            "/stream",
            "/function-scope",
            "/added-late",
            "/ok",
        )
    ]
