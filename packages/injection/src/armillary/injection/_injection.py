"""The providers of an application and their container."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

from dishka import AsyncContainer, FromComponent, Provider, Scope, from_context, make_async_container
from dishka.exception_base import DishkaError

from armillary.http import Request
from armillary.websockets import WebSocket

from ._errors import InjectionError
from ._plan import InjectionPlan, injected_functions, not_injected, require_filled


class ConnectionProvider(Provider):
    """The request and the WebSocket, for providers that ask for them."""

    request = from_context(provides=Request, scope=Scope.REQUEST)
    websocket = from_context(provides=WebSocket, scope=Scope.SESSION)


class Injection:
    """The providers of an application, validated at construction.

    Args:
        *providers: dishka's providers. Scope.APP lives as long as the application, Scope.SESSION as long as
            a WebSocket, Scope.REQUEST as long as a request or a message.
        context: values for `from_context` in Scope.APP.

    Raises:
        InjectionError: a dependency is missing, or one depends on itself; the message has the chain.

    >>> from dishka import Provider, Scope, provide
    >>> class Numbers(Provider):
    ...     @provide(scope=Scope.APP)
    ...     def port(self) -> int:
    ...         return 8000
    >>> injection = Injection(Numbers())
    """

    def __init__(self, *providers: Provider, context: Mapping[Any, Any] | None = None) -> None:
        self._providers = providers
        self._context = dict(context or {})
        self._retired: list[AsyncContainer] = []
        self.container: AsyncContainer = self._make(())

    def _make(self, overriding: Iterable[Provider]) -> AsyncContainer:
        try:
            return make_async_container(
                ConnectionProvider(), *self._providers, *overriding, context=self._context, lock_factory=fast_lock
            )
        except DishkaError as exc:
            raise InjectionError(f"the providers do not fit together: {exc}") from exc

    @asynccontextmanager
    async def lifespan(self, app: Any = None) -> AsyncGenerator[None]:
        """Check the endpoints of an application, and close Scope.APP at shutdown."""
        self.check(injected_functions(getattr(app, "routes", ())))
        try:
            yield
        finally:
            retired, self._retired = self._retired, []
            for container in (*retired, self.container):
                await container.close()
            self.container = self._make(())

    def check(self, functions: Iterable[Callable[..., Any]]) -> None:
        """Raise an InjectionError for the first endpoint with a dependency or parameter that cannot be filled."""
        asked: list[tuple[InjectionPlan, str]] = []
        for function in functions:
            plan: InjectionPlan = function.__armillary_plan__()  # type: ignore[attr-defined]
            require_filled(function, plan)
            asked += [(plan, name) for name in plan.dependencies]
        try:
            self._make((probing(asked),))
        except InjectionError:
            for plan, name in asked:  # one by one, to find the one at fault
                try:
                    self._make((probing([(plan, name)]),))
                except InjectionError as exc:
                    raise not_injected(plan, name, exc.__cause__) from exc.__cause__
            raise

    @contextmanager
    def override(self, values: Mapping[Any, Any], *providers: Provider) -> Generator[None]:
        """Inject other values for some types while the block runs. For tests.

        Args:
            values: the values, by the type they replace.
            *providers: providers that take precedence over those of the constructor.

        Objects of Scope.APP are created again inside the block.
        """
        overriding = Provider(scope=Scope.APP)
        for kind, value in values.items():
            overriding.provide(constant(value), provides=kind, override=True)
        previous, self.container = self.container, self._make((*providers, overriding))
        try:
            yield
        finally:
            self._retired.append(self.container)
            self.container = previous


def fast_lock() -> Any:
    """Return a lock that is cheap without contention."""
    from anyio import Lock

    return Lock(fast_acquire=True)


def constant(value: Any) -> Callable[[], Any]:
    """Return a factory of the value."""

    def factory() -> Any:
        return value

    return factory


def probing(asked: Iterable[tuple[InjectionPlan, str]]) -> Provider:
    """Return factories with the dependencies of endpoints, so that dishka checks them with the graph."""
    probes = Provider(scope=Scope.REQUEST)
    for plan, name in asked:
        probes.provide(probe(plan, name), provides=type(f"{plan.short_name}({name})", (), {}))
    return probes


def probe(plan: InjectionPlan, name: str) -> Any:
    """Return a factory with one dependency of an endpoint."""

    def ask(asked: Any) -> Any:
        return asked

    dependency = plan.dependencies[name]
    ask.__annotations__ = {"asked": Annotated[dependency.kind, FromComponent(dependency.component)]}
    ask.__name__ = ask.__qualname__ = f"{plan.short_name}({name})"
    ask.__module__ = plan.module
    return ask


def find_injection(application: Any) -> Injection:
    """Return the injection of an application, or of the application of a test client.

    Raises:
        InjectionError: there is none.
    """
    seen: Any = application
    for _ in range(100):
        if isinstance(getattr(seen, "injection", None), Injection):
            return seen.injection  # type: ignore[no-any-return]
        for item in getattr(seen, "user_middleware", ()):
            for value in (*item.args, *item.kwargs.values()):
                if isinstance(value, Injection):
                    return value
        seen = getattr(seen, "app", None)
        if seen is None:
            break
    raise InjectionError("this application has no InjectionMiddleware; call `injection.override(...)` itself")


@contextmanager
def override(client: Any, values: Mapping[Any, Any], *providers: Provider) -> Generator[None]:
    """Inject other values into the application of a test client while the block runs; see `Injection.override`."""
    with find_injection(client).override(values, *providers):
        yield
