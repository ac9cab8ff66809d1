"""The pytest plugin: event loops, drivers of applications, and the services of tests."""

from __future__ import annotations

# What is in the report of a test is not known.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
import gc
import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestModule
from hypothesis import settings

import testkit
from testkit import backends, blocking, services

# A shared machine may pause for longer than any deadline.
settings.register_profile("armillary", deadline=None)
settings.load_profile("armillary")

ROOT_LOGGER = pytest.StashKey[tuple[int, list[logging.Handler]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--uvloop", action="store_true", help="run on uvloop too what runs on several event loops")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "uvloop: this event loop of a list is there with --uvloop alone")
    if config.getoption("--uvloop") and find_spec("uvloop") is None:
        raise pytest.UsageError("--uvloop needs uvloop, which is not installed here")
    # AnyIO's plugin has a fixture `anyio_backend` too, and the plugin that is registered last prevails.
    config.pluginmanager.register(backends, "testkit-backends")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Look for examples only where there are some: else every test module would be searched for them too."""
    collectors = yield
    if any(isinstance(collector, DoctestModule) for collector in collectors) and b">>>" not in file_path.read_bytes():
        return [collector for collector in collectors if not isinstance(collector, DoctestModule)]
    return collectors


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Leave uvloop out of every list of event loops: what is made and then deselected costs as much as what is run."""
    if metafunc.config.getoption("--uvloop"):
        return
    parametrize = metafunc.parametrize

    def without_uvloop(argnames: Any, argvalues: Iterable[Any], *args: Any, **kwargs: Any) -> None:
        parametrize(argnames, [value for value in argvalues if not _is_of_uvloop(value)], *args, **kwargs)

    metafunc.parametrize = without_uvloop  # type: ignore[method-assign]


def _is_of_uvloop(value: Any) -> bool:
    return isinstance(value, type(backends.UVLOOP)) and any(mark.name == "uvloop" for mark in value.marks)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of each later garbage collection, which it would make a second long."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    item.stash[ROOT_LOGGER] = (logging.root.level, logging.root.handlers.copy())
    yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Fail a test that leaves the root logger changed: what later tests log would depend on their order.

    An example in the documentation may configure logging; what it changes is put back.
    """
    yield
    before = item.stash[ROOT_LOGGER]
    left = (logging.root.level, logging.root.handlers)
    if left != before:
        message = f"the test leaves the root logger at {left}; it was at {before}"
        logging.root.level, logging.root.handlers[:] = before
        if not isinstance(item, pytest.DoctestItem):
            pytest.fail(message, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Send reports between processes without lone surrogates, which end the whole run: they are not UTF-8."""
    return encodable((yield))


def encodable(part: Any) -> Any:
    if isinstance(part, str):
        return part if part.isascii() else part.encode("utf-8", "backslashreplace").decode()
    if isinstance(part, dict):
        return {encodable(key): encodable(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [encodable(item) for item in part]
    return part


@pytest.fixture(autouse=True, scope="session")
def _blocking_calls_are_errors() -> Iterator[None]:
    with blocking.blocking_calls_are_errors():
        yield


@pytest.fixture
def call() -> Callable[..., Any]:
    """`await call(app, path, method, body=..., **scope)` sends one request under lint; see `testkit.call`."""
    return testkit.call


@pytest.fixture
def ok() -> Callable[..., Any]:
    """An application that reads the whole body of a request and sends it back."""
    return testkit.echo


@pytest.fixture
def steps() -> Callable[[Callable[[], object]], int]:
    """Count the bytecode instructions that a call executes."""
    return testkit.count_instructions


@pytest.fixture
def counted_lines() -> Callable[[Callable[[], object]], int]:
    """Count the lines of Python that a call executes."""
    return testkit.count_lines


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[services.RedisServer]:
    """A Redis for one test, which may stop and start it."""
    server = services.RedisServer(tmp_path)
    with server:
        yield server


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The URL of an empty PostgreSQL database for this process alone, which its tests use in turn."""
    with services.own_postgresql_database() as url:
        yield url
