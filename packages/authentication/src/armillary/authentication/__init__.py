"""Authentication and authorization for any ASGI app.

>>> from armillary.authentication import AuthenticationMiddleware, BearerBackend, SimpleUser, requires
>>> async def check(token):
...     return SimpleUser("ada") if token == "s3cret" else None
>>> @requires("authenticated")
... async def dashboard(request):
...     return request.user.display_name
>>> async def app(scope, receive, send): ...
>>> app = AuthenticationMiddleware(app, BearerBackend(check))
"""

from ._backend import AuthenticationBackend, AuthenticationError
from ._basic import BasicBackend
from ._bearer import BearerBackend
from ._credentials import AuthCredentials, has_required_scope
from ._middleware import AuthenticationMiddleware
from ._requires import Requires, requires
from ._secret import same_secret
from ._session import SessionBackend
from ._user import BaseUser, SimpleUser, UnauthenticatedUser

__all__ = [
    "AuthCredentials",
    "AuthenticationBackend",
    "AuthenticationError",
    "AuthenticationMiddleware",
    "BaseUser",
    "BasicBackend",
    "BearerBackend",
    "Requires",
    "SessionBackend",
    "SimpleUser",
    "UnauthenticatedUser",
    "has_required_scope",
    "requires",
    "same_secret",
]
