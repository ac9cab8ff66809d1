"""Endpoints: what a route leads to, and how it becomes an application.

An endpoint that is an ASGI application is used as it is. A function of a request or of a WebSocket is made an
application by the package that owns requests or WebSockets, any other function by `armillary.binding`; they are
imported here, when a route is constructed, and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MethodType
from typing import Any, Final, Protocol, TypeAlias

from armillary.asgi_types import ASGIApp, Middleware, annotations_of, describe_function, is_plain_function
from armillary.datastructures import is_token

Endpoint: TypeAlias = Callable[..., Any]
"""An ASGI application, or a plain function of a request or of a WebSocket."""


class DependsOnFunction(Protocol):
    """What `armillary.binding.Depends` and `Policy` are."""

    @property
    def function(self) -> Callable[..., Any] | None: ...


Dependency: TypeAlias = Callable[..., Any] | DependsOnFunction
"""What is called before an endpoint: a function, or one in `Depends` or `Policy`."""

_VARIADIC = 0x04  # inspect.CO_VARARGS

MiddlewareList: TypeAlias = Sequence[Middleware] | None
"""Wrapped around an application, the first being outermost."""


def checked_callable(value: Any, parameter: str) -> Any:
    """Return an application or endpoint; `TypeError` for what cannot be called."""
    if not callable(value):
        hint = ""
        if parameter == "app":
            hint = "; write routes=[...]" if isinstance(value, list | tuple) else ""
            hint = f"; write StaticFiles(directory={value!r}) for a folder" if isinstance(value, str) else hint
        raise TypeError(f"{parameter} takes a function or an ASGI application, got {value!r}{hint}")
    code: Any = getattr(value, "__code__", None)
    if code is not None and parameter != "endpoint" and _is_of_request(code) and is_plain_function(value):
        raise TypeError(
            f"{parameter} takes an ASGI application, of scope, receive and send; {describe_function(value)} is a "
            f"function of a request: write Route(path, {endpoint_name(value)})"
            f"{'' if code.co_argcount else f', or {endpoint_name(value)}() if it makes an application'}"
        )
    if parameter != "endpoint" and isinstance(value, type) and not hasattr(value, "__await__"):
        name = value.__name__
        raise TypeError(f"{parameter} takes an ASGI application, and {name} is a class: write {name}(...)")
    if parameter == "endpoint" and isinstance(value, type) and not hasattr(value, "__await__"):
        raise TypeError(
            f"endpoint is the class {value.__name__}, whose instances handle no request: derive it from HTTPEndpoint "
            "or WebSocketEndpoint, or give an instance that is an ASGI application"
        )
    if parameter == "endpoint" and _is_response(value):
        shown = type(value).__name__
        raise TypeError(
            f"endpoint is one {shown}, which would be sent to all; write a function that returns it: "
            f"def endpoint(request): return {shown}(...)"
        )
    call: Any = None if isinstance(value, type) else value.__call__
    code = getattr(call, "__code__", None)  # of an object with a `__call__` in Python; functions have none there
    if code is not None and code.co_argcount - isinstance(call, MethodType) < 3 and not code.co_flags & _VARIADIC:
        name = type(value).__name__
        fix = f"; to have it called as a function write {name}(...).__call__" if parameter == "endpoint" else ""
        raise TypeError(f"{parameter} is a {name}, whose __call__ does not take scope, receive and send{fix}")
    return value


def check_methods(endpoint: Any) -> None:
    """Raise TypeError for a class of endpoints without a method that handles a request."""
    allowed_methods: Any = getattr(endpoint, "allowed_methods", None) if isinstance(endpoint, type) else None
    if allowed_methods is None or allowed_methods():
        return
    upper = [name for name in vars(endpoint) if name.isupper() and is_token(name)]
    hint = f"write the name {upper[0]} in lower case" if upper else "write `async def get(self, request):` in it"
    raise TypeError(f"endpoint {describe_function(endpoint)} has no method that handles a request; {hint}")


def check_connection(endpoint: Any, of_http: bool) -> None:
    """Raise TypeError for a function of a WebSocket in a route for HTTP, and of a request in one for WebSockets."""
    annotations = annotations_of(endpoint)
    code: Any = getattr(endpoint, "__code__", None)
    if not annotations or code is None or not code.co_argcount:
        return
    annotation = annotations.get(code.co_varnames[0])
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    wrong, fix = ("WebSocket", "WebSocketRoute") if of_http else ("Request", "Route")
    if text.partition("[")[0].rpartition(".")[2] == wrong:
        here = "Route" if of_http else "WebSocketRoute"
        name = endpoint_name(endpoint)
        raise TypeError(
            f"endpoint {describe_function(endpoint)} takes a {wrong}, which a {here} does not have: "
            f"write {fix}(path, {name})"
        )


def _is_response(value: Any) -> bool:
    """Return whether a value is an instance of a response, of ours or of Starlette."""
    return not isinstance(value, type) and all(hasattr(value, name) for name in ("status_code", "raw_headers"))


def _is_of_request(code: Any) -> bool:
    """Return whether a function takes fewer arguments than an ASGI application is given."""
    return code.co_argcount < 3 and not code.co_flags & _VARIADIC


def wrap(app: ASGIApp, middleware: MiddlewareList) -> ASGIApp:
    """Return `app` inside its middleware, the first being outermost."""
    for cls, args, kwargs in reversed(middleware or ()):
        app = cls(app, *args, **kwargs)
    return app


def dependency_list(dependencies: Iterable[Any]) -> tuple[Any, ...]:
    """Return dependencies as a tuple; `TypeError` for a single one."""
    try:
        return tuple(dependencies)
    except TypeError:
        raise TypeError(f"dependencies takes a list, got {dependencies!r}; write dependencies=[...]") from None


def endpoint_name(endpoint: Any) -> str:
    """Return the name of a function or class, or of an instance's class."""
    return str(getattr(endpoint, "__name__", type(endpoint).__name__))


