"""Bad configuration is an error that says what to write; an engine that cannot be reached, one with its address."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from testkit import free_port
from testkit.backends import ASYNCIO, TRIO

from armillary.tasks import Cron, EngineUnavailable, Every, Tasks

STATE = "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize("url", ["kafka://u:secret@h", "redis", "", "memory://x"])
def test_an_unknown_scheme_lists_the_known_ones_and_their_extras(url: str) -> None:
    with pytest.raises(
        ValueError, match=r'begins with "memory://", "redis://" .*extra postgres.*extra rabbitmq'
    ) as bad:
        Tasks(url)
    assert "secret" not in str(bad.value)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"url": 7}, 'url is a URL such as "redis://127.0.0.1:6379/0", got 7'),
        ({"url": "amqp://h"}, "RabbitMQ keeps no results, leases and dead letters: give state="),
        ({"url": "amqp://h", "state": "kafka://h"}, 'state: a URL begins with "redis://"'),
        ({"url": "redis://h", "state": STATE}, r"state is for RabbitMQ \(amqp://\); redis:// keeps its state itself"),
        ({"queue": "a b"}, "queue is a name of ASCII letters"),
        ({"concurrency": 0}, "concurrency must be 1 or more, got 0"),
        ({"max_deliveries": True}, "max_deliveries is a whole number, got True"),
        ({"lease": -1}, "lease is in seconds, above 0; got -1"),
        ({"result_ttl": "day"}, "result_ttl is a number of seconds, got 'day'"),
        ({"scope": 7}, "scope is a function that returns an async context manager, got 7"),
    ],
)
def test_a_wrong_setting_is_named(arguments: dict[str, Any], error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        Tasks(**arguments)


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [
        ("redis://h", "taskiq_redis", "redis"),
        ("postgresql://h", "taskiq_pg.asyncpg", "postgres"),
        ("amqp://h", "taskiq_aio_pika", "rabbitmq"),
        ("nats://h", "taskiq_nats", "nats"),
    ],
)
def test_a_missing_library_names_the_extra(url: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith("armillary.tasks.engines"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'armillary-tasks\[{extra}\]'"):
        Tasks(url, state=STATE if extra == "rabbitmq" else None)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", [ASYNCIO])
@pytest.mark.parametrize("scheme", ["redis", "postgresql", "amqp", "nats"])
async def test_an_engine_that_cannot_be_reached_fails_the_start_with_its_address(
    scheme: str, anyio_backend: Any
) -> None:
    port = free_port()
    url = f"{scheme}://user:secret@127.0.0.1:{port}"
    state = f"redis://127.0.0.1:{port}" if scheme == "amqp" else None
    with pytest.raises(EngineUnavailable, match=rf"127\.0\.0\.1:{port} cannot be reached") as bad:
        async with Tasks(url, state=state).running():
            pass
    assert "secret" not in str(bad.value)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", [TRIO])
@pytest.mark.parametrize("scheme", ["redis", "postgresql", "nats"])
async def test_an_engine_whose_library_needs_asyncio_says_so_under_trio(scheme: str, anyio_backend: Any) -> None:
    with pytest.raises(RuntimeError, match=r"needs asyncio.*memory://"):
        async with Tasks(f"{scheme}://127.0.0.1").running():
            pass


def test_a_schedule_or_task_that_cannot_be_is_an_error() -> None:
    tasks = Tasks()
    with pytest.raises(ValueError, match="five fields"):
        Cron("every day")
    with pytest.raises(ValueError, match="IANA name"):
        Cron("* * * * *", timezone="Mars/Olympus")
    with pytest.raises(ValueError, match="1 second or more"):
        Every(0.1)
    with pytest.raises(TypeError, match=r"schedule is Every\(seconds\) or Cron\(expression\)"):
        tasks.task(schedule="daily")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="missing a required argument: 'to'"):

        @tasks.task(schedule=Every(60))
        async def mail(to: str) -> None: ...

    with pytest.raises(TypeError, match="has no name that a message could carry"):

        @tasks.task
        async def many(*numbers: int) -> None: ...

    with pytest.raises(ValueError, match="priority is a whole number from 0 to 9"):
        tasks.task(lambda: None).options(priority=10)
