"""What other frameworks call the arguments of routes and routers, for the errors of those who come from one."""

from __future__ import annotations

from typing import Final

OF_ROUTE: Final = {
    "defaults": "defaults of the function's parameters",
    "endpoint": "name=...",
    "generate_unique_id_function": "OpenAPI(operation_id=...)",
    "openapi_extra": "YAML after `---` in the docstring",
    "response_class": "the class as what the function returns, as in `-> HTMLResponse`, and return one",
    "response_description": "responses={200: ...}",
    "response_model": "what the function returns as its annotation, as in `-> Star`",
    "response_model_exclude_defaults": "a struct with omit_defaults as what the function returns",
    "response_model_exclude_none": "a struct with omit_defaults as what the function returns",
    "response_model_exclude_unset": "a struct with omit_defaults as what the function returns",
    "strict_slashes": "Router(redirect_slashes=...)",
}
OF_ROUTER: Final = {
    "on_shutdown": "lifespan=...",
    "on_startup": "lifespan=...",
    "prefix": "app.include(router, prefix), or app.group(prefix)",
    "responses": "responses=... of each route",
    "tags": "app.include(router, prefix, tags=[...])",
    "url_prefix": "app.include(router, prefix), or app.group(prefix)",
}
