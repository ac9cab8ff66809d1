"""Jinja templates for ASGI requests: escaped by default, async and streaming.

>>> from armillary.http import Request
>>> from armillary.templating import Jinja2Templates
>>> from jinja2 import DictLoader, Environment
>>> pages = DictLoader({"hello.html": "<p>Hello {{ name }}</p>"})
>>> templates = Jinja2Templates(env=Environment(loader=pages, autoescape=True))
>>> request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
>>> templates.TemplateResponse(request, "hello.html", {"name": "<Vega>"}).body
b'<p>Hello &lt;Vega&gt;</p>'
"""

from ._page_globals import StaticVersions
from ._template_response import AsyncTemplateResponse, StreamingTemplateResponse, TemplateResponse
from ._templates import ContextProcessor, Directory, Jinja2Templates

__all__ = [
    "AsyncTemplateResponse",
    "ContextProcessor",
    "Directory",
    "Jinja2Templates",
    "StaticVersions",
    "StreamingTemplateResponse",
    "TemplateResponse",
]
