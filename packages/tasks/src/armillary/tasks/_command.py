"""The commands: a worker, and the dead letters."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import anyio

from ._errors import EngineUnavailable, TasksError
from ._process import PROCESS
from ._tasks import Tasks
from ._worker import NOTHING_STARTED, started, work

PROGRAM: Final = "python -m armillary.tasks"


class CommandError(Exception):
    """The command was given something that it cannot use."""


def load_app(target: str) -> Any:
    """Return the application that "module:name" names.

    Raises:
        CommandError: there is none.
    """
    module_name, _, attribute = target.partition(":")
    if not module_name or not attribute:
        raise CommandError(f"an application is written module:name, such as app:app; got {target!r}")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as exc:
        if exc.name is None or not module_name.startswith(exc.name):
            raise
        raise CommandError(f"there is no module {module_name!r} here ({os.getcwd()})") from None
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise CommandError(f"module {module_name!r} has no {attribute!r}")
        found = getattr(found, part)
    if not callable(found):
        raise CommandError(f"{target} is no ASGI application, but {found!r:.80}")
    return found


def worker(argv: Sequence[str], prog: str = "armillary worker") -> int:
    """Run the tasks of an application: `worker app:app`; return the exit code."""
    parser = argparse.ArgumentParser(prog=prog, description="Run the tasks of an application until SIGTERM.")
    parser.add_argument("app", help="the application, as module:name")
    parser.add_argument("--drain", type=float, default=30.0, help="seconds running tasks have at the end (30)")
    parser.add_argument("--concurrency", type=int, help="tasks at once, in place of what Tasks says")
    parser.add_argument("--health-port", type=int, help="a port of 127.0.0.1 that responds to GET with the health")
    options = parser.parse_args(list(argv))
    if options.concurrency is not None and options.concurrency < 1:
        parser.error("--concurrency must be 1 or more")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    async def run() -> None:
        PROCESS.concurrency = options.concurrency
        await work(load_app(options.app), drain=options.drain, health_port=options.health_port)

    return run_command(run)


def dead_letters(argv: Sequence[str], prog: str = "armillary dead-letters") -> int:
    """List the tasks that were given up, or enqueue them again; return the exit code."""
    parser = argparse.ArgumentParser(prog=prog, description="Tasks that were given up.")
    parser.add_argument("app", help="the application, as module:name")
    parser.add_argument("--replay", metavar="ID", action="append", default=[], help="enqueue this one again")
    parser.add_argument("--replay-all", action="store_true", help="enqueue all of them again")
    options = parser.parse_args(list(argv))

    async def run() -> None:
        async with started(load_app(options.app)):
            if not PROCESS.started:
                raise TasksError(NOTHING_STARTED)
            found = 0
            for tasks in list(PROCESS.started):
                if not isinstance(tasks, Tasks):
                    continue
                for letter in await tasks.dead_letters():
                    if options.replay_all or letter.id in options.replay:
                        found += await tasks.replay(letter.id)
                    elif not options.replay:
                        at = datetime.fromtimestamp(letter.at, UTC).isoformat(timespec="seconds")
                        arguments = {name: json.loads(value) for name, value in letter.arguments.items()}
                        sys.stdout.write(f"{letter.id}  {at}  {letter.task} {json.dumps(arguments)}  {letter.reason}\n")
            if options.replay or options.replay_all:
                sys.stdout.write(f"enqueued again: {found}\n")
                if found < len(options.replay):
                    raise CommandError(f"of {len(options.replay)} ids {found} are dead letters")

    return run_command(run)


def run_command(run: Any) -> int:
    """Run a command; print what a user can do about an error in one line."""
    try:
        anyio.run(run)
    except KeyboardInterrupt:
        return 130
    except (CommandError, TasksError, EngineUnavailable) as exc:
        sys.stderr.write(f"error: {exc}\n")
        return 1
    except BaseExceptionGroup as group:
        if group.subgroup(KeyboardInterrupt) is not None:
            return 130
        expected = group.subgroup((CommandError, TasksError, EngineUnavailable))
        if expected is None:
            raise
        first: BaseException = expected
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        sys.stderr.write(f"error: {first}\n")
        return 1
    return 0


def main(argv: Sequence[str]) -> int:
    """Run `python -m armillary.tasks`."""
    commands = {"worker": worker, "dead-letters": dead_letters}
    command = commands.get(argv[0]) if argv else None
    if command is None:
        asked = list(argv) in (["-h"], ["--help"])
        (sys.stdout if asked else sys.stderr).write(f"usage: {PROGRAM} {{worker,dead-letters}} module:name [options]\n")
        return 0 if asked else 2
    return command(argv[1:], f"{PROGRAM} {argv[0]}")
