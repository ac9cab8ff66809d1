"""`starlette.schemas`: path parameters are described only if a docstring does so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from armillary.openapi import (
    BaseSchemaGenerator as NativeBase,
    OpenAPIResponse as NativeOpenAPIResponse,
    SchemaGenerator as NativeSchemaGenerator,
)
from armillary.routing import BaseRoute as NativeBaseRoute

from .responses import Response

__all__ = ["BaseSchemaGenerator", "EndpointInfo", "OpenAPIResponse", "SchemaGenerator"]


class EndpointInfo(NamedTuple):
    """One operation, of three fields, since programs unpack them."""

    path: str
    http_method: str
    func: Callable[..., Any]


class OpenAPIResponse(NativeOpenAPIResponse, Response):
    """The document as YAML, as a response of Starlette's."""


class BaseSchemaGenerator(NativeBase):
    """The base of generators."""

    def get_endpoints(self, routes: Iterable[NativeBaseRoute]) -> list[Any]:
        """Return every operation as an `EndpointInfo`, including those below mounts and hosts."""
        return [EndpointInfo(found.path, found.http_method, found.func) for found in super().get_endpoints(routes)]


class SchemaGenerator(NativeSchemaGenerator, BaseSchemaGenerator):
    """The native generator, adding nothing to what docstrings say."""

    describes_path_parameters = False
