"""Connections to an application, and a logger that keeps its records."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from testkit import Connection, SentMessages, http_scope, request_messages, websocket_scope


class OneConnection(Connection):
    """One connection to an application."""

    def __init__(self, scope_type: str = "http", received: tuple[Any, ...] | None = None, **keys: Any) -> None:
        make = websocket_scope if scope_type == "websocket" else http_scope
        messages = request_messages() if received is None and scope_type == "http" else received or ()
        super().__init__(make(**{"headers": [], **keys}), *messages)

    async def call(self, app: Any) -> SentMessages:
        return await self.run(app)

    def fields(self, name: bytes) -> list[bytes]:
        return self.sent.all(name)


@pytest.fixture
def connection() -> type[OneConnection]:
    return OneConnection


class KeepingHandler(logging.Handler):
    """Keeps records in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def handler() -> KeepingHandler:
    return KeepingHandler()


@pytest.fixture
def records(handler: KeepingHandler) -> list[Any]:
    return handler.records


@pytest.fixture
def logger(handler: KeepingHandler) -> Iterator[logging.Logger]:
    logger = logging.getLogger(f"test.{uuid4().hex}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)
