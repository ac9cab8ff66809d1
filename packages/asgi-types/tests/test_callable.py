"""`is_async_callable` and `is_plain_function`."""

from __future__ import annotations

import inspect
import sys
from functools import partial
from typing import Any

import pytest

from asterism.asgi_types import is_async_callable, is_plain_function


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


@pytest.mark.skipif(sys.version_info < (3, 12), reason="inspect.markcoroutinefunction is new in Python 3.12")
def test_a_function_marked_as_a_coroutine_function_is_async_callable() -> None:
    assert is_async_callable(inspect.markcoroutinefunction(lambda: coroutine_function()))


@pytest.mark.parametrize(
    "value", [function, coroutine_function, partial(function), AsyncCallable().method, AsyncCallable.made, print]
)
def test_functions_methods_and_their_partials_are_plain_functions(value: object) -> None:
    assert is_plain_function(value)


@pytest.mark.parametrize("value", [AsyncCallable, AsyncCallable(), partial(AsyncCallable()), object(), "name", None])
def test_classes_and_instances_are_not_plain_functions(value: object) -> None:
    assert not is_plain_function(value)
