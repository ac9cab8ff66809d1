"""Dependency injection for ASGI endpoints, on dishka.

>>> from dishka import Provider, Scope, provide
>>> from armillary.http import PlainTextResponse, request_response
>>> from armillary.injection import Injection, InjectionMiddleware, inject
>>> class Greeter:
...     def greet(self, name: str) -> str:
...         return f"Hello, {name}"
>>> class Services(Provider):
...     greeter = provide(Greeter, scope=Scope.REQUEST)
>>> @inject
... async def hello(greeter: Greeter, name: str = "world") -> PlainTextResponse:
...     return PlainTextResponse(greeter.greet(name))
>>> app = InjectionMiddleware(request_response(hello), Injection(Services()))
"""

from ._errors import InjectionError
from ._inject import inject
from ._injection import Injection, override
from ._middleware import InjectionMiddleware
from ._scope import message_scope, task_scope

__all__ = ["Injection", "InjectionError", "InjectionMiddleware", "inject", "message_scope", "override", "task_scope"]
