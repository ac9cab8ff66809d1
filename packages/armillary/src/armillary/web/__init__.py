"""The front door: every name that a program's author uses daily, from one module.

A part is imported when one of its names is first used; if it is not installed, the error has the pip command.

>>> from armillary.web import Armillary, JSONResponse, Request, Route
>>> async def homepage(request: Request) -> JSONResponse:
...     return JSONResponse({"hello": "world"})
>>> app = Armillary(routes=[Route("/", homepage)])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from armillary.applications import (
        Armillary,
    )
    from armillary.asgi_types import (
        HTTPException,
        Middleware,
        WebSocketException,
    )
    from armillary.authentication import (
        AuthCredentials,
        AuthenticationBackend,
        AuthenticationError,
        AuthenticationMiddleware,
        BaseUser,
        BasicBackend,
        BearerBackend,
        Requires,
        SessionBackend,
        SimpleUser,
        UnauthenticatedUser,
        requires,
    )
    from armillary.background import (
        BackgroundTask,
        BackgroundTasks,
        Stopping,
    )
    from armillary.binding import (
        Body,
        Cookie,
        Depends,
        EventStream,
        File,
        Form,
        Header,
        Messages,
        Path,
        Policy,
        Query,
    )
    from armillary.channels import (
        Channels,
    )
    from armillary.compression import (
        CompressionMiddleware,
        GZipMiddleware,
        RequestDecompressionMiddleware,
    )
    from armillary.concurrency import (
        run_in_threadpool,
    )
    from armillary.config import (
        CommaSeparatedStrings,
        Config,
        Secret,
    )
    from armillary.cors import (
        CORSMiddleware,
    )
    from armillary.datastructures import (
        URL,
        Headers,
        QueryParams,
        State,
    )
    from armillary.graphql import (
        GraphQL,
        GraphQLContext,
    )
    from armillary.http import (
        EventSourceResponse,
        FileResponse,
        FormData,
        HTMLResponse,
        HTTPEndpoint,
        JSONLinesResponse,
        JSONResponse,
        PartStream,
        PlainTextResponse,
        ProblemException,
        ProblemResponse,
        RedirectResponse,
        Request,
        Response,
        ServerSentEvent,
        StreamingResponse,
        UploadFile,
        problem_details,
    )
    from armillary.idempotency import (
        IdempotencyMiddleware,
    )
    from armillary.injection import (
        Injection,
        InjectionMiddleware,
        inject,
    )
    from armillary.logging import (
        AccessLogMiddleware,
        RequestIDMiddleware,
        logging_config,
    )
    from armillary.middleware import (
        CallNext,
        DispatchMiddleware,
    )
    from armillary.openapi import (
        AsyncAPI,
        OpenAPI,
        Redoc,
        SwaggerUI,
    )
    from armillary.ratelimit import (
        RateLimitMiddleware,
        Rule,
    )
    from armillary.resilience import (
        RequestBodyLimitMiddleware,
        TimeoutMiddleware,
    )
    from armillary.routing import (
        Host,
        Mount,
        Route,
        Router,
        WebSocketRoute,
    )
    from armillary.security import (
        CSRFMiddleware,
        HTTPSRedirectMiddleware,
        ProxyHeadersMiddleware,
        SecurityHeadersMiddleware,
        TrustedHostMiddleware,
        csrf_token,
    )
    from armillary.serialization import (
        ValidationError,
    )
    from armillary.sessions import (
        ServerSessionMiddleware,
        Session,
        SessionMiddleware,
    )
    from armillary.sqlalchemy import (
        Database,
        DatabaseSession,
        TransactionMiddleware,
        database_session,
    )
    from armillary.staticfiles import (
        StaticFiles,
    )
    from armillary.tasks import (
        Tasks,
        TasksMiddleware,
    )
    from armillary.telemetry import (
        OpenTelemetryMiddleware,
    )
    from armillary.templating import (
        Jinja2Templates,
    )
    from armillary.testing import (
        AsyncTestClient,
        TestClient,
    )
    from armillary.websockets import (
        OriginMiddleware,
        WebSocket,
        WebSocketDisconnect,
        WebSocketEndpoint,
    )
else:
    from ._names import load as __getattr__  # noqa: F401

__all__ = [
    "URL",
    "AccessLogMiddleware",
    "Armillary",
    "AsyncAPI",
    "AsyncTestClient",
    "AuthCredentials",
    "AuthenticationBackend",
    "AuthenticationError",
    "AuthenticationMiddleware",
    "BackgroundTask",
    "BackgroundTasks",
    "BaseUser",
    "BasicBackend",
    "BearerBackend",
    "Body",
    "CORSMiddleware",
    "CSRFMiddleware",
    "CallNext",
    "Channels",
    "CommaSeparatedStrings",
    "CompressionMiddleware",
    "Config",
    "Cookie",
    "Database",
    "DatabaseSession",
    "Depends",
    "DispatchMiddleware",
    "EventSourceResponse",
    "EventStream",
    "File",
    "FileResponse",
    "Form",
    "FormData",
    "GZipMiddleware",
    "GraphQL",
    "GraphQLContext",
    "HTMLResponse",
    "HTTPEndpoint",
    "HTTPException",
    "HTTPSRedirectMiddleware",
    "Header",
    "Headers",
    "Host",
    "IdempotencyMiddleware",
    "Injection",
    "InjectionMiddleware",
    "JSONLinesResponse",
    "JSONResponse",
    "Jinja2Templates",
    "Messages",
    "Middleware",
    "Mount",
    "OpenAPI",
    "OpenTelemetryMiddleware",
    "OriginMiddleware",
    "PartStream",
    "Path",
    "PlainTextResponse",
    "Policy",
    "ProblemException",
    "ProblemResponse",
    "ProxyHeadersMiddleware",
    "Query",
    "QueryParams",
    "RateLimitMiddleware",
    "RedirectResponse",
    "Redoc",
    "Request",
    "RequestBodyLimitMiddleware",
    "RequestDecompressionMiddleware",
    "RequestIDMiddleware",
    "Requires",
    "Response",
    "Route",
    "Router",
    "Rule",
    "Secret",
    "SecurityHeadersMiddleware",
    "ServerSentEvent",
    "ServerSessionMiddleware",
    "Session",
    "SessionBackend",
    "SessionMiddleware",
    "SimpleUser",
    "State",
    "StaticFiles",
    "Stopping",
    "StreamingResponse",
    "SwaggerUI",
    "Tasks",
    "TasksMiddleware",
    "TestClient",
    "TimeoutMiddleware",
    "TransactionMiddleware",
    "TrustedHostMiddleware",
    "UnauthenticatedUser",
    "UploadFile",
    "ValidationError",
    "WebSocket",
    "WebSocketDisconnect",
    "WebSocketEndpoint",
    "WebSocketException",
    "WebSocketRoute",
    "csrf_token",
    "database_session",
    "inject",
    "logging_config",
    "problem_details",
    "requires",
    "run_in_threadpool",
]


def __dir__() -> list[str]:
    return __all__
