"""OpenAPI documents of routes, from their types and docstrings.

`OpenAPI` describes an application; it and its schemas are loaded when first asked for. `SchemaGenerator` makes a
document from docstrings alone:

>>> from armillary.http import JSONResponse
>>> from armillary.routing import Route
>>> from armillary.openapi import SchemaGenerator
>>> async def show_user(request):
...     \"\"\"
...     responses:
...       200:
...         description: A user.
...     \"\"\"
...     return JSONResponse({"name": "ada"})
>>> schemas = SchemaGenerator({"openapi": "3.2.0", "info": {"title": "Users", "version": "1"}})
>>> list(schemas.get_schema([Route("/users/{id:int}", show_user)])["paths"])
['/users/{id}']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._docstring import DocstringError
from ._endpoints import EndpointInfo
from ._generator import BaseSchemaGenerator, SchemaGenerator
from ._page import SchemaPage
from ._response import OpenAPIResponse

if TYPE_CHECKING:
    from .document import AsyncAPI, DescribedRoute, OpenAPI, default_operation_id
    from .pages import Page, Redoc, SwaggerUI
else:

    def __getattr__(name: str) -> object:
        """Load the half for typed routes when one of its names is asked for."""
        from importlib import import_module

        module = {"Page": "pages", "Redoc": "pages", "SwaggerUI": "pages"}.get(name, "document")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{module}", __name__), name)


__all__ = [
    "AsyncAPI",
    "BaseSchemaGenerator",
    "DescribedRoute",
    "DocstringError",
    "EndpointInfo",
    "OpenAPI",
    "OpenAPIResponse",
    "Page",
    "Redoc",
    "SchemaGenerator",
    "SchemaPage",
    "SwaggerUI",
    "default_operation_id",
]
