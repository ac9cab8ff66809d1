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
        AuthenticationMiddleware,
        BaseUser,
        BasicBackend,
        BearerBackend,
        Requires,
        SessionBackend,
        SimpleUser,
        requires,
    )
    from armillary.background import (
        BackgroundTask,
        BackgroundTasks,
    )
    from armillary.binding import (
        Body,
        Cookie,
        Depends,
        EventStream,
        File,
        Form,
        Header,
        Path,
        Policy,
        Query,
    )
    from armillary.compression import (
        CompressionMiddleware,
        GZipMiddleware,
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
    from armillary.injection import (
        Injection,
        InjectionMiddleware,
        inject,
    )
    from armillary.middleware import (
        CallNext,
        DispatchMiddleware,
    )
    from armillary.openapi import (
        OpenAPI,
        Redoc,
        SwaggerUI,
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
        SecurityHeadersMiddleware,
        TrustedHostMiddleware,
    )
    from armillary.serialization import (
        ValidationError,
    )
    from armillary.sessions import (
        Session,
        SessionMiddleware,
    )
    from armillary.staticfiles import (
        StaticFiles,
    )
    from armillary.templating import (
        Jinja2Templates,
    )
    from armillary.testing import (
        AsyncTestClient,
        TestClient,
    )
    from armillary.websockets import (
        WebSocket,
        WebSocketDisconnect,
        WebSocketEndpoint,
    )
else:
    from ._names import load as __getattr__  # noqa: F401

__all__ = [
    "URL",
    "Armillary",
    "AsyncTestClient",
    "AuthCredentials",
    "AuthenticationBackend",
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
    "CommaSeparatedStrings",
    "CompressionMiddleware",
    "Config",
    "Cookie",
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
    "HTMLResponse",
    "HTTPEndpoint",
    "HTTPException",
    "HTTPSRedirectMiddleware",
    "Header",
    "Headers",
    "Host",
    "Injection",
    "InjectionMiddleware",
    "JSONLinesResponse",
    "JSONResponse",
    "Jinja2Templates",
    "Middleware",
    "Mount",
    "OpenAPI",
    "PartStream",
    "Path",
    "PlainTextResponse",
    "Policy",
    "ProblemException",
    "ProblemResponse",
    "Query",
    "QueryParams",
    "RedirectResponse",
    "Redoc",
    "Request",
    "Requires",
    "Response",
    "Route",
    "Router",
    "Secret",
    "SecurityHeadersMiddleware",
    "ServerSentEvent",
    "Session",
    "SessionBackend",
    "SessionMiddleware",
    "SimpleUser",
    "State",
    "StaticFiles",
    "StreamingResponse",
    "SwaggerUI",
    "TestClient",
    "TrustedHostMiddleware",
    "UploadFile",
    "ValidationError",
    "WebSocket",
    "WebSocketDisconnect",
    "WebSocketEndpoint",
    "WebSocketException",
    "WebSocketRoute",
    "inject",
    "problem_details",
    "requires",
    "run_in_threadpool",
]


def __dir__() -> list[str]:
    return __all__
