"""Workers as processes: started, stopped, killed, cut off from their engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import pytest
from testkit import RedisServer, free_port

from armillary.tasks import EngineUnavailable, Tasks

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("without_watchdog")]
PROGRAMS = Path(__file__).parent / "served"


@pytest.fixture
def anyio_backend(combination: Any) -> object:
    return combination[1]


class Program:
    """`worker_app.py`: its log, and its commands."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.log = folder / "log"
        self.log.touch()
        self.output = folder / "output"
        self.output.touch()
        self._processes: list[subprocess.Popen[bytes]] = []

    def command(self, *arguments: str, **settings: Any) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "WORKER_APP": json.dumps({**self.settings, **settings, "log": str(self.log)})}
        # To a file: a pipe that nobody reads fills, and then what writes to it waits.
        with self.output.open("a") as output:
            command = [sys.executable, "-m", "armillary.tasks", *arguments]
            process = subprocess.Popen(command, cwd=PROGRAMS, env=environment, stdout=output, stderr=output)
        self._processes.append(process)
        return process

    def start(self, *arguments: str, **settings: Any) -> subprocess.Popen[bytes]:
        return self.command("worker", "worker_app:app", *arguments, **settings)

    def tasks(self) -> tuple[Tasks, Any, Any]:
        tasks = Tasks(**{name: value for name, value in self.settings.items() if name != "scheduled"})

        @tasks.task(name="slow")
        async def slow(name: str, seconds: float) -> str:
            return name

        @tasks.task(name="poison")
        async def poison() -> str:
            return ""

        return tasks, slow, poison

    @property
    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    async def wait_for(self, *lines: str, seconds: float = 100) -> None:
        with anyio.fail_after(seconds):
            while not all(line in self.lines for line in lines):
                await anyio.sleep(0.05)

    async def finished(self, process: subprocess.Popen[bytes]) -> str:
        """Wait until a process ends; return what all have written."""
        await anyio.to_thread.run_sync(process.wait, 100)
        return self.output.read_text()

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


@pytest.fixture
def program(engine_options: dict[str, Any], tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path, {**engine_options, "lease": 2.0, "max_deliveries": 2})
    yield made
    made.end()


durable = pytest.mark.engines("redis", "postgresql", "rabbitmq", "nats")
on_redis = pytest.mark.engines("redis")


@durable
async def test_a_task_whose_worker_is_killed_runs_again_in_another(program: Program) -> None:
    tasks, slow, _ = program.tasks()
    first = program.start()
    async with tasks.running():
        enqueued = await slow.enqueue("a", 1.5)
        await program.wait_for("start a 1 open")
        first.kill()
        program.start()
        assert await enqueued.result(timeout=100) == "a"
    assert [line for line in program.lines if line.endswith(" a") or " a " in line] == [
        "start a 1 open",
        "start a 2 open",
        "end a",
    ]


@on_redis
async def test_a_task_that_kills_its_workers_becomes_a_dead_letter_that_is_listed_and_replayed(
    program: Program,
) -> None:
    await kill_workers_until_given_up(program)


@pytest.mark.nightly
@pytest.mark.engines("postgresql", "rabbitmq", "nats")
async def test_a_task_that_kills_its_workers_becomes_a_dead_letter_on_every_engine(program: Program) -> None:
    await kill_workers_until_given_up(program)


async def kill_workers_until_given_up(program: Program) -> None:
    tasks, _, poison = program.tasks()
    async with tasks.running():
        enqueued = await poison.enqueue()
        with anyio.fail_after(200):
            worker = program.start()
            while not await tasks.dead_letters():
                if worker.poll() is not None:
                    worker = program.start()
                await anyio.sleep(0.1)
        assert [line for line in program.lines if "poison" in line] == ["poison 1", "poison 2"]
        listed = await program.finished(program.command("dead-letters", "worker_app:app"))
        assert enqueued.id in listed
        assert "delivered 2 times without an end" in listed
        program.log.with_name("cured").touch()
        replay = program.command("dead-letters", "worker_app:app", "--replay", enqueued.id)
        assert "enqueued again: 1" in await program.finished(replay)
        with anyio.fail_after(100):
            while (status := await enqueued.status()) is None or status.status != "succeeded":
                await anyio.sleep(0.1)
        assert await enqueued.result() == "cured"
        assert await tasks.dead_letters() == []


@on_redis
async def test_a_running_task_ends_before_its_worker_stops_and_the_application_after_it(program: Program) -> None:
    tasks, slow, _ = program.tasks()
    worker = program.start("--drain", "20")
    async with tasks.running():
        await slow.enqueue("a", 1.0)
        await program.wait_for("start a 1 open")
        worker.send_signal(signal.SIGTERM)
        output = await program.finished(worker)
    assert program.lines == ["opened", "start a 1 open", "end a", "closed"]
    assert worker.returncode == 0, output
    assert "Worker stopped" in output


