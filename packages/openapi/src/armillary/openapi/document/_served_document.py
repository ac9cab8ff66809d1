"""A document of an application, made when it is first asked for, kept until the routes change, and served."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple, Protocol

from armillary.http import Request, Response, precondition_status, received_conditions
from armillary.routing import BaseRoute, Route
from armillary.serialization import encode_json

from .._endpoints import find_routes
from .._yaml import to_yaml
from ..schemas._constraints import Schema

MAX_MOUNT_POINTS = 16


class HasRoutes(Protocol):
    """An application or a router."""

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """Its routes."""
        ...


class Rendering(NamedTuple):
    """A document as it is sent."""

    content: bytes
    etag: str


class ServedDocument:
    """A document of an application.

    Args:
        app: an application or router, whose `routes` are described; None if `add_to` is called.
        path: of the document in JSON; None to serve none.
        yaml_path: of the document in YAML; None to serve none.

    Attributes:
        route_name: what the names of its routes begin with.
        described_kinds: the kinds of routes that it is made of.
    """

    route_name: ClassVar[str]
    described_kinds: ClassVar[tuple[type[BaseRoute], ...]] = (Route,)

    def __init__(self, app: HasRoutes | None, path: str | None, yaml_path: str | None) -> None:
        for name, value in (("path", path), ("yaml_path", yaml_path)):
            if value is not None and not value.startswith("/"):
                raise ValueError(f"{name} must start with '/', got {value!r}; write {'/' + value!r}")
        self.app: HasRoutes | None = app
        self.path = path
        self.yaml_path = yaml_path
        self._described: list[Any] | None = None
        self._document: Schema = {}
        self._renderings: dict[tuple[str, str], Rendering] = {}

    def document(self) -> Schema:
        """Return the document; it is made again only if the routes have changed.

        Raises:
            TypeError: a type has no schema; the message names the operation.
            ValueError: two operations have the same id, or one requires a scheme that is not defined.
            DocstringError: the YAML of a docstring is malformed.
        """
        routes = [found.route for found in find_routes(self._routes(), kinds=self.described_kinds)]
        if self._described is None or not same_objects(self._described, routes):
            self._document = self.make()
            self._described = routes
            self._renderings.clear()
        return self._document

    def make(self) -> Schema:
        """Return the document of the routes there are now."""
        raise NotImplementedError

    def names_its_servers(self) -> bool:
        """Return whether the document says where its servers are, and so is the same below every mount."""
        raise NotImplementedError

    def mounted(self, document: Schema, root_path: str) -> Schema:
        """Return the document, which names no servers, of an application that is mounted at a path."""
        raise NotImplementedError

    def json(self) -> bytes:
        """Return the document as JSON in UTF-8."""
        return self._render("json", "").content

    def yaml(self) -> bytes:
        """Return the document as YAML in UTF-8.

        Raises:
            ImportError: PyYAML is not installed; the extra `yaml` brings it.
        """
        return self._render("yaml", "").content

    def routes(self) -> list[Route]:
        """Return the routes of the document, to add to an application's own."""
        found: list[Route] = []
        for path, serve, form in ((self.path, self.serve_json, "json"), (self.yaml_path, self.serve_yaml, "yaml")):
            if path is not None:
                found.append(Route(path, serve, include_in_schema=False, name=f"{self.route_name}_{form}"))
        return found

    def add_to(self, app: Any) -> None:
        """Describe an application, and add the routes of the document and of the pages to it, before its own.

        They come first because an application may end with a route or mount that takes every path.
        """
        if self.app is not None and self.app is not app:
            raise ValueError(f"this {type(self).__name__} describes another application; make one for each")
        self.app = app
        app.routes[:0] = self.routes()

    async def serve_json(self, request: Request[Any]) -> Response:
        """Respond with the document as JSON; 304 if the client has it."""
        return self._respond(request, "json", "application/json")

    async def serve_yaml(self, request: Request[Any]) -> Response:
        """Respond with the document as YAML (RFC 9512); 304 if the client has it."""
        return self._respond(request, "yaml", "application/yaml")

    def _respond(self, request: Request[Any], form: str, media_type: str) -> Response:
        rendering = self._render(form, str(request.scope.get("root_path", "")))
        headers = {"cache-control": "no-cache", "etag": rendering.etag, "x-content-type-options": "nosniff"}
        status = precondition_status(request.method, received_conditions(request.scope["headers"]), etag=rendering.etag)
        if status is not None:
            return Response(status_code=status, headers=headers)
        return Response(rendering.content, headers=headers, media_type=media_type)

    def _render(self, form: str, root_path: str) -> Rendering:
        document = self.document()
        if self.names_its_servers():
            root_path = ""
        rendering = self._renderings.get((form, root_path))
        if rendering is None:
            if root_path:
                document = self.mounted(document, root_path)
            content = to_yaml(document, sort_keys=False) if form == "yaml" else encode_json(document)
            rendering = Rendering(content, f'"{sha256(content).hexdigest()[:32]}"')
            if len(self._renderings) < MAX_MOUNT_POINTS:
                self._renderings[form, root_path] = rendering
        return rendering

    def _routes(self) -> Sequence[BaseRoute]:
        if self.app is None:
            name = type(self).__name__
            raise ValueError(f"this {name} describes no application: {name}(app, ...) or {name}(...).add_to(app)")
        return self.app.routes


def same_objects(first: Sequence[object], second: Sequence[object]) -> bool:
    return len(first) == len(second) and all(one is other for one, other in zip(first, second, strict=True))
