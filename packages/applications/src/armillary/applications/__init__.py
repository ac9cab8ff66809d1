"""The application: routing, error handling, requests and WebSockets wired into one ASGI app.

>>> from armillary.applications import Armillary
>>> from armillary.http import JSONResponse
>>> from armillary.routing import Route
>>> async def homepage(request):
...     return JSONResponse({"hello": "world"})
>>> app = Armillary(debug=True, routes=[Route("/", homepage)])
"""

from ._application import Armillary

__all__ = ["Armillary"]
