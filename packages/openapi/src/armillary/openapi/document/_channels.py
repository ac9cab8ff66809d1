"""Channels and operations of an AsyncAPI document: one channel for each WebSocket and stream of events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from armillary.routing import Route

from .._docstring import parse_docstring
from .._endpoints import FoundRoute
from ..schemas._constraints import Schema
from ..schemas._fields import Mode
from ..schemas._type_schemas import TypeSchemas
from ._described_route import DescribedRoute, find_layer, handled_methods
from ._parameters import parameters_of
from ._responses import EVENTS, response_media_type, return_annotation
from ._security import SecuritySchemes, security_requirements

WEBSOCKET_BINDING: Final = "0.1.0"
HTTP_BINDING: Final = "0.3.0"


class ChannelBuilder:
    """Collects the channels and operations of one document.

    Args:
        types: makes the schemas.
        schemes: the security schemes.

    Attributes:
        channels, operations: the objects, by name.
    """

    def __init__(self, types: TypeSchemas, schemes: SecuritySchemes) -> None:
        self.types = types
        self.schemes = schemes
        self.channels: dict[str, Schema] = {}
        self.operations: dict[str, Schema] = {}

    def add(self, found: FoundRoute) -> None:
        """Describe a route that is a WebSocket or a stream of events; any other is left out.

        Raises:
            TypeError: a type has no schema; the message names the route.
            ValueError: it requires a security scheme that is not defined.
        """
        bound = find_layer(found.route, "signature", "endpoint")
        signature = getattr(bound, "signature", None)
        if not isinstance(found.route, Route):
            function = found.route.endpoint if bound is None else bound.endpoint
            self._describe(found, function, signature, "websocket")
            return
        for method, function in handled_methods(found):
            if method == "get" and sends_events(signature, function):
                self._describe(found, function if bound is None else bound.endpoint, signature, "get")

    def _describe(self, found: FoundRoute, function: Any, signature: Any, method: str) -> None:
        options: Mapping[str, Any] = getattr(found.route, "operation", None) or {}
        if options.get("include_in_schema", True) is False:
            return
        route = DescribedRoute(
            found.path, method, function, found.convertors, signature, options, found.route, found.guards, found.schemes
        )
        try:
            name = self._channel_name(found.path)
            messages = self._messages(route)
            self.channels[name] = self._channel(route, messages)
            self._add_operations(route, name, messages)
        except TypeError as exc:
            raise TypeError(f"{route.label}: {exc}") from exc

    def _channel_name(self, path: str) -> str:
        parts = [re.sub(r"^\{(.*)\}$", r"by_\1", part) for part in path.strip("/").split("/")]
        base = re.sub(r"[^A-Za-z0-9_-]", "_", "_".join(parts)) or "root"
        name, number = base, 2
        while name in self.channels:
            name, number = f"{base}_{number}", number + 1
        return name

    def _messages(self, route: DescribedRoute) -> dict[str, Schema]:
        """Return the messages of a channel by what is done with them, "receive" or "send"."""
        if route.method != "websocket":
            item = getattr(getattr(route.signature, "streams", None), "item", None)
            if item is None or getattr(item, "__name__", "") == "ServerSentEvent":
                return {"send": text_message()}
            return {"send": self._message(item, "output")}
        written = getattr(route.signature, "messages", None)
        if written is None:
            return {"receive": {"name": "message"}, "send": {"name": "message"}}
        found: dict[str, Schema] = {}
        if written.receives is not None:
            found["receive"] = self._message(written.receives, "input")
        if written.sends is not None:
            found["send"] = self._message(written.sends, "output")
        return found

    def _message(self, type_: Any, mode: Mode) -> Schema:
        if type_ in (bytes, bytearray):
            return {"name": "message", "contentType": "application/octet-stream", "payload": {"type": "string"}}
        return {"name": getattr(type_, "__name__", "message"), "payload": self.types.schema(type_, mode)}

    def _channel(self, route: DescribedRoute, messages: dict[str, Schema]) -> Schema:
        channel: Schema = {"address": route.path, **route.texts()}
        channel["messages"] = {f"{action}Message": message for action, message in messages.items()}
        parameters = parameters_of(route, self.types)
        described = {item["name"]: channel_parameter(item) for item in parameters if item["in"] == "path"}
        if described:
            channel["parameters"] = described
        if route.method == "websocket":
            binding: Schema = {"method": "GET", "bindingVersion": WEBSOCKET_BINDING}
            for key, part in (("query", "query"), ("headers", "header")):
                if members := object_of(parameters, part):
                    binding[key] = members
            channel["bindings"] = {"ws": binding}
        return channel

    def _add_operations(self, route: DescribedRoute, name: str, messages: dict[str, Schema]) -> None:
        reference = f"#/channels/{name}"
        for action in messages:
            operation: Schema = {"action": action, "channel": {"$ref": reference}, **route.texts()}
            operation |= {key: str(route.options[key]) for key in ("summary", "description") if route.options.get(key)}
            operation["messages"] = [{"$ref": f"{reference}/messages/{action}Message"}]
            if route.options.get("external_docs"):
                operation["externalDocs"] = dict(route.options["external_docs"])
            if route.options.get("tags"):
                operation["tags"] = [{"name": str(tag)} for tag in route.options["tags"]]
            operation |= self._security(route)
            if route.method != "websocket":
                binding: Schema = {"method": "GET", "bindingVersion": HTTP_BINDING}
                if query := object_of(parameters_of(route, self.types), "query"):
                    binding["query"] = query
                operation["bindings"] = {"http": binding}
            written = parse_docstring(route.function, route.label)
            operation |= {key: value for key, value in written.items() if key in ("summary", "description")}
            self.operations[f"{action}_{name}"] = operation

    def _security(self, route: DescribedRoute) -> Schema:
        """Return the schemes that a route requires.

        In AsyncAPI each is enough by itself, so an extension says which are required together.
        """
        given = route.options.get("security")
        if given is None and (route.required_scopes or route.requires_user):
            given = self.schemes.names_for(route.schemes)
        required = security_requirements(given or ())
        names = list(dict.fromkeys(scheme for item in required for scheme in item))
        for name in names:
            if name not in self.schemes.objects:
                raise ValueError(
                    f"{route.label} requires the security scheme {name!r}: define it in security_schemes of AsyncAPI"
                )
        found: Schema = {}
        if names:
            found["security"] = [{"$ref": f"#/components/securitySchemes/{name}"} for name in names]
        if together := [[*item] for item in required if len(item) > 1]:
            found["x-required-together"] = together
        return found


def sends_events(signature: Any, function: Any) -> bool:
    """Return whether a function responds with a stream of server-sent events."""
    streams = getattr(signature, "streams", None)
    if streams is not None:
        return bool(streams.kind == "sse")
    return response_media_type(return_annotation(function)) == EVENTS


def text_message() -> Schema:
    """Return the message of a stream whose events are made by the function itself."""
    return {"name": "event", "contentType": EVENTS, "payload": {"type": "string"}}


def channel_parameter(parameter: Schema) -> Schema:
    """Return the Parameter Object of a channel, which is a text: its schema can only list values."""
    schema: Schema = parameter["schema"]
    found: Schema = {"description": parameter["description"]} if "description" in parameter else {}
    if "enum" in schema:
        found["enum"] = [str(value) for value in schema["enum"]]
    return found


def object_of(parameters: list[Schema], source: str) -> Schema:
    """Return the schema of an object with the parameters of one part of the request; empty if there are none."""
    own = [item for item in parameters if item["in"] == source]
    if not own:
        return {}
    schema: Schema = {"type": "object", "properties": {item["name"]: with_description(item) for item in own}}
    required = [item["name"] for item in own if item["required"]]
    return {**schema, "required": required} if required else schema


def with_description(parameter: Schema) -> Schema:
    texts = {key: parameter[key] for key in ("description", "deprecated") if key in parameter}
    return {**parameter["schema"], **texts}
