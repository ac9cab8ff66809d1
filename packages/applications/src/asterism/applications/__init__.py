"""The application: routing, error handling, requests and WebSockets wired into one ASGI app.

>>> from asterism.applications import Asterism
>>> from asterism.http import JSONResponse
>>> from asterism.routing import Route
>>> async def homepage(request):
...     return JSONResponse({"hello": "world"})
>>> app = Asterism(debug=True, routes=[Route("/", homepage)])
"""

from ._application import Asterism

__all__ = ["Asterism"]
