"""How the arguments of an endpoint and of its dependencies are found: worked out when the endpoint is constructed."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
import contextlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any, Final, get_origin

from armillary.asgi_types import describe_function, is_async_callable, signature_of
from armillary.http import FormData, PartStream, Request
from armillary.serialization import NO_DEFAULT, unwrap
from armillary.websockets import WebSocket

from ._annotations import plain_annotation, sources_in
from ._body import RawBody
from ._body_plan import body_reader
from ._call import by_position, style_of
from ._dependency_result import check_result
from ._place import BindingError
from ._plan import Call, Plan
from ._provided import Kind, Provided, making_of
from ._request_parts import RequestParts
from ._signature import Parameter
from ._source_arguments import Marker, no_type
from ._sources import Body, Dependency, Depends, Policy, Source
from ._type_hints import type_hints_of
from ._values import TextValues
from ._wanted import Wanted

_CONNECTION_NAMES: Final = frozenset(("request", "websocket"))
_STARRED: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def build_plan(
    function: Callable[..., Any],
    *,
    kind: Kind,
    path: frozenset[str],
    dependencies: Sequence[Dependency] = (),
    overrides: Mapping[Callable[..., Any], Callable[..., Any]] | None = None,
    is_method: bool = False,
) -> Plan:
    """Return how a function is called for a connection.

    Args:
        function: the endpoint.
        kind: of the connection.
        path: the names of the path parameters.
        dependencies: further ones, whose results are not used.
        overrides: functions to call in place of others.
        is_method: whether the first parameter of the endpoint is the instance it is called on.

    Raises:
        BindingError: a parameter cannot be filled, or the body cannot be all that is asked of it.
    """
    builder = _Builder(function, kind, path, overrides or {})
    for item in dependencies:
        depends = item if isinstance(item, Depends) else Depends(item)
        if not callable(depends.function):
            raise BindingError(function, f"a dependency of a route is a function or Depends(function), got {item!r}")
        builder.dependency(depends, depends.function)
    builder.call(function, style="async" if is_async_callable(function) else "thread", is_method=is_method)
    return builder.plan()


_CONTEXTS: Final = (contextlib.AbstractAsyncContextManager, contextlib.AbstractContextManager)


def makes_context(function: Any) -> bool:
    """Return whether calling a function gives a context manager, as `contextlib` makes one of a generator function."""
    inner = getattr(function, "__wrapped__", None)
    is_generator = inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner)
    return is_generator and getattr(getattr(function, "__code__", None), "co_filename", "") == contextlib.__file__


class _Builder:
    def __init__(
        self,
        endpoint: Callable[..., Any],
        kind: Kind,
        path: frozenset[str],
        overrides: Mapping[Callable[..., Any], Callable[..., Any]],
    ) -> None:
        self.endpoint = endpoint
        self.kind: Kind = kind
        self.path = path
        self.overrides = overrides
        self.parts = RequestParts(kind, path, self.new_target, self.add_file)
        self.targets = 0
        self.calls: list[Call] = []
        self.known: dict[Any, int] = {}
        self.pending: list[Callable[..., Any]] = []
        self.provided: list[Provided] = []
        self.needs: dict[int, list[tuple[str, int]]] = {}
        self.result: Any = NO_DEFAULT
        self.errors: set[int] = set()
        self.instance: tuple[int, str] | None = None

    def new_target(self) -> int:
        self.targets += 1
        return self.targets - 1

    def add_file(self, wanted: Wanted, call: Call) -> None:
        """Add the call that reads a file, whose result a parameter is."""
        self.calls.append(call)
        self.needs[wanted.target].append((wanted.name, len(self.calls) - 1))

    # -- calls ---------------------------------------------------------------------------------

    def call(
        self, function: Callable[..., Any], *, style: str, ends_early: bool = False, is_method: bool = False
    ) -> int:
        """Add the call of a function after those it depends on; return its number."""
        target = self.new_target()
        hints = type_hints_of(function)
        try:
            signature = signature_of(function)
        except (TypeError, ValueError) as exc:
            raise BindingError(function, f"it has no signature: {exc}") from exc
        needs = self.needs[target] = []
        self.errors.update(getattr(function, "error_statuses", ()))
        positional: list[str] = []
        given: Any = function.keywords if isinstance(function, partial) else ()
        parameters = [*signature.parameters.values()]
        if is_method:
            self.instance = target, parameters.pop(0).name
        for parameter in parameters:
            if parameter.name in given:
                continue
            if parameter.kind in _STARRED:
                raise BindingError(function, f"nothing fills *{parameter.name}: name the parameters it takes")
            if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
                positional.append(parameter.name)
            self.parameter(function, parameter, hints.get(parameter.name, NO_DEFAULT), target)
        called = by_position(function, tuple(positional)) if positional else function
        self.calls.append(Call(called, style, target, tuple(needs), ends_early))
        self.result = hints.get("return", NO_DEFAULT)
        return len(self.calls) - 1

    def dependency(self, depends: Depends, function: Callable[..., Any]) -> int:
        """Add the call of a dependency, unless it is added already; return its number."""
        overridden = function
        function = self.overrides.get(function, function)
        if not callable(function):
            raise BindingError(overridden, f"dependency_overrides has {function!r} for it, which is no function")
        # A policy is not the dependency of the same function, whose result nobody checks.
        key = depends if isinstance(depends, Policy) else function
        if depends.use_cache and key in self.known:
            return self.known[key]
        if function in self.pending:
            raise BindingError(function, "it depends on itself")
        self.pending.append(function)
        number = self.call(function, style=style_of(function), ends_early=depends.scope == "function")
        self.pending.pop()
        if isinstance(depends, Policy):
            self.calls.append(Call(depends.check, "direct", self.new_target(), (("allowed", number),)))
            number = len(self.calls) - 1
            self.errors.add(depends.status_code)
        if depends.use_cache:
            self.known[key] = number
        return number

    # -- parameters ----------------------------------------------------------------------------

    def parameter(
        self,
        function: Callable[..., Any],
        parameter: inspect.Parameter,
        annotation: Any,
        target: int,
    ) -> None:
        """Find out what fills one parameter."""
        name = parameter.name
        default = NO_DEFAULT if parameter.default is inspect.Parameter.empty else parameter.default
        if isinstance(default, Source | Depends):
            marker = type(default).__name__
            raise BindingError(
                function, f"write parameter {name!r} as `{name}: Annotated[..., {marker}(...)]`, not as its default"
            )
        if annotation is NO_DEFAULT or (annotation in (Any, object) and name in _CONNECTION_NAMES):
            annotation = self.unannotated(function, name)
        try:
            type_, metadata = unwrap(annotation)
        except TypeError as exc:
            raise BindingError(function, f"the annotation of {name!r} is no type: {exc}") from exc
        if isinstance(type_, Marker):
            raise BindingError(function, f"of parameter {name!r} {no_type(type_)}")
        depends = [item for item in metadata if isinstance(item, Depends)]
        if depends or Depends in metadata:
            found = depends[0] if depends else Depends()
            inner = found.function if found.function is not None else type_
            if found.function is None and getattr(inner, "__module__", None) == "builtins":
                raise BindingError(function, f"Depends() of {name!r} names no function: write Depends(the_function)")
            if not callable(inner):
                raise BindingError(function, f"Depends() of {name!r} takes a function, got {inner!r}")
            if type(inner).__hash__ is None:
                fix = "give its dataclass frozen=True, or its class a __hash__"
                raise BindingError(function, f"the dependency of {name!r}, {inner!r}, has no hash: {fix}")
            if makes_context(inner) and (get_origin(type_) or type_) not in _CONTEXTS:
                fix = "leave @asynccontextmanager out: a dependency is a function with a yield"
                raise BindingError(function, f"the dependency of {name!r}, {describe_function(inner)}: {fix}")
            if inner not in self.overrides:
                check_result(function, name, type_, inner)
            self.needs[target].append((name, self.dependency(found, inner)))
            return
        bare = next((item for item in metadata if isinstance(item, FunctionType)), None)
        if bare is not None:
            write = f"`{name}: Annotated[..., Depends({bare.__name__})]`"
            raise BindingError(function, f"parameter {name!r} has a function beside its type: write {write}")
        sources = sources_in(metadata)
        if len(sources) > 1:
            named = " and ".join(type(source).__name__ for source in sources)
            raise BindingError(function, f"parameter {name!r} names more than one source, {named}: keep one of them")
        source = sources[0] if sources else None
        if source is None and self.provide(function, name, type_, metadata, target):
            return
        self.parts.take(Wanted(function, name, plain_annotation(annotation, source), default, target), source)

    def unannotated(self, function: Callable[..., Any], name: str) -> Any:
        if name in self.path:
            raise BindingError(
                function, f"its parameter {name!r} is in the path: annotate it, such as `{name}: str`, to take it"
            )
        if name in _CONNECTION_NAMES:
            return Request if self.kind == "http" else WebSocket
        if name == "self":
            raise BindingError(function, "it is a method without its instance: write TheClass().method")
        raise BindingError(function, f"nothing fills its parameter {name!r}: annotate it with its type")

    def provide(
        self, function: Callable[..., Any], name: str, type_: Any, metadata: tuple[Any, ...], target: int
    ) -> bool:
        """Fill a parameter with the connection or with what is made from it; return False if it is neither."""
        try:
            making = making_of(type_, self.kind, metadata)
        except TypeError as exc:
            raise BindingError(function, f"parameter {name!r} {exc}") from exc
        base: Any = get_origin(type_) or type_
        if making is not None:
            if making.reads_path:
                self.parts.taken.update(self.path)
            self.errors.update(making.errors)
            self.provided.append(Provided(target, name, making))
        elif base is FormData:
            self.parts.whole_form.append((target, name))
        elif base is PartStream:
            self.parts.raw.append(RawBody("parts", target, name, Body()))
        else:
            return False
        return True

    # -- the whole -----------------------------------------------------------------------------

    def plan(self) -> Plan:
        missing = self.path - self.parts.taken
        if missing:
            name = sorted(missing)[0]
            raise BindingError(
                self.endpoint,
                f"nothing takes the path parameter {name!r}: add `{name}: str` to the function, or remove "
                "it from the path",
            )
        read = self.parts.targets()
        needed = [call.target in read for call in self.calls[:-1]]
        parameters: dict[tuple[str, str], Parameter] = {}
        for slot in self.parts.slots:
            parameters.setdefault((slot.parameter.source, slot.key), slot.parameter)
        return Plan(
            tuple(self.calls),
            self.targets,
            needed.index(True) if True in needed else len(needed),
            tuple(self.provided),
            TextValues(self.parts.slots, self.parts.exact()) if self.parts.slots else None,
            tuple(self.parts.groups),
            body_reader(self.endpoint, self.parts),
            tuple(parameters.values()),
            self.result,
            frozenset(self.errors),
            self.instance,
        )
