"""How each parameter of a function gets its value, read from its signature; nothing here runs during a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import Parameter, Signature, unwrap
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from dishka import FromDishka
from dishka.exceptions import NoFactoryError

from armillary.asgi_types import annotations_of, describe_function, signature_of
from armillary.binding import RequestValue, request_value
from armillary.datastructures import HTTPConnection
from armillary.serialization import NO_DEFAULT, is_optional, union_members, unwrap as unwrap_annotation

from ._dependency import Dependency
from ._errors import InjectionError

_FROM_DISHKA: Any = FromDishka
_MARKER_EXAMPLE: Any = get_args(_FROM_DISHKA[int])[1]
_MARKER_TYPE: Any = _MARKER_EXAMPLE.__class__
_CONNECTION_NAMES = frozenset({"connection", "request", "websocket"})
_HTTP_METHODS = frozenset({"delete", "get", "head", "options", "patch", "post", "put", "trace"})
_GRAPHQL_MARK = "__strawberry_definition__"  # on what strawberry's `input`, `type` and `interface` decorate
_FOREIGN_PACKAGES = frozenset({"builtins", "strawberry", "types", "typing"})
_READ_ELSEWHERE = frozenset({"armillary", "strawberry"})
_POSITIONAL_KINDS = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_SELF_NAMES = frozenset({"self", "cls"})


class InjectionPlan(NamedTuple):
    """How each parameter of a function gets its value.

    Attributes:
        name: the name of the function with its file and line, for messages.
        short_name: its name alone.
        module: the name of its module.
        dependencies: what is injected, by parameter.
        connection: the parameter for the request or WebSocket, if there is one.
        from_request: the parameters read from path and query if the function is the endpoint of the route.
        positional: the names of parameters that may be given by position, in order.
        starred: the name of the parameter for all further positions (`*rest`), if there is one.
        needs_positions: whether not every argument can be passed by name.
        signature: of the function.
        unfilled: the names of parameters without a default that only a caller can pass.
    """

    name: str
    short_name: str
    module: str
    dependencies: dict[str, Dependency]
    connection: str | None
    from_request: tuple[RequestValue, ...]
    positional: tuple[str, ...]
    starred: str | None
    needs_positions: bool
    signature: Signature
    unfilled: tuple[str, ...]


def plan_for(func: Callable[..., Any]) -> InjectionPlan:
    """Return the plan for the parameters of a function.

    Raises:
        InjectionError: an annotation cannot be found.
    """
    return plan_by_hints(func, type_hints(func))


def type_hints(func: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a function as types.

    Raises:
        InjectionError: an annotation cannot be found.
    """
    try:
        return get_type_hints(func, include_extras=True)
    except NameError as exc:
        raise InjectionError(
            f"{describe_function(func)}: {exc}; import the annotations in the module, not only under TYPE_CHECKING"
        ) from exc


