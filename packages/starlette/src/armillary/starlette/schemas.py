"""`starlette.schemas`: path parameters are described only if a docstring does so."""

from __future__ import annotations

# Names in the annotations of EndpointInfo, whose module this becomes.
from collections.abc import Callable, Mapping  # noqa: F401  # pyright: ignore[reportUnusedImport]
from typing import Any  # noqa: F401  # pyright: ignore[reportUnusedImport]

from armillary.openapi import (
    BaseSchemaGenerator,
    EndpointInfo,
    OpenAPIResponse as NativeOpenAPIResponse,
    SchemaGenerator as NativeSchemaGenerator,
)

from .responses import Response

__all__ = ["BaseSchemaGenerator", "EndpointInfo", "OpenAPIResponse", "SchemaGenerator"]


class OpenAPIResponse(NativeOpenAPIResponse, Response):
    """The document as YAML, as a response of Starlette's."""


class SchemaGenerator(NativeSchemaGenerator):
    """The native generator, adding nothing to what docstrings say."""

    describes_path_parameters = False
