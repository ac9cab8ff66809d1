"""The AsyncAPI document of an application: its WebSockets and its streams of server-sent events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from armillary.routing import BaseRoute, Route, WebSocketRoute

from .._endpoints import find_routes, guards_of
from ..schemas._components import Components
from ..schemas._constraints import Schema
from ..schemas._type_schemas import TypeSchemas
from ._arguments import check_lists, check_mappings
from ._channels import ChannelBuilder
from ._draft_07 import as_draft_07
from ._security import SecuritySchemes, as_asyncapi
from ._served_document import HasRoutes, ServedDocument
from ._typed_parts import with_schemas


class AsyncAPI(ServedDocument):
    """The AsyncAPI 3.0 document of an application: its WebSockets and its streams of server-sent events.

    A function of a WebSocket says by `Annotated[WebSocket, Messages(receives=..., sends=...)]` what its messages are;
    the items of a stream are those of its annotation. Path, query and headers of a handshake are described by the
    function's parameters. An operation is seen from the application: it receives what clients send.

    Args:
        app: an application or router, whose `routes` are described; None if `add_to` is called.
        title, version: of the API.
        description, terms_of_service, contact, license: more about it; the description is Markdown.
        servers: Server Objects by name, such as `{"production": {"host": "sky.example", "protocol": "wss"}}`.
        tags: Tag Objects.
        security_schemes: Security Scheme Objects by name; by default those that the application's backends of
            authentication have, such as `BearerBackend`.
        components: Components Objects to add.
        types: schemas of types that have none, or another than the one wanted.
        path: of the document in JSON; None to serve none.
        yaml_path: of the document in YAML; None to serve none.

    Raises:
        ValueError: a path does not start with "/".

    >>> from armillary.routing import Router, WebSocketRoute
    >>> async def chat(websocket):
    ...     '''Talk in a room.'''
    >>> router = Router([WebSocketRoute("/rooms/{room}", chat)])
    >>> AsyncAPI(router, "Chat", "1.0").document()["channels"]["rooms_by_room"]["address"]
    '/rooms/{room}'
    """

    route_name = "asyncapi"
    described_kinds: ClassVar[tuple[type[BaseRoute], ...]] = (Route, WebSocketRoute)

    def __init__(
        self,
        app: HasRoutes | None = None,
        title: str = "API",
        version: str = "0.1.0",
        *,
        description: str | None = None,
        terms_of_service: str | None = None,
        contact: Mapping[str, str] | None = None,
        license: Mapping[str, str] | None = None,
        servers: Mapping[str, Mapping[str, Any]] | None = None,
        tags: Sequence[Mapping[str, Any]] = (),
        security_schemes: Mapping[str, Mapping[str, Any]] | None = None,
        components: Mapping[str, Mapping[str, Any]] | None = None,
        types: Mapping[Any, Schema] | None = None,
        path: str | None = "/asyncapi.json",
        yaml_path: str | None = None,
    ) -> None:
        check_mappings(
            contact=contact, license=license, security_schemes=security_schemes, components=components, types=types
        )
        check_lists(tags=tags)
        super().__init__(app, path, yaml_path)
        info: Schema = {"title": title, "version": version, "description": description}
        info |= {"termsOfService": terms_of_service, "contact": contact, "license": license}
        info["tags"] = [dict(tag) for tag in tags] or None
        self.info: Schema = {key: value for key, value in info.items() if value is not None}
        self.servers: dict[str, Schema] = {name: dict(server) for name, server in (servers or {}).items()}
        self.security_schemes: Mapping[str, Mapping[str, Any]] | None = security_schemes
        self.components: Mapping[str, Mapping[str, Any]] = components or {}
        self.types = types

    def make(self) -> Schema:
        """Return the document of the routes there are now."""
        types = TypeSchemas(Components(), self.types)
        schemes = SecuritySchemes(self.security_schemes, self.app, as_asyncapi)
        builder = ChannelBuilder(types, schemes)
        for found in find_routes(self._routes(), guards=(*guards_of(self.app),), kinds=self.described_kinds):
            builder.add(found)
        document: Schema = {"asyncapi": "3.0.0", "info": self.info, "defaultContentType": "application/json"}
        if self.servers:
            document["servers"] = self.servers
        document["channels"] = builder.channels
        document["operations"] = builder.operations
        components: Schema = with_schemas(self.components, types, "output")
        if schemes.objects:
            components["securitySchemes"] = schemes.objects
        if components:
            document["components"] = components
        return as_draft_07(types.components.finish(document))

    def names_its_servers(self) -> bool:
        return bool(self.servers)

    def mounted(self, document: Schema, root_path: str) -> Schema:
        """Return the document with the addresses that channels have below a mount."""
        channels = {
            name: {**channel, "address": root_path + channel["address"]}
            for name, channel in document["channels"].items()
        }
        return {**document, "channels": channels}
