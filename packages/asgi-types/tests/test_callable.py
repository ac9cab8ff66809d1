"""`is_async_callable` and `is_plain_function`."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from armillary.asgi_types import is_async_callable, is_plain_function


async def coroutine_function(*args: Any) -> None: ...


def function(*args: Any) -> None: ...


def returns_a_coroutine() -> Any:
    return coroutine_function()


async def async_generator_function() -> Any:
    yield


class AsyncCallable:
    async def __call__(self) -> None: ...

    async def method(self) -> None: ...

    @classmethod
    async def made(cls) -> None: ...

    @staticmethod
    async def free() -> None: ...


class SyncCallable:
    def __call__(self) -> None: ...

    def method(self) -> None: ...


@pytest.mark.parametrize(
    "value",
    [
        coroutine_function,
        partial(coroutine_function, 1),
        partial(partial(coroutine_function, 1), 2),
        AsyncCallable(),
        AsyncCallable().method,
        AsyncCallable.made,
        AsyncCallable.free,
        partial(AsyncCallable()),
        partial(AsyncCallable().method),
    ],
)
def test_what_gives_something_to_await_is_async_callable(value: object) -> None:
    assert is_async_callable(value)


@pytest.mark.parametrize(
    "value",
    [
        function,
        partial(function, 1),
        returns_a_coroutine,
        async_generator_function,
        SyncCallable(),
        SyncCallable().method,
        AsyncCallable,
        print,
        len,
        None,
        3,
    ],
)
def test_anything_else_is_not_async_callable(value: object) -> None:
    assert not is_async_callable(value)


def test_a_function_marked_as_a_coroutine_function_is_async_callable() -> None:
    mark: Any = getattr(inspect, "markcoroutinefunction", None)
    marked = mark(lambda: coroutine_function()) if mark else AsyncMock()
    assert is_async_callable(marked)


def test_an_instance_with_a_call_of_its_own_in_a_slot_is_what_that_is() -> None:
    class Slotted:
        __slots__ = ("__call__",)

        def __init__(self, call: Any) -> None:
            self.__call__ = call

    async def fetch() -> None: ...

    assert is_async_callable(Slotted(fetch))
    assert not is_async_callable(Slotted(print))


def test_mocks_are_taken_for_what_they_stand_for() -> None:
    assert is_async_callable(AsyncMock())
    assert not is_async_callable(Mock())


@pytest.mark.parametrize(
    "value", [function, coroutine_function, partial(function), AsyncCallable().method, AsyncCallable.made, print]
)
def test_functions_methods_and_their_partials_are_plain_functions(value: object) -> None:
    assert is_plain_function(value)


@pytest.mark.parametrize("value", [AsyncCallable, AsyncCallable(), partial(AsyncCallable()), object(), "name", None])
def test_classes_and_instances_are_not_plain_functions(value: object) -> None:
    assert not is_plain_function(value)
