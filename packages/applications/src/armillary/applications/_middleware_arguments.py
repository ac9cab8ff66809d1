"""Checks of the middleware that an application is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from armillary.asgi_types import Middleware, describe_function, signature_of

_REQUESTS = ("ctx", "req", "request")
"""What the first parameter of a function is called that takes a request and is no middleware."""


def listed_middleware(middleware: Any) -> Iterable[Any]:
    """Return the items of the argument `middleware`; `TypeError` for one that stands alone."""
    if isinstance(middleware, Middleware):
        raise TypeError(f"middleware takes a list, got {middleware!r}; write [{middleware!r}]")
    return middleware or ()


def _makes_applications(cls: type[Any]) -> bool:
    """Return whether a class may make applications: its instances can be called, or it makes other objects."""
    makes_others = "__new__" in {name for base in cls.__mro__[:-1] for name in vars(base)}
    return makes_others or type(cls) is not type or any("__call__" in vars(base) for base in cls.__mro__)


def checked_application(app: Any, cls: Any) -> Any:
    """Return what a middleware made.

    Raises:
        TypeError: it is a function that takes a request, as Django's, and no application.
    """
    code = getattr(app, "__code__", None)  # of a function; anything else is called as it is
    if code is None or code.co_argcount != 1 or code.co_flags & 0x0C:  # *args and **kwargs
        return app
    raise TypeError(
        f"middleware {describe_function(cls)} makes {describe_function(app)}, which takes one argument and not scope, "
        "receive and send; for a function of a request write Middleware(DispatchMiddleware, dispatch=...)"
    )


def checked_middleware(item: Any) -> Any:
    """Return a `Middleware`.

    Raises:
        TypeError: it is a class, an instance or anything else, or its class does not take its arguments.
    """
    cls: Any = None
    args: Any = ()
    kwargs: Any = {}
    try:
        cls, args, kwargs = item
    except (TypeError, ValueError):
        pass
    if not callable(cls):
        if isinstance(item, type):
            hint = f"write Middleware({item.__name__})"
        elif callable(item):
            hint = f"give the class and its arguments, not an instance: write Middleware({type(item).__name__}, ...)"
        else:
            hint = "write Middleware(TheClass, ...)"
        shown = repr(item)
        if isinstance(item, tuple) and item and isinstance(item[0], type):
            # The values stay out of the message: one of them may be a key.
            shown, hint = f"({item[0].__name__}, ...)", f"write Middleware({item[0].__name__}, name=value)"
        raise TypeError(f"middleware takes Middleware(cls, ...) objects, got {shown}; {hint}")
    if isinstance(cls, type) and not _makes_applications(cls):
        fix = "derive it from DispatchMiddleware" if hasattr(cls, "dispatch") else "write its method"
        fix = f"{fix}: async def __call__(self, scope, receive, send)" if fix == "write its method" else fix
        raise TypeError(f"middleware {describe_function(cls)} makes what cannot be called as an application; {fix}")

    try:
        taken = signature_of(cls)
    except (TypeError, ValueError):
        return item
    try:
        taken.bind(None, *args, **kwargs)
    except TypeError as exc:
        names = ", ".join(list(taken.parameters)[1:]) or "nothing"
        if not isinstance(cls, type) and (names == "call_next" or next(iter(taken.parameters), "") in _REQUESTS):
            shown = describe_function(cls)
            write = f"Middleware(DispatchMiddleware, dispatch={getattr(cls, '__name__', 'dispatch')})"
            raise TypeError(f"middleware {shown} takes a request, not an application: write {write}") from None
        # The values stay out of the message: one of them may be a key.
        given = ", ".join(
            [getattr(cls, "__name__", repr(cls)), *("..." for _ in args), *(f"{key}=..." for key in kwargs)]
        )
        raise TypeError(f"Middleware({given}): {exc}; beside the application it takes {names}") from None
    return item
