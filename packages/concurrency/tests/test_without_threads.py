"""Interpreters that cannot start threads, as Pyodide, in a process of their own."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

PATCHES = {
    "the first thread cannot be started": """
        import threading
        def start(self):
            raise RuntimeError("can't start new thread")
        threading.Thread.start = start
    """,
    "emscripten": """
        import sys, threading
        def start(self):
            raise AssertionError("a thread was started")
        threading.Thread.start = start
        sys.platform = "emscripten"
    """,
}


def run(patch: str, body: str, backend: str) -> subprocess.CompletedProcess[str]:
    code = dedent(
        """
        import anyio, asyncio, trio, contextvars
        import anyio.to_thread
        from armillary.concurrency import (
            FILES, Limiter, iterate_in_threadpool, limiter_usage, run_detached, run_in_threadpool
        )
        """
    )
    code += dedent(patch) + dedent(body) + f"\nanyio.run(main, backend={backend!r})\n"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("kind", PATCHES)
def test_blocking_functions_run_in_the_event_loop(kind: str, backend: str) -> None:
    body = """
        variable = contextvars.ContextVar("variable")

        def numbers():
            yield 1
            yield 2

        def fail():
            raise LookupError("own")

        async def main():
            print(await run_in_threadpool(sorted, [2, 1]), await run_detached(int), await FILES.run(str))
            print([item async for item in iterate_in_threadpool(numbers())])
            await run_in_threadpool(variable.set, "set")
            print(variable.get())
            try:
                await run_in_threadpool(fail)
            except LookupError as exc:
                print(exc)
            items = iterate_in_threadpool(numbers())
            await anext(items)
            await items.aclose()
            limiter = Limiter("one", 1, max_wait=0)
            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(limiter.run, int)
            print(limiter.rejected, limiter.in_use)
    """
    done = run(PATCHES[kind], body, backend)
    assert done.stdout.splitlines() == ["[1, 2] 0 ", "[1, 2]", "set", "own", "0 0"], done.stderr
    warned = "no thread can be started here (can't start new thread)" in done.stderr
    assert warned == (kind != "emscripten")
    assert done.stderr.count("blocking functions run in the event loop") <= 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_other_tasks_have_a_turn_between_two_calls(backend: str) -> None:
    body = """
        async def main():
            turns = []
            async def other():
                turns.append(1)
            async with anyio.create_task_group() as group:
                group.start_soon(other)
                for _ in range(3):
                    await run_in_threadpool(int)
                print(turns)
    """
    assert run(PATCHES["emscripten"], body, backend).stdout == "[1]\n"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_process_that_is_out_of_threads_later_does_not_block_its_event_loop(backend: str) -> None:
    body = """
        async def main():
            await run_in_threadpool(int)
            threading.Thread.start = start
            import _thread
            def start_new(*args, **options):
                raise RuntimeError("can't start new thread")
            _thread.start_new_thread = _thread.start_joinable_thread = start_new
            threading._start_new_thread = threading._start_joinable_thread = start_new
            import trio._core._thread_cache as cache
            async with anyio.create_task_group() as group:
                for _ in range(2):
                    group.start_soon(call, group)
        async def call(group):
            try:
                await run_in_threadpool(lambda: time.sleep(0.2))
                print("ran")
            except RuntimeError as exc:
                print(exc)
    """
    late = PATCHES["the first thread cannot be started"].replace("threading.Thread.start = start", "import time")
    out = run(late, body, backend)
    assert "can't start new thread" in out.stdout, out.stderr
