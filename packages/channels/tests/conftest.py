"""Each engine, on a service of this machine, under a prefix of the test's own."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest
from testkit.backends import ASYNCIO, TRIO, UVLOOP
from testkit.services import own_postgresql_database, require_port

from armillary.channels import ChannelMessage, Channels, Subscription

BROKERS = ["redis", "nats", "postgresql"]

# The libraries of the brokers run on asyncio alone.
RUNS = [
    pytest.param((name, loop.values[0]), id=f"{name}-{loop.id}", marks=loop.marks)
    for name in ["memory", *BROKERS]
    for loop in [ASYNCIO, UVLOOP, *([TRIO] if name == "memory" else [])]
]


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The engine of the run, or the broker of a test that needs one."""
    if "broker" in request.fixturenames:
        return request.getfixturevalue("broker")  # type: ignore[no-any-return]
    return request.getfixturevalue("run")[0]  # type: ignore[no-any-return]


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest) -> str:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with own_postgresql_database() as url:
        yield url


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest) -> str:
    if engine == "redis":
        require_port(6379)
        return "redis://127.0.0.1:6379/0"
    if engine == "nats":
        require_port(4222)
        return "nats://127.0.0.1:4222"
    if engine == "postgresql":
        return request.getfixturevalue("postgresql_url")  # type: ignore[no-any-return]
    return "memory://"


@pytest.fixture
def prefix() -> str:
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
async def make(url: str, prefix: str) -> AsyncIterator[Callable[..., Any]]:
    """Make channels on the engine; two of one test share their messages as two processes would."""
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> Channels:
            return await stack.enter_async_context(Channels(url, **{"prefix": prefix, **options}))

        yield make
    if url.startswith("redis"):
        from redis.asyncio import Redis

        client: Any = Redis.from_url(url)
        async for key in client.scan_iter(match=f"{{{prefix}}}*"):
            await client.delete(key)
        await client.aclose()
    elif url.startswith("nats"):
        import nats

        connection: Any = await nats.connect(url)
        await connection.jetstream().delete_stream(prefix)
        await connection.close()


@pytest.fixture
def take() -> Callable[..., Any]:
    """Return the values of the next messages, and gaps as they are; fewer only if the subscription ends."""

    async def take(messages: Subscription, count: int = 1) -> list[Any]:
        found: list[Any] = []
        with anyio.fail_after(30):
            async for item in messages:
                found.append(item.data if isinstance(item, ChannelMessage) else item)
                if len(found) == count:
                    return found
        return found

    return take
