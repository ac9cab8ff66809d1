"""The OpenAPI document of an application, made when it is first asked for and kept until the routes change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from armillary.routing import BaseRoute, Route

from .._endpoints import METHODS, guards_of
from ..pages import Page, SwaggerUI
from ..schemas._components import Components
from ..schemas._constraints import Schema
from ..schemas._type_schemas import TypeSchemas
from ._arguments import check_lists, check_mappings, checked_webhooks
from ._described_route import DescribedRoute, described_routes
from ._operations import OperationBuilder, server_object
from ._security import SecurityRequirement, SecuritySchemes
from ._served_document import HasRoutes, ServedDocument
from ._typed_parts import with_schemas


class OpenAPI(ServedDocument):
    """The OpenAPI document of an application, from the types and docstrings of its functions.

    Args:
        app: an application or router, whose `routes` are described; None if `add_to` is called, as
            `Armillary(openapi=...)` does.
        title, version: of the API.
        summary, description, terms_of_service, contact, license: more about it; the descriptions are Markdown.
        openapi_version: "3.2.0" or "3.1.1"; what 3.1 does not have (the method QUERY, schemas of a stream's items)
            is left out of it or becomes an extension.
        servers: URLs, or Server Objects. By default the path where the application is mounted.
        tags: Tag Objects, in the order in which pages show them.
        security: what every operation requires that has no `security` of its own: names of schemes, or mappings of
            names to scopes; one of them is enough.
        security_schemes: Security Scheme Objects by name; by default those that the application's backends of
            authentication have, such as `BearerBackend`.
        webhooks: routes of requests that the API sends; a route's path without its slash is the name.
        external_docs: an External Documentation Object.
        components: Components Objects to add.
        operation_id: returns the id of an operation that names none; by default method and path, as
            `get_stars_by_number`.
        types: schemas of types that have none, or another than the one wanted.
        separate_input: whether a type that is both received and sent, with members that may be left out only when it
            is received, gets a component for each.
        path: of the document in JSON; None to serve none.
        yaml_path: of the document in YAML; None to serve none.
        pages: what shows the document: `SwaggerUI()` by default; [] for none.

    Raises:
        ValueError: openapi_version is another, a path does not start with "/", a security scheme has no definition.

    >>> from armillary.routing import Route, Router
    >>> async def show(request):
    ...     '''Show a star.'''
    >>> router = Router([Route("/stars/{number:int}", show)])
    >>> document = OpenAPI(router, "Stars", "1.0").document()
    >>> document["paths"]["/stars/{number}"]["get"]["summary"]
    'Show a star'
    """

    route_name = "openapi"

    def __init__(
        self,
        app: HasRoutes | None = None,
        title: str = "API",
        version: str = "0.1.0",
        *,
        summary: str | None = None,
        description: str | None = None,
        terms_of_service: str | None = None,
        contact: Mapping[str, str] | None = None,
        license: Mapping[str, str] | None = None,
        openapi_version: str = "3.2.0",
        servers: Sequence[str | Mapping[str, Any]] = (),
        tags: Sequence[Mapping[str, Any]] = (),
        security: Sequence[SecurityRequirement] = (),
        security_schemes: Mapping[str, Mapping[str, Any]] | None = None,
        webhooks: Iterable[BaseRoute] = (),
        external_docs: Mapping[str, str] | None = None,
        components: Mapping[str, Mapping[str, Any]] | None = None,
        operation_id: Callable[[DescribedRoute], str] | None = None,
        types: Mapping[Any, Schema] | None = None,
        separate_input: bool = True,
        path: str | None = "/openapi.json",
        yaml_path: str | None = None,
        pages: Sequence[Page] | None = None,
    ) -> None:
        if not openapi_version.startswith(("3.1.", "3.2.")):
            raise ValueError(f"openapi_version takes '3.1.1' or '3.2.0', got {openapi_version!r}")
        for name, text in (("title", title), ("version", version)):
            if not isinstance(text, str):
                raise TypeError(f"{name} is a text, got {text!r}; write {name}={str(text)!r}")
        check_mappings(
            contact=contact,
            license=license,
            external_docs=external_docs,
            security_schemes=security_schemes,
            components=components,
            types=types,
        )
        check_lists(servers=servers, tags=tags, security=security)
        if app is not None and not hasattr(app, "routes"):
            raise TypeError(f"app has routes; got {app!r}: write OpenAPI(title=..., version=...)")
        super().__init__(app, path, yaml_path)
        self.openapi_version = openapi_version
        self.pages: list[Page] = [SwaggerUI()] if pages is None else [*pages]
        if self.pages and path is None:
            raise ValueError("path: pages need the document in JSON; name its path, or write pages=[]")
        info: Schema = {"title": title, "summary": summary, "version": version, "description": description}
        info |= {"termsOfService": terms_of_service, "contact": contact, "license": license}
        self.info: Schema = {key: value for key, value in info.items() if value is not None}
        self.servers: list[Schema] = [server_object(server) for server in servers]
        self.tags: list[dict[str, Any]] = [dict(tag) for tag in tags]
        self.security: list[SecurityRequirement] = [*security]
        self.security_schemes: Mapping[str, Mapping[str, Any]] | None = security_schemes
        self.webhooks: list[BaseRoute] = checked_webhooks(webhooks)
        self.external_docs = external_docs
        self.components: Mapping[str, Mapping[str, Any]] = components or {}
        self.operation_id = operation_id
        self.types = types
        self.separate_input = separate_input

    def routes(self) -> list[Route]:
        """Return the routes of the document and of the pages, to add to an application's own."""
        return [*(route for page in self.pages for route in page.routes(self)), *super().routes()]

    def names_its_servers(self) -> bool:
        return bool(self.servers)

    def mounted(self, document: Schema, root_path: str) -> Schema:
        return {**document, "servers": [{"url": root_path}]}

    def make(self) -> Schema:
        """Return the document of the routes there are now."""
        types = TypeSchemas(Components(self.separate_input), self.types)
        has_query = not self.openapi_version.startswith("3.1.")
        schemes = SecuritySchemes(self.security_schemes, self.app)
        builder = OperationBuilder(types, self.operation_id, self.security, schemes, has_query)
        document: Schema = {"openapi": self.openapi_version, "info": self.info}
        if self.servers:
            document["servers"] = self.servers
        document["paths"] = path_items(described_routes(self._routes(), (*guards_of(self.app),)), builder, has_query)
        webhooks = path_items(described_routes(self.webhooks), builder, has_query)
        if webhooks:
            document["webhooks"] = {path.removeprefix("/"): item for path, item in webhooks.items()}
        components: Schema = with_schemas(self.components, types, "output")
        if schemes.objects:
            components["securitySchemes"] = schemes.objects
        if components:
            document["components"] = components
        if self.security:
            document["security"] = builder.security
        if self.tags:
            document["tags"] = self.tags
        if self.external_docs:
            document["externalDocs"] = dict(self.external_docs)
        document = types.components.finish(document)
        check_security(document)
        return document


def path_items(routes: Iterable[DescribedRoute], builder: OperationBuilder, has_query: bool) -> Schema:
    """Return Path Item Objects by path; of two routes with one path and method the first is taken, as in routing."""
    paths: Schema = {}
    for route in routes:
        item: Schema = paths.setdefault(route.path, {})
        if route.method not in METHODS or (route.method == "query" and not has_query):
            if has_query and route.method not in METHODS:
                item.setdefault("additionalOperations", {})[route.method.upper()] = builder.build(route)
        elif route.method not in item:
            item[route.method] = builder.build(route)
    return {path: item for path, item in paths.items() if item}


def check_security(document: Schema) -> None:
    """Check that every scheme that an operation requires is defined."""
    defined = set(document.get("components", {}).get("securitySchemes", {}))
    places = [("the document", document.get("security", []))]
    for path, item in document["paths"].items():
        places += [(f"{method.upper()} {path}", operation.get("security", [])) for method, operation in item.items()]
    for label, requirements in places:
        for name in {name for requirement in requirements for name in requirement} - defined:
            raise ValueError(f"{label} requires the security scheme {name!r}: define it in security_schemes")
