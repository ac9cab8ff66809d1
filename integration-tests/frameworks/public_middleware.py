"""Every public middleware of ours, found by walking the installed packages, so that a new one is tested everywhere.

One that cannot be constructed with the application alone, and has no arguments here, fails.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import armillary
from armillary.middleware import MessageHooks


class NoUserBackend:
    """An authentication backend that authenticates no one."""

    async def authenticate(self, conn: Any) -> None:
        return None


async def passing(request: Any, call_next: Any) -> Any:
    return await call_next(request)


def arguments() -> dict[str, dict[str, Any]]:
    from dishka import Provider

    from armillary.injection import Injection
    from armillary.sessions import MemoryStore
    from armillary.sqlalchemy import Database
    from armillary.tasks import Tasks

    return {
        "AuthenticationMiddleware": {"backend": NoUserBackend()},
        "CORSMiddleware": {"allow_origins": ["https://friend.example"]},
        "DispatchMiddleware": {"dispatch": passing},
        "HTTPSRedirectMiddleware": {},
        "OriginMiddleware": {},
        "InjectionMiddleware": {"injection": Injection(Provider())},
        "RateLimitMiddleware": {"rules": "1000/minute"},
        "RequestBodyLimitMiddleware": {"max_body_size": 2**20},
        "ServerSessionMiddleware": {"store": MemoryStore()},
        "SessionMiddleware": {"secret_key": "a key for these tests alone"},
        "TasksMiddleware": {"tasks": Tasks()},
        "TimeoutMiddleware": {"seconds": 30},
        "TransactionMiddleware": {"source": Database("sqlite+aiosqlite://")},
        "TrustedHostMiddleware": {"allowed_hosts": ["testserver"]},
    }


def middleware() -> dict[str, type[Any]]:
    """Return every public middleware class of every installed package, the drop-in's apart."""
    found: dict[str, type[Any]] = {"armillary.middleware.MessageHooks": MessageHooks}
    for package in pkgutil.iter_modules(armillary.__path__, "armillary."):
        # The record of a middleware, namesakes, and names that other packages have.
        if package.name in ("armillary.asgi_types", "armillary.starlette", "armillary.web"):
            continue
        module = importlib.import_module(package.name)
        for name in getattr(module, "__all__", ()):
            if name.endswith("Middleware") and isinstance(value := getattr(module, name), type):
                found[f"{package.name}.{name}"] = value
    return found


MIDDLEWARE = middleware()
ARGUMENTS = arguments()


def around(name: str, app: Any) -> Any:
    """Return the middleware of this name around an application."""
    return MIDDLEWARE[name](app, **ARGUMENTS.get(name.rpartition(".")[2], {}))
