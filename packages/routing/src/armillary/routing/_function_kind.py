"""Whether a function is plain, taking a request alone, or bound, its values taken from the request by annotation.

Decided once, when a route is constructed. Neither `armillary.http` nor `armillary.binding` is imported for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from types import FunctionType, MethodType, UnionType
from typing import Any, Final, Union, get_args, get_origin

from armillary.asgi_types import annotations_of, signature_of
from armillary.datastructures import HTTPConnection

_VARIABLE_ARGUMENTS: Final = 0x04 | 0x08  # inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
_CONNECTION_NAMES: Final = frozenset(("Request", "WebSocket", "HTTPConnection"))
_MISSING: Final[Any] = type("Missing", (), {})
_ANYTHING: Final = (Any, object, _MISSING)


def is_plain(function: Callable[..., Any], path: Collection[str], *, checks_result: bool = True) -> bool:
    """Return whether a function takes a request or WebSocket alone and returns a response, or says nothing about it.

    Args:
        function: a function, a method, or a partial of one.
        path: the names of the path parameters, which are not names of a request.
        checks_result: whether a result that is declared to be no response makes a function bound.

    >>> def show(request): ...
    >>> def add(number: int) -> int: ...
    >>> is_plain(show, ()), is_plain(add, ())
    (True, False)
    """
    if isinstance(function, FunctionType) and not function.__dict__:
        code = function.__code__
        if not code.co_flags & _VARIABLE_ARGUMENTS:
            if code.co_argcount + code.co_kwonlyargcount != 1:
                return False
            if code.co_argcount and not annotations_of(function):
                return code.co_varnames[0] not in path
    if getattr(getattr(function, "func", function), "reads_scope_endpoint", False) is True:
        return True  # it fills its parameters itself, as `armillary.injection` does (docs/scope-keys.md)
    from inspect import Parameter

    try:
        declared = signature_of(function)
    except (TypeError, ValueError):  # a built-in function that does not say what it takes
        return True
    given: Any = getattr(function, "keywords", ())  # of a partial
    parameters = [item for name, item in declared.parameters.items() if name not in given]
    if parameters and parameters[0].kind is Parameter.VAR_POSITIONAL:
        return True  # such as a decorator's wrapper, which passes on what it is given
    if len(parameters) != 1 or parameters[0].name in path or parameters[0].kind is Parameter.KEYWORD_ONLY:
        return False
    names = _globals_of(function)
    annotation = _MISSING if parameters[0].annotation is Parameter.empty else parameters[0].annotation
    if not _is_connection(_resolved(annotation, names)):
        return False
    result = _MISSING if declared.return_annotation is declared.empty else declared.return_annotation
    return not checks_result or _is_response(_resolved(result, names))


def typed_methods(endpoint: Any, path: Collection[str]) -> list[str]:
    """Return the names of the methods of a class endpoint that are bound; none of what is no such class."""
    if not isinstance(endpoint, type) or getattr(endpoint, "has_typed_methods", False) is not True:
        return []
    allowed_methods: Any = getattr(endpoint, "allowed_methods", list)
    functions = {method.lower(): getattr(endpoint, method.lower(), None) for method in allowed_methods()}
    # As methods of an instance, which they do not look at here.
    return [
        name
        for name, function in functions.items()
        if isinstance(function, FunctionType) and not is_plain(MethodType(function, endpoint), path)
    ]


def _globals_of(function: Any) -> dict[str, Any]:
    while True:
        inner = getattr(function, "__wrapped__", None) or getattr(function, "func", None)
        inner = inner or getattr(function, "__func__", None)
        if inner is None:
            return getattr(function, "__globals__", {})
        function = inner


def _resolved(annotation: Any, names: dict[str, Any]) -> Any:
    """Return an annotation that is text as what it names; the text if that is not found."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, names)
    except Exception:
        return annotation


def _is_connection(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.partition("[")[0].rpartition(".")[2].strip() in _CONNECTION_NAMES
    base = get_origin(annotation) or annotation
    if annotation in _ANYTHING:
        return True
    # A Request of another package is one too.
    return isinstance(base, type) and (
        issubclass(base, HTTPConnection) or any(item.__name__ in _CONNECTION_NAMES for item in base.__mro__)
    )


def _is_response(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.partition("[")[0].endswith(("Response", "ASGIApp"))
    if any(annotation is item for item in _ANYTHING):
        return True
    if get_origin(annotation) in (Union, UnionType):
        return all(map(_is_response, get_args(annotation)))
    base: Any = get_origin(annotation) or annotation
    callable_type: Any = sys.modules["collections.abc"].Callable
    if base is callable_type:
        return True
    code = getattr(getattr(base, "__call__", None), "__code__", None) if isinstance(base, type) else None  # noqa: B004
    return code is not None and code.co_varnames[1:4] == ("scope", "receive", "send")