def type_hints_so_far(func: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a function that can be found already: the class around it does not exist yet."""
    found: dict[str, Any] = {}
    for name, annotation in annotations_of(func).items():

        def one() -> None: ...

        one.__annotations__ = {name: annotation}
        try:
            found |= get_type_hints(one, getattr(unwrap(func), "__globals__", {}), include_extras=True)
        except NameError:
            pass
    return found


def plan_by_hints(func: Callable[..., Any], hints: Mapping[str, Any]) -> InjectionPlan:
    """Return the plan for the parameters of a function with these types."""
    dependencies: dict[str, Dependency] = {}
    from_request: list[RequestValue] = []
    connection: str | None = None
    unfilled: list[str] = []
    own = signature_of(func)
    parameters = own.parameters.values()
    for parameter in parameters:
        kind = hints.get(parameter.name)
        if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD) or parameter.name in _SELF_NAMES:
            continue
        if is_connection(parameter.name, kind):
            connection = connection or parameter.name
            continue
        if (value := value_of(func, parameter, kind)) is not None:
            from_request.append(value)
        elif (dependency := dependency_of(kind)) is not None:
            dependencies[parameter.name] = dependency
        elif parameter.default is Parameter.empty:
            unfilled.append(parameter.name)  # passed by the caller, such as a resolver's `root`
    starred = next((item.name for item in parameters if item.kind is Parameter.VAR_POSITIONAL), None)
    return InjectionPlan(
        describe_function(func),
        getattr(func, "__qualname__", repr(func)),
        getattr(func, "__module__", ""),
        dependencies,
        connection,
        tuple(from_request),
        positional=tuple(item.name for item in parameters if item.kind in _POSITIONAL_KINDS),
        starred=starred,
        needs_positions=starred is not None or any(item.kind is Parameter.POSITIONAL_ONLY for item in parameters),
        signature=own,
        unfilled=tuple(unfilled),
    )


def value_of(func: Callable[..., Any], parameter: Parameter, kind: Any) -> RequestValue | None:
    """Return how a parameter is read from path and query; None if it is not.

    Without a default of its own a list is empty if the request has none, and what may be None is None.

    Raises:
        InjectionError: its type has a constraint that cannot be checked.
    """
    if kind is None or (get_origin(kind) is Annotated and is_marked(kind)):
        return None
    type_ = unwrap_annotation(kind).type
    default: Any = NO_DEFAULT if parameter.default is Parameter.empty else parameter.default
    if default is NO_DEFAULT and is_optional(type_):
        default = None
    elif default is NO_DEFAULT and get_origin(union_members(type_)[0]) is list:
        default = []
    try:
        return request_value(parameter.name, kind, default)
    except TypeError as exc:
        raise InjectionError(f"{describe_function(func)}: parameter {parameter.name!r}: {exc}") from exc


def is_marked(kind: Any) -> bool:
    """Return whether an annotation is dishka's `FromDishka[...]`."""
    return any(isinstance(item, _MARKER_TYPE) for item in get_args(kind)[1:])


def is_connection(name: str, kind: Any) -> bool:
    """Return whether a parameter is for the request or WebSocket."""
    if kind is None:
        return name in _CONNECTION_NAMES
    base = get_origin(kind) or kind
    return isinstance(base, type) and issubclass(base, HTTPConnection)


def dependency_of(kind: Any) -> Dependency | None:
    """Return what to inject for an annotation: `FromDishka[...]`, or a class of your own.

    A type of a GraphQL schema and a subclass of one of strawberry's classes are not injected: they are
    arguments of the field.
    """
    if get_origin(kind) is Annotated:
        arguments = get_args(kind)
        markers = [item for item in arguments[1:] if isinstance(item, _MARKER_TYPE)]
        if markers:
            return Dependency(arguments[0], markers[0].component)
        # What is said beside the type is of no provider, but what another part reads, such as Depends(f), fills it.
        others: tuple[object, ...] = arguments[1:]
        if any(_top_package(item.__class__) in _READ_ELSEWHERE for item in others):
            return None
        return dependency_of(arguments[0])
    base = get_origin(kind) or kind
    if not isinstance(base, type) or _top_package(base) in _FOREIGN_PACKAGES or hasattr(base, _GRAPHQL_MARK):
        return None
    return None if any(_top_package(item) == "strawberry" for item in base.__mro__) else Dependency(kind)


def _top_package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def injected_functions(routes: Iterable[Any]) -> Iterator[Callable[..., Any]]:
    """Yield the injected endpoints of routes, including those in mounts and methods of classes."""
    for route in routes:
        yield from injected_functions(getattr(route, "routes", None) or ())
        endpoint: Any = getattr(route, "endpoint", None)
        candidate: Any
        for candidate in (endpoint, *(vars(endpoint).values() if isinstance(endpoint, type) else ())):
            if hasattr(candidate, "__armillary_plan__"):
                yield candidate


def require_filled(function: Any, plan: InjectionPlan) -> None:
    """Raise an InjectionError for an endpoint with parameters that nothing fills.

    Methods of classes that do not handle an HTTP method, and functions wrapped by another decorator,
    are not checked: their caller passes the arguments.
    """
    is_method = "self" in plan.positional
    if not plan.unfilled or function.__armillary_call__ is not function:
        return
    if not is_method or function.__name__ in _HTTP_METHODS:
        raise nothing_fills(plan, plan.unfilled[0])


def require_passed(plan: InjectionPlan, arguments: Mapping[str, Any]) -> None:
    """Raise an InjectionError for a parameter that only a caller can pass, and has not."""
    missing = next((name for name in plan.unfilled if name not in arguments), None)
    if missing is not None:
        raise nothing_fills(plan, missing)


def nothing_fills(plan: InjectionPlan, name: str) -> InjectionError:
    """Return the error for a parameter of a function that only a caller can pass."""
    return InjectionError(
        f"{plan.name}: nothing fills its parameter {name!r}: annotate it with a class that a provider "
        "has, with FromDishka[...], or with a type that is read from path and query, or give it a default"
    )


def not_injected(plan: InjectionPlan, name: str, cause: BaseException | None) -> InjectionError:
    """Return the error for a dependency of a function that dishka cannot make.

    Args:
        plan: of the function.
        name: the parameter.
        cause: what dishka raised.
    """
    kind = plan.dependencies[name].kind
    shown = getattr(kind, "__qualname__", repr(kind))
    if isinstance(cause, NoFactoryError) and cause.requested.type_hint is kind and " Hint:" not in str(cause):
        return InjectionError(
            f"{plan.name}: no provider makes its parameter {name!r}: add one of {shown} to those of Injection(...). "
            f"If {name!r} is the body of the request, leave @inject out: a typed endpoint takes the body, and a "
            "service by Depends(function), whose function is injected"
        )
    return InjectionError(f"{plan.name}: its parameter {name!r} cannot be injected: {cause}")


def missing_among(plan: InjectionPlan, exc: NoFactoryError) -> Exception:
    """Return the error for the dependency of a function that no provider makes; `exc` if it is that of another."""
    kinds = {name: dependency.kind for name, dependency in plan.dependencies.items()}
    return next((not_injected(plan, name, exc) for name, kind in kinds.items() if kind is exc.requested.type_hint), exc)
