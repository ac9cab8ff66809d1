"""`starlette.schemas`: path parameters are described only if a docstring does so."""

from __future__ import annotations

from armillary.openapi import (
    BaseSchemaGenerator,
    EndpointInfo,
    OpenAPIResponse,
    SchemaGenerator as NativeSchemaGenerator,
)

__all__ = ["BaseSchemaGenerator", "EndpointInfo", "OpenAPIResponse", "SchemaGenerator"]


class SchemaGenerator(NativeSchemaGenerator):
    """The native generator, adding nothing to what docstrings say."""

    describes_path_parameters = False
