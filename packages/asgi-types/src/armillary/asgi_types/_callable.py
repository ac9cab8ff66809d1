"""Questions about callables that routing, background tasks and handlers all ask.

`inspect` is not imported: it costs more than this whole package, and what is needed of it is one
flag of a code object. It is used only if it is loaded already, for functions marked by it;
`functools` likewise, for the partials made by it.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, TypeGuard

_COROUTINE_FLAG = 0x80  # inspect.CO_COROUTINE


def unwrapped(value: Any) -> Any:
    """Return what partials and methods stand around."""
    partial: Any = getattr(sys.modules.get("functools"), "partial", ())
    while True:
        if isinstance(value, partial):
            value = value.func
        elif isinstance(value, MethodType):
            value = value.__func__
        else:
            return value


def _is_coroutine_function(value: Any) -> bool:
    function = unwrapped(value)
    if isinstance(function, FunctionType) and function.__code__.co_flags & _COROUTINE_FLAG:
        return True
    return _is_marked_coroutine_function(function)


def _is_marked_coroutine_function(function: Any) -> bool:
    # Only a loaded module can have marked a function: inspect with its own marker, or asyncio with the older
    # one, which mocks use.
    inspect = sys.modules.get("inspect")
    if inspect is not None and inspect.iscoroutinefunction(function):
        return True
    marker = getattr(sys.modules.get("asyncio.coroutines"), "_is_coroutine", None)
    return marker is not None and getattr(function, "_is_coroutine", None) is marker


def is_async_callable(value: Any) -> TypeGuard[Callable[..., Awaitable[Any]]]:
    """Return whether calling `value` gives something to await.

    Coroutine functions, their methods and partials are; so is an instance whose class defines
    `async def __call__`, or has a slot or property of that name which gives one. A plain function
    that happens to return a coroutine is not.

    >>> async def fetch() -> None: ...
    >>> is_async_callable(fetch), is_async_callable(print)
    (True, False)
    """
    if _is_coroutine_function(value):
        return True
    target = unwrapped(value)
    if not callable(target) or isinstance(target, FunctionType):
        return False
    call: Any = type(target).__call__
    # Anything but a function, such as a slot in which each instance has its own, decides by the instance.
    is_of_class = isinstance(call, FunctionType) or isinstance(target, type)
    return _is_coroutine_function(call if is_of_class else target.__call__)


def is_plain_function(value: Any) -> bool:
    """Return whether `value` is a function, a method, or a partial of one.

    Routing passes these a request or a WebSocket; anything else callable is taken for an ASGI
    application and called with `(scope, receive, send)`.

    >>> is_plain_function(lambda request: None), is_plain_function(object())
    (True, False)
    """
    return isinstance(unwrapped(value), (FunctionType, BuiltinFunctionType))