@on_redis
async def test_a_second_signal_ends_a_worker_in_order_unless_it_is_a_part_of_the_first(program: Program) -> None:
    tasks, slow, _ = program.tasks()
    worker = program.start("--drain", "80")
    async with tasks.running():
        await slow.enqueue("a", 90.0)
        await program.wait_for("start a 1 open")
        worker.send_signal(signal.SIGTERM)
        worker.send_signal(signal.SIGINT)
        await anyio.sleep(1)
        assert worker.poll() is None
        worker.send_signal(signal.SIGINT)
        output = await program.finished(worker)
    assert program.lines == ["opened", "start a 1 open", "closed"]
    assert worker.returncode == 0
    assert "Stopped 1 tasks" in output
    assert "Traceback" not in output


@on_redis
async def test_what_outlives_the_drain_runs_elsewhere(program: Program) -> None:
    tasks, slow, _ = program.tasks()
    worker = program.start("--drain", "0.2")
    async with tasks.running():
        enqueued = await slow.enqueue("a", 3.0)
        await program.wait_for("start a 1 open")
        worker.send_signal(signal.SIGTERM)
        await program.finished(worker)
        assert program.lines == ["opened", "start a 1 open", "closed"]
        program.start()
        assert await enqueued.result(timeout=100) == "a"


@on_redis
async def test_a_task_longer_than_its_lease_runs_once(program: Program) -> None:
    tasks, slow, _ = program.tasks()
    program.start()
    program.start()
    async with tasks.running():
        await (await slow.enqueue("long", 6.0)).result(timeout=100)
    assert [line for line in program.lines if "long" in line] == ["start long 1 open", "end long"]


@on_redis
async def test_of_several_workers_one_enqueues_a_schedule(program: Program) -> None:
    for _ in range(3):
        program.start(scheduled=True)
    await program.wait_for("tick")
    began, first = anyio.current_time(), program.lines.count("tick")
    with anyio.fail_after(100):
        while (ticks := program.lines.count("tick") - first) < 5:
            await anyio.sleep(0.05)
    assert ticks <= anyio.current_time() - began + 2  # three workers that each enqueued would take 2 s for 5


@on_redis
async def test_the_health_of_a_worker_is_asked_for(program: Program) -> None:
    port = free_port()
    program.start("--health-port", str(port))
    await program.wait_for("opened")

    def ask() -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
            return response.status, json.load(response)

    with anyio.fail_after(100):
        while True:
            try:
                status, document = await anyio.to_thread.run_sync(ask)
                break
            except (urllib.error.URLError, OSError):
                await anyio.sleep(0.05)
    assert (status, document) == (200, {"status": "connected", "running": 0, "completed": 0})


@on_redis
@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (["worker", "worker_app:app"], {"url": "memory://"}, 'Tasks("memory://") run in the application itself'),
        (["worker", "worker_app:without_tasks"], {}, "wrap it in TasksMiddleware"),
        (["worker", "worker_app:missing"], {}, "has no 'missing'"),
        (["worker", "no_such_module:app"], {}, "there is no module 'no_such_module'"),
        (["worker", "worker_app"], {}, "module:name"),
        (
            ["worker", "worker_app:app"],
            {"url": "redis://u:secret@127.0.0.1:1/0"},
            "Redis at redis://127.0.0.1:1 cannot",
        ),
        (["dead-letters", "worker_app:app", "--replay", "x"], {}, "of 1 ids 0 are dead letters"),
    ],
)
async def test_a_command_that_cannot_work_says_why(
    program: Program, arguments: list[str], settings: dict[str, Any], words: str
) -> None:
    command = program.command(*arguments, **settings)
    output = await program.finished(command)
    assert command.returncode == 1
    assert words in output
    assert "secret" not in output
    assert "Traceback" not in output


@on_redis
async def test_tasks_survive_a_restart_of_redis_while_workers_and_servers_run(program: Program, tmp_path: Path) -> None:
    with RedisServer(tmp_path, "--appendonly", "yes", "--appendfsync", "always") as redis:
        program.settings = {**program.settings, "url": redis.url, "queue": f"test-{uuid4().hex[:12]}"}
        tasks, slow, _ = program.tasks()
        program.start()
        async with tasks.running():
            enqueued = [await slow.enqueue(f"n{number}", 0.3) for number in range(40)]
            await program.wait_for("end n0")
            await anyio.to_thread.run_sync(redis.stop)
            with pytest.raises(EngineUnavailable):
                await slow.enqueue("lost", 0.1)
            await anyio.sleep(1)
            await anyio.to_thread.run_sync(redis.start)
            assert await (await slow.enqueue("after", 0.0)).result(timeout=100) == "after"
            for one in enqueued:
                await one.result(timeout=100)
        program.end()
    ended = {line for line in program.lines if line.startswith("end n")}
    assert ended == {f"end n{number}" for number in range(40)}
