"""One operation to describe: a route and a method, with what is known of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armillary.routing import BaseRoute

from .._docstring import parse_docstring, prose
from .._endpoints import MAX_LAYERS, FoundRoute, Schemes, find_routes, operations

if TYPE_CHECKING:
    from armillary.binding import EndpointSignature


@dataclass(frozen=True, slots=True)
class DescribedRoute:
    """One operation to describe.

    Attributes:
        path: with the paths of its mounts and without convertors.
        method: lower-case.
        function: the function or method that handles it.
        convertors: those of the path's parameters, by name.
        signature: what `armillary.binding` found in the function; None for a function of a request.
        options: what was given to the route: status_code, summary, tags, responses and the like.
        route: the route itself.
        guards: the signatures of the dependencies around it, the outermost first.
        schemes: the security schemes of backends next to it; None if it has those of the whole.
    """

    path: str
    method: str
    function: Callable[..., Any]
    convertors: Mapping[str, Any]
    signature: EndpointSignature | None
    options: Mapping[str, Any]
    route: Any
    guards: tuple[EndpointSignature, ...] = ()
    schemes: Schemes | None = None

    @property
    def label(self) -> str:
        """The method and path, for messages."""
        return f"{self.method.upper()} {self.path}"

    @property
    def parameter_names(self) -> list[str]:
        """The names of the parameters in the path."""
        return [name for name in self.convertors if f"{{{name}}}" in self.path]

    @property
    def signatures(self) -> tuple[Any, ...]:
        """Those of the dependencies around it and of the function."""
        return self.guards if self.signature is None else (*self.guards, self.signature)

    @property
    def required_scopes(self) -> list[str]:
        """What a client must be granted, by what `armillary.authentication` put on functions and dependencies."""
        functions = [function for signature in self.signatures for function in signature.dependencies]
        found = [scope for each in (*functions, self.function) for scope in getattr(each, "required_scopes", ())]
        return [*dict.fromkeys(found)]

    @property
    def requires_user(self) -> bool:
        """Whether it, or a dependency, has what only a client with credentials has, such as the user by its class."""
        return any(signature.required_scopes for signature in self.signatures)

    def docstring(self) -> Mapping[str, Any]:
        """Return the operation in the docstring's YAML.

        Raises:
            DocstringError: the YAML is malformed.
            ImportError: there is YAML, and PyYAML is not installed.
        """
        return parse_docstring(self.function, self.label)

    def texts(self) -> dict[str, str]:
        """Return summary and description: the first line of the docstring's prose, and the rest."""
        text = prose(self.function)
        summary, _, description = text.partition("\n\n")
        lines = {"summary": " ".join(summary.split()).removesuffix("."), "description": description.strip()}
        return {name: line for name, line in lines.items() if line}


def described_routes(routes: Iterable[BaseRoute], guards: tuple[Any, ...] = ()) -> Iterator[DescribedRoute]:
    """Yield every operation of routes that generated descriptions are to list; HEAD is left out."""
    for found in find_routes(routes, guards=guards):
        options: Mapping[str, Any] = getattr(found.route, "operation", None) or {}
        if options.get("include_in_schema", True) is False:
            continue
        bound = find_layer(found.route, "signature", "endpoint")
        by_method: Mapping[str, Any] = getattr(find_layer(found.route, "signatures"), "signatures", {})
        for method, function in handled_methods(found):
            handler = function if bound is None else bound.endpoint
            signature = by_method.get(method) if bound is None else bound.signature
            yield DescribedRoute(
                found.path,
                method,
                handler,
                found.convertors,
                signature,
                options,
                found.route,
                found.guards,
                found.schemes,
            )


def handled_methods(found: FoundRoute) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield each method of a route and its function; an application's methods are those the route names."""
    listed = list(operations(found.route))
    yield from listed
    if not listed and not inspect.isclass(found.route.endpoint):
        for method in sorted(found.route.methods or ()):
            if method != "HEAD":
                yield method.lower(), found.route.endpoint


def find_layer(route: Any, *attributes: str) -> Any:
    """Return what has these attributes among a route's application and what is inside its middleware, or None.

    A bound function has `signature` and `endpoint`, a class of bound methods has `signatures`.
    """
    app: Any = route.app
    for _ in range(MAX_LAYERS):
        if all(hasattr(app, name) for name in attributes):
            return app
        app = getattr(app, "app", None)
        if app is None:
            break
    return None
