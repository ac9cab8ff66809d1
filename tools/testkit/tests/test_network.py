from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from testkit import Network

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    return asyncio_backend


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(64 * 1024):
        writer.write(data)
    writer.close()
    await writer.wait_closed()


@asynccontextmanager
async def connected(network: Network) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", network.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionResetError):
            await writer.wait_closed()
        await asyncio.sleep(0.05)  # for the service to see it


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    """A network in front of a service that sends back what it gets."""
    async with (
        await asyncio.start_server(echo, "127.0.0.1", 0) as service,
        Network(service.sockets[0].getsockname()[1]) as network,
    ):
        yield network


async def test_a_network_passes_on_what_is_sent_unless_it_is_silent(network: Network) -> None:
    async with connected(network) as (reader, writer):
        writer.write(b"heard")
        assert await reader.readexactly(5) == b"heard"
        network.silent = True
        writer.write(b"lost")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read()
        network.silent = False
        async with connected(network) as (other_reader, other_writer):
            other_writer.write(b"again")
            assert await other_reader.readexactly(5) == b"again"


async def test_a_connection_that_lost_something_stays_silent_until_it_ends_since_tcp_leaves_no_gap(
    network: Network,
) -> None:
    async with connected(network) as (reader, writer):
        network.silent = True
        writer.write(b"lost")
        await asyncio.sleep(0.05)
        network.silent = False
        writer.write(b"after a gap")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)
        writer.write_eof()
        assert await reader.read() == b""


async def test_the_end_of_a_connection_is_noticed_when_the_network_is_back(network: Network) -> None:
    async with connected(network) as (reader, writer):
        network.silent = True
        writer.write_eof()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read()
        network.silent = False
        assert await reader.read() == b""


async def test_a_network_that_does_not_read_passes_on_later_what_was_sent_meanwhile(network: Network) -> None:
    async with connected(network) as (reader, writer):
        network.reading.clear()
        writer.write(b"late")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.readexactly(4)
        network.reading.set()
        assert await reader.readexactly(4) == b"late"


async def test_a_network_without_a_service_closes_its_connections() -> None:
    async with Network(1) as network, connected(network) as (reader, _):
        assert await reader.read() == b""


async def test_what_is_sent_arrives_later_over_a_slow_network(network: Network) -> None:
    async with connected(network) as (reader, writer):
        network.delay = 0.3
        writer.write(b"slow")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.readexactly(4)
        assert await reader.readexactly(4) == b"slow"


async def test_cut_connections_end_and_new_ones_work(network: Network) -> None:
    async with connected(network) as (reader, writer):
        writer.write(b"heard")
        await reader.readexactly(5)
        network.cut()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    async with connected(network) as (reader, writer):
        writer.write(b"again")
        assert await reader.readexactly(5) == b"again"
