"""A `send` to look into."""

from __future__ import annotations

from typing import Any

import pytest


class Channel:
    """A `send` that keeps what it was given."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def __call__(self, message: Any) -> None:
        self.messages.append(message)

    @property
    def types(self) -> list[str]:
        return [message["type"] for message in self.messages]

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.messages[0]["headers"])


@pytest.fixture
def channel() -> Channel:
    return Channel()
