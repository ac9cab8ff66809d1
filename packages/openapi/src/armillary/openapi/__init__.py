"""OpenAPI documents from the docstrings of routes.

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

from ._docstring import DocstringError
from ._endpoints import EndpointInfo
from ._generator import BaseSchemaGenerator, SchemaGenerator
from ._page import SchemaPage
from ._response import OpenAPIResponse

__all__ = [
    "BaseSchemaGenerator",
    "DocstringError",
    "EndpointInfo",
    "OpenAPIResponse",
    "SchemaGenerator",
    "SchemaPage",
]
