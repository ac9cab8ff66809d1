"""Prepares operations of a schema with extensions, by one more extension."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from strawberry.extensions import SchemaExtension

from ._document import Documents
from ._preparation import Preparation
from ._time_limit import ResultTime


class PreparedExtension(SchemaExtension):
    """Passes the prepared document to Strawberry, after the schema's own extensions.

    Args:
        documents: the documents of the schema.
    """

    def __init__(self, documents: Documents) -> None:
        self._preparation = Preparation(documents)

    def on_parse(self) -> Iterator[None]:
        self._preparation.set_document(self.execution_context)
        yield

    def on_validate(self) -> Iterator[None]:
        self._preparation.set_errors(self.execution_context)
        yield


class PreparedSubscription(PreparedExtension):
    """The same for a subscription, with a time-out for its start.

    Args:
        documents: the documents of the schema.
        timeout: seconds for creating the source of events, permissions included; None for no limit.
    """

    def __init__(self, documents: Documents, timeout: float | None) -> None:
        super().__init__(documents)
        self._timeout = timeout

    async def on_execute(self) -> AsyncGenerator[None]:
        async with ResultTime(self._timeout):
            yield
