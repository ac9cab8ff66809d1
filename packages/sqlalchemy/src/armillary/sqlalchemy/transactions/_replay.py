"""The arguments of an endpoint that runs again, as they were for its first run.

    a request                   its body is kept before the first run; it is rewound before each further one
    uploads                     are at their start for each run, also inside of lists, dicts and models
    data                        is copied for each run, so that none sees what another one changed
    session and state           hold what they held before the first run
    anything else               is the same object

A request of another framework cannot be rewound. Its endpoint runs again if it read no body in the run before.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Generic, TypeVar, cast
from uuid import UUID

from armillary.asgi_types import is_async_callable
from armillary.http import FormData, Request, UploadFile

from ._kept_values import KeptValues
from ._unit_of_work import UnitOfWork

logger = logging.getLogger("armillary.sqlalchemy")

T = TypeVar("T")

IMMUTABLE: Final = (str, bytes, int, float, complex, date, time, timedelta, Decimal, UUID, Enum, type(None))


class Replay(Generic[T]):
    """The runs of an endpoint.

    Args:
        func: the endpoint.
        args, kwargs: what it was called with.
        unit: the unit of work of its request.
        scope: the scope of its request.

    Raises:
        TypeError: a value of the session cannot be copied.
    """

    def __init__(
        self,
        func: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        unit: UnitOfWork,
        scope: Any,
    ) -> None:
        self._func = func
        self._args = args
        self._kwargs = kwargs
        self._unit = unit
        self._values = (*args, *kwargs.values())
        self._requests: list[Request[Any]] = [value for value in self._values if isinstance(value, Request)]
        self._received = 0
        self._kept = KeptValues(scope)

    async def prepare(self) -> None:
        """Keep the body of the request.

        Raises:
            RuntimeError: it was streamed before, so that no run could read it.
            HTTPException, ClientDisconnect: as `Request.body()`.
        """
        for request in self._requests:
            try:
                await request.body()
            except RuntimeError:
                await request.rewind()  # a form that middleware read has its files, else this raises

    async def run(self) -> T:
        """Call the endpoint."""
        self._received = self._unit.body_messages
        args = [copied(value) for value in self._args]
        return await self._func(*args, **{name: copied(value) for name, value in self._kwargs.items()})

    async def rewind(self) -> bool:
        """Make another run possible; if that fails, log why and return False."""
        try:
            for request in self._requests:
                await request.rewind()
            for upload in uploads_in(self._values, set()):
                await (upload.rewind() if isinstance(upload, UploadFile) else upload.seek(0))
            if not self._requests and self._unit.body_messages != self._received:
                raise RuntimeError("it read the body of a request that is not one of armillary.http")
        except (RuntimeError, ValueError, OSError) as exc:
            name = getattr(self._func, "__qualname__", self._func)
            logger.warning("%s is not run again after a conflict: %s", name, exc)
            return False
        self._kept.restore()
        return True


def copied(value: Any) -> Any:
    """Return a copy of data; anything else is returned unchanged."""
    return deepcopy(value) if not isinstance(value, IMMUTABLE) and is_data(value, set()) else value


def is_data(value: Any, seen: set[int]) -> bool:
    """Return whether a value consists of nothing but data."""
    if isinstance(value, IMMUTABLE) or id(value) in seen:
        return True
    seen.add(id(value))
    parts = parts_of(value)
    return parts is not None and all(is_data(part, seen) for part in parts)


def uploads_in(value: Any, seen: set[int]) -> Iterator[Any]:
    """Yield the uploads in a value, those of other frameworks too."""
    if isinstance(value, IMMUTABLE) or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, UploadFile) or (hasattr(value, "file") and is_async_callable(getattr(value, "seek", None))):
        yield value
    elif isinstance(value, FormData):
        yield from value.files()
    else:
        for part in parts_of(value) or ():
            yield from uploads_in(part, seen)


def parts_of(value: Any) -> list[Any] | None:
    """Return what a container or a model holds, None for any other object, also one of a database session."""
    kind = cast(Any, type(value))
    if kind is dict:
        return list(value.values())
    if kind in (list, tuple, set, frozenset):
        return list(value)
    if hasattr(kind, "__mapper__"):
        return None
    names: Any = getattr(kind, "__struct_fields__", None) or getattr(kind, "model_fields", None)
    if is_dataclass(kind):
        names = [field.name for field in fields(kind)]
    return [getattr(value, name, None) for name in names] if names else None
