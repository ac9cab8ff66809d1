"""What other frameworks call the parts of an application, for the errors of those who come from one."""

from __future__ import annotations

from typing import Any, Final

METHODS: Final = {
    "add_api_route": "app.add_route(path, endpoint)",
    "add_event_handler": "Armillary(lifespan=...)",
    "add_url_rule": "app.add_route(path, endpoint)",
    "after_request": "app.add_middleware(DispatchMiddleware, dispatch=...)",
    "api_route": "app.route(path, methods)",
    "before_request": "app.add_middleware(DispatchMiddleware, dispatch=...)",
    "config": "Config('.env'), from armillary.config",
    "context_processor": "Jinja2Templates(folder, context_processors=[...])",
    "errorhandler": "Armillary(exception_handlers={...})",
    "exception_handler": "Armillary(exception_handlers={...})",
    "include_router": "app.include(router, prefix)",
    "listen": "`armillary run app:app` on the command line",
    "middleware": "app.add_middleware(DispatchMiddleware, dispatch=the_function)",
    "logger": "logging.getLogger(__name__)",
    "on_event": "Armillary(lifespan=...)",
    "openapi": "Armillary(openapi=OpenAPI(...)), which serves /openapi.json",
    "register_blueprint": "app.include(router, prefix)",
    "reverse": "app.url_path_for(name)",
    "run": "`armillary run app:app` on the command line",
    "test_client": "TestClient(app)",
    "test_request_context": "TestClient(app)",
    "url_for": "request.url_for(name), or app.url_path_for(name) for the path alone",
    "use": "app.add_middleware(TheClass, ...) for middleware, app.mount(path, the_app) for an application",
    "websocket_route": "app.websocket(path)",
}
ARGUMENTS: Final = {
    "description": "openapi=OpenAPI(description=...)",
    "docs_url": "openapi=OpenAPI(...)",
    "exception_handler": "exception_handlers={...}",
    "on_shutdown": "lifespan=...",
    "on_startup": "lifespan=...",
    "title": "openapi=OpenAPI(title=...)",
    "version": "openapi=OpenAPI(version=...)",
}


def missing_attribute(app: Any, name: str) -> AttributeError:
    """Return the error for an attribute that an application does not have."""
    name_of_class: str = type(app).__name__
    problem = f"{name_of_class!r} object has no attribute {name!r}"
    if name in METHODS:
        problem += f": write {METHODS[name]}"
    return AttributeError(problem, name=name, obj=app)
