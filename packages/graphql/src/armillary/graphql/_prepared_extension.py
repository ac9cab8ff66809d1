"""Prepares operations in the place where Strawberry lets extensions do so."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from strawberry.extensions import SchemaExtension

from ._document import Documents
from ._preparation import Preparation
from ._time_limit import ResultTime


class PreparedExtension(SchemaExtension):
    """Hands over the prepared document, after the schema's own extensions.

    Args:
        documents: those of the schema.
    """

    def __init__(self, documents: Documents) -> None:
        self._preparation = Preparation(documents)

    def on_parse(self) -> Iterator[None]:
        self._preparation.give_document(self.execution_context)
        yield

    def on_validate(self) -> Iterator[None]:
        self._preparation.give_errors(self.execution_context)
        yield


class PreparedSubscription(PreparedExtension):
    """The same for a subscription, whose beginning it also holds to a time.

    Args:
        documents: those of the schema.
        timeout: seconds in which the source of events is to be made, permissions included; None
            for any time.
    """

    def __init__(self, documents: Documents, timeout: float | None) -> None:
        super().__init__(documents)
        self._timeout = timeout

    async def on_execute(self) -> AsyncGenerator[None]:
        async with ResultTime(self._timeout):
            yield
