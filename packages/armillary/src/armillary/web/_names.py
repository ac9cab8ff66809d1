"""Which part has a name, and what to install for it."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

PARTS: Final = {
    "AccessLogMiddleware": "logging",
    "Armillary": "applications",
    "AsyncAPI": "openapi",
    "AsyncTestClient": "testing",
    "AuthCredentials": "authentication",
    "AuthenticationBackend": "authentication",
    "AuthenticationError": "authentication",
    "AuthenticationMiddleware": "authentication",
    "BackgroundTask": "background",
    "BackgroundTasks": "background",
    "BaseUser": "authentication",
    "BasicBackend": "authentication",
    "BearerBackend": "authentication",
    "Body": "binding",
    "CORSMiddleware": "cors",
    "CSRFMiddleware": "security",
    "CallNext": "middleware",
    "Channels": "channels",
    "CommaSeparatedStrings": "config",
    "CompressionMiddleware": "compression",
    "Config": "config",
    "Cookie": "binding",
    "Database": "sqlalchemy",
    "DatabaseSession": "sqlalchemy",
    "Depends": "binding",
    "DispatchMiddleware": "middleware",
    "EventSourceResponse": "http",
    "EventStream": "binding",
    "File": "binding",
    "FileResponse": "http",
    "Form": "binding",
    "FormData": "http",
    "GZipMiddleware": "compression",
    "GraphQL": "graphql",
    "GraphQLContext": "graphql",
    "HTMLResponse": "http",
    "HTTPEndpoint": "http",
    "HTTPException": "asgi_types",
    "HTTPSRedirectMiddleware": "security",
    "Header": "binding",
    "Headers": "datastructures",
    "Host": "routing",
    "IdempotencyMiddleware": "idempotency",
    "Injection": "injection",
    "InjectionMiddleware": "injection",
    "JSONLinesResponse": "http",
    "JSONResponse": "http",
    "Jinja2Templates": "templating",
    "Messages": "binding",
    "Middleware": "asgi_types",
    "Mount": "routing",
    "OpenAPI": "openapi",
    "OpenTelemetryMiddleware": "telemetry",
    "OriginMiddleware": "websockets",
    "PartStream": "http",
    "Path": "binding",
    "PlainTextResponse": "http",
    "Policy": "binding",
    "ProblemException": "http",
    "ProblemResponse": "http",
    "ProxyHeadersMiddleware": "security",
    "Query": "binding",
    "QueryParams": "datastructures",
    "RateLimitMiddleware": "ratelimit",
    "RedirectResponse": "http",
    "Redoc": "openapi",
    "Request": "http",
    "RequestBodyLimitMiddleware": "resilience",
    "RequestDecompressionMiddleware": "compression",
    "RequestIDMiddleware": "logging",
    "Requires": "authentication",
    "Response": "http",
    "Route": "routing",
    "Router": "routing",
    "Rule": "ratelimit",
    "Secret": "config",
    "SecurityHeadersMiddleware": "security",
    "ServerSentEvent": "http",
    "ServerSessionMiddleware": "sessions",
    "Session": "sessions",
    "SessionBackend": "authentication",
    "SessionMiddleware": "sessions",
    "SimpleUser": "authentication",
    "State": "datastructures",
    "StaticFiles": "staticfiles",
    "Stopping": "background",
    "StreamingResponse": "http",
    "SwaggerUI": "openapi",
    "Tasks": "tasks",
    "TasksMiddleware": "tasks",
    "TestClient": "testing",
    "TimeoutMiddleware": "resilience",
    "TransactionMiddleware": "sqlalchemy",
    "TrustedHostMiddleware": "security",
    "URL": "datastructures",
    "UnauthenticatedUser": "authentication",
    "UploadFile": "http",
    "ValidationError": "serialization",
    "WebSocket": "websockets",
    "WebSocketDisconnect": "websockets",
    "WebSocketEndpoint": "websockets",
    "WebSocketException": "asgi_types",
    "WebSocketRoute": "routing",
    "csrf_token": "security",
    "database_session": "sqlalchemy",
    "inject": "injection",
    "logging_config": "logging",
    "problem_details": "http",
    "requires": "authentication",
    "run_in_threadpool": "concurrency",
}
"""The part of each name."""

EXTRAS: Final = frozenset(
    ("channels", "graphql", "idempotency", "injection", "ratelimit", "sqlalchemy", "tasks", "telemetry", "testing")
)
"""Parts that `pip install armillary` does not bring."""


OTHERS: Final = {
    "APIRouter": "Router",
    "BaseHTTPMiddleware": "DispatchMiddleware",
    "BaseModel": "a msgspec.Struct, or pydantic's BaseModel",
    "Blueprint": "Router",
    "FastAPI": "Armillary",
    "Field": "msgspec.Meta, or pydantic's Field",
    "Flask": "Armillary",
    "HTTPBasic": "BasicBackend",
    "HTTPBearer": "BearerBackend",
    "HttpResponse": "Response",
    "Litestar": "Armillary",
    "OAuth2PasswordBearer": "BearerBackend",
    "Quart": "Armillary",
    "Security": "Depends",
    "Starlette": "Armillary",
    "TemplateResponse": "Jinja2Templates(folder).TemplateResponse(request, name, context)",
    "View": "HTTPEndpoint",
    "abort": "HTTPException, and raise it",
    "get_object_or_404": "HTTPException(404), and raise it",
    "jsonify": "JSONResponse, or return the data",
    "login_required": "requires('authenticated')",
    "make_response": "Response",
    "path": "Route",
    "re_path": "Route",
    "redirect": "RedirectResponse",
    "render": "Jinja2Templates(folder).TemplateResponse(request, name, context)",
    "render_template": "Jinja2Templates(folder).TemplateResponse(request, name, context)",
    "request": "the parameter `request: Request` of the function",
    "send_file": "FileResponse",
    "send_from_directory": "StaticFiles",
    "session": "request.session",
    "status": "the number, such as 404, or http.HTTPStatus",
    "url_for": "request.url_for(name)",
}
"""What to write for the names of other frameworks."""


def load(name: str) -> Any:
    """Return what a name stands for, and keep it in the module.

    Raises:
        AttributeError: there is no such name.
        ImportError: its part is not installed.
    """
    part = PARTS.get(name)
    if part is None:
        # `from armillary.web import name` asks the import system first, which drops the text of an AttributeError.
        is_import = sys._getframe(1).f_globals.get("__name__") == "importlib._bootstrap"  # pyright: ignore[reportPrivateUsage]
        if is_import and not name.startswith("_"):
            raise ImportError(f"cannot import name {name!r} from 'armillary.web'{_suggestion(name)}", name=__package__)
        raise AttributeError(f"module 'armillary.web' has no attribute {name!r}{_suggestion(name)}")
    try:
        module = import_module(f"armillary.{part}")
    except ModuleNotFoundError as exc:
        if exc.name is None:
            raise
        distribution = f"armillary-{part.replace('_', '-')}"
        command = f'pip install "armillary[{part}]"' if part in EXTRAS else f"pip install {distribution}"
        missing = distribution if exc.name.startswith("armillary") else exc.name
        raise ImportError(f"armillary.web.{name} needs {missing}, which is not installed: {command}") from exc
    value: Any = getattr(module, name)
    setattr(sys.modules["armillary.web"], name, value)
    return value


def _suggestion(name: str) -> str:
    from difflib import get_close_matches

    if name in OTHERS:
        return f"; write {OTHERS[name]}"
    same = [known for known in PARTS if known.casefold() == name.casefold()]
    close = same or get_close_matches(name, PARTS, 1)
    return f"; did you mean {close[0]!r}?" if close else ""