def method_set(methods: Iterable[str] | None) -> set[str] | None:
    """Return upper-case method names, HEAD joining GET.

    Raises:
        TypeError: a bare string, or something in the list that is no string.
        ValueError: a name that no method can have (RFC 9110 section 9.1).
    """
    if methods is None:
        return None
    if isinstance(methods, str):
        raise TypeError(f"methods takes a list of names, such as [{methods!r}], not a string")
    names: set[str] = set()
    for method in methods:
        if not isinstance(method, str):
            raise TypeError(f"methods takes a list of names, got {method!r} in it")
        if not is_token(method):
            raise ValueError(f"methods: {method!r} is not the name of a method")
        names.add(method.upper())
    if "GET" in names:
        names.add("HEAD")
    return names


def request_application(endpoint: Callable[..., Any]) -> ASGIApp:
    """Return the application that calls `endpoint(request)` and sends the response it returns."""
    try:
        from armillary.http import request_response
    except ModuleNotFoundError as exc:
        if not (exc.name or "").startswith("armillary"):
            raise
        raise _missing_part(endpoint, "armillary-http") from exc
    return request_response(endpoint)


def websocket_application(endpoint: Callable[..., Any]) -> ASGIApp:
    """Return the application that calls `endpoint(websocket)`."""
    try:
        from armillary.websockets import websocket_session
    except ModuleNotFoundError as exc:
        if not (exc.name or "").startswith("armillary"):
            raise
        raise _missing_part(endpoint, "armillary-websockets") from exc
    return websocket_session(endpoint)


def bound_application(
    endpoint: Callable[..., Any],
    convertors: Mapping[str, Any],
    status_code: int | None,
    dependencies: Sequence[Any],
) -> ASGIApp:
    """Return the application that calls a typed function with values from the request.

    Raises:
        TypeError: it cannot be bound, or `armillary-binding` is not installed.
    """
    app: ASGIApp = _binding(endpoint).bind(
        endpoint, path=_rejecting(convertors), status_code=status_code, dependencies=dependencies
    )
    return app


def _rejecting(convertors: Mapping[str, Any]) -> dict[str, bool]:
    """Return of each path parameter whether some texts do not match it."""
    return {name: type(convertor).__name__ not in _ANY_TEXT for name, convertor in convertors.items()}


def bound_class(endpoint: Any, names: Sequence[str], convertors: Mapping[str, Any]) -> ASGIApp:
    """Return a class endpoint with typed methods as one whose methods take a request.

    Raises:
        TypeError: as `bound_application`.
    """
    app: ASGIApp = _binding(getattr(endpoint, names[0])).bind_methods(endpoint, names, path=_rejecting(convertors))
    return app


def bound_websocket_application(
    endpoint: Callable[..., Any], convertors: Mapping[str, Any], dependencies: Sequence[Any]
) -> ASGIApp:
    """Return the application that calls a typed function with a WebSocket and values from its handshake.

    Raises:
        TypeError: as `bound_application`.
    """
    app: ASGIApp = _binding(endpoint).bind_websocket(endpoint, path=[*convertors], dependencies=dependencies)
    return app


def guarded_application(app: ASGIApp, convertors: Mapping[str, Any], dependencies: Sequence[Any]) -> ASGIApp:
    """Return the application that calls dependencies before another application.

    Raises:
        TypeError: a dependency cannot be called so, or `armillary-binding` is not installed.
    """
    guarded: ASGIApp = _binding(app).guard(app, dependencies, path=[*convertors])
    return guarded


def _binding(endpoint: Any) -> Any:
    """Return the package that calls typed functions."""
    try:
        import armillary.binding
    except ModuleNotFoundError as exc:
        if exc.name != "armillary.binding":
            raise
        raise _missing_part(endpoint, "armillary-binding", "typed") from exc
    return armillary.binding


_ANY_TEXT: Final = frozenset(("StringConvertor", "PathConvertor"))


def _missing_part(endpoint: Any, package: str, extra: str = "functions") -> TypeError:
    what = "a plain function" if extra == "functions" else "a function of more than a request, or has dependencies,"
    return TypeError(
        f"endpoint {describe_function(endpoint)} is {what} and {package} is not installed: "
        f"run `pip install armillary-routing[{extra}]`, or pass an ASGI application"
    )
