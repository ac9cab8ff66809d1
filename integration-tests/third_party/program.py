"""One program of several popular packages written for Starlette; it prints what each of them answered.

`compare.py` runs it on the real Starlette and on the drop-in, in the same environment. Each function
below is a part of the program; what it returns are facts that must not depend on the Starlette.
"""

# ruff: noqa: T201

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

warnings.simplefilter("ignore")  # of the packages; what is compared are answers

from starlette.applications import Starlette  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.middleware.sessions import SessionMiddleware  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse  # noqa: E402
from starlette.routing import Mount, Route  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

Facts = list[Any]


def facts_of(response: Any, *headers: str) -> Facts:
    """Return the status, the named headers and the body of a response."""
    return [response.status_code, *(response.headers.get(name) for name in headers), response.text]


def sse_starlette() -> Facts:
    """Server-sent events, to their end and broken off by the client."""
    from sse_starlette.sse import EventSourceResponse, ServerSentEvent

    async def count() -> Any:
        for number in range(3):
            yield {"data": number, "event": "tick", "id": str(number)}
        yield ServerSentEvent("bye", event="end")

    async def events(request: Request) -> EventSourceResponse:
        return EventSourceResponse(count(), headers={"X-From": "here"}, ping=60)

    with TestClient(Starlette(routes=[Route("/events", events)])) as client:
        return facts_of(client.get("/events"), "content-type", "cache-control", "x-from")


def slowapi() -> Facts:
    """Two requests a minute, counted by a middleware and by a decorator."""
    from slowapi import Limiter, _rate_limit_exceeded_handler
    from slowapi.errors import RateLimitExceeded
    from slowapi.middleware import SlowAPIMiddleware
    from slowapi.util import get_remote_address

    limiter = Limiter(key_func=get_remote_address, default_limits=["2/minute"], headers_enabled=True)

    async def plain(request: Request) -> PlainTextResponse:
        return PlainTextResponse("plain")

    @limiter.limit("1/minute")
    async def strict(request: Request) -> PlainTextResponse:
        return PlainTextResponse("strict")

    app = Starlette(
        routes=[Route("/plain", plain), Route("/strict", strict)],
        middleware=[Middleware(SlowAPIMiddleware)],
        exception_handlers={RateLimitExceeded: _rate_limit_exceeded_handler},
    )
    app.state.limiter = limiter
    client = TestClient(app)
    paths = ["/plain", "/plain", "/plain", "/strict", "/strict", "/nowhere"]
    return [facts_of(client.get(path), "x-ratelimit-limit", "x-ratelimit-remaining") for path in paths]


def prometheus_fastapi_instrumentator() -> Facts:
    """Metrics by route template, of FastAPI, its mounts and its errors."""
    from fastapi import FastAPI
    from prometheus_client import CollectorRegistry
    from prometheus_fastapi_instrumentator import Instrumentator

    app = FastAPI()

    @app.get("/items/{item}")
    def item(item: int) -> dict[str, int]:
        return {"item": item}

    app.mount("/below", Starlette(routes=[Route("/{name}", lambda request: PlainTextResponse("mounted"))]))
    Instrumentator(registry=CollectorRegistry()).instrument(app).expose(app)
    client = TestClient(app)
    for path in ("/items/1", "/items/2", "/items/x", "/below/a", "/nowhere"):
        client.get(path)
    lines = client.get("/metrics").text.splitlines()
    return sorted(line for line in lines if line.startswith("http_requests_total"))


def starlette_exporter() -> Facts:
    """Metrics by route template, of Starlette, with labels read from the request."""
    from starlette_exporter import PrometheusMiddleware, from_header, handle_metrics

    async def item(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.path_params["item"])

    app = Starlette(routes=[Mount("/v1", routes=[Route("/items/{item}", item)]), Route("/metrics", handle_metrics)])
    labels = {"tenant": from_header("x-tenant")}
    app.add_middleware(PrometheusMiddleware, app_name="app", group_paths=True, labels=labels)
    client = TestClient(app)
    client.get("/v1/items/1", headers={"X-Tenant": "a"})
    client.get("/v1/items/2", headers={"X-Tenant": "a"})
    client.get("/nowhere")
    lines = client.get("/metrics").text.splitlines()
    return sorted(line for line in lines if line.startswith("starlette_requests_total"))


def sqladmin() -> Facts:
    """An admin site over a database: log-in, list, creation by a form, pages with static files."""
    from sqladmin import Admin, ModelView
    from sqladmin.authentication import AuthenticationBackend
    from sqlalchemy import Column, Integer, String, create_engine
    from sqlalchemy.orm import declarative_base
    from sqlalchemy.pool import StaticPool

    Base: Any = declarative_base()

    class Star(Base):
        __tablename__ = "stars"
        id = Column(Integer, primary_key=True)
        name = Column(String)

    class LogIn(AuthenticationBackend):
        async def login(self, request: Request) -> bool:
            form = await request.form()
            request.session["user"] = str(form["username"])
            return form["password"] == "secret"

        async def logout(self, request: Request) -> bool:
            request.session.clear()
            return True

        async def authenticate(self, request: Request) -> bool:
            return "user" in request.session

    class StarAdmin(ModelView, model=Star):
        column_list = [Star.id, Star.name]

    engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    app = Starlette()
    Admin(app, engine, authentication_backend=LogIn("key")).add_view(StarAdmin)
    client = TestClient(app)
    refused = client.get("/admin/star/list", follow_redirects=False)
    client.post("/admin/login", data={"username": "ada", "password": "secret"})
    created = client.post("/admin/star/create", data={"name": "Vega"}, follow_redirects=False)
    listed = client.get("/admin/star/list")
    style = client.get("/admin/statics/css/tabler.min.css")
    return [
        [refused.status_code, refused.headers.get("location")],
        [created.status_code, created.headers.get("location")],
        [listed.status_code, "Vega" in listed.text, re.findall(r'href="([^"]+)"', listed.text)],
        [style.status_code, style.headers["content-type"], len(style.content), style.headers["etag"]],
    ]


def starlette_admin() -> Facts:
    """Another admin site: pages, its JSON interface, creation by a form, a 404 of its own."""
    from sqlalchemy import Integer, String, create_engine
    from sqlalchemy.orm import DeclarativeBase, mapped_column
    from sqlalchemy.pool import StaticPool
    from starlette_admin.contrib.sqla import Admin, ModelView

    class Base(DeclarativeBase):
        pass

    class Planet(Base):
        __tablename__ = "planets"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String)

    engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    app = Starlette()
    admin = Admin(engine, title="Planets", secret_key="key" * 16)
    admin.add_view(ModelView(Planet))
    admin.mount_to(app)
    client = TestClient(app)
    blank = client.get("/admin/planet/create").text
    token = re.findall(r'name="csrftoken" value="([^"]+)"', blank)[0]
    form = {"name": "Mars", "csrftoken": token}
    created = client.post("/admin/planet/create", data=form, follow_redirects=False)
    facts: Facts = [[created.status_code, created.headers.get("location")]]
    for path in ("/admin/", "/admin/planet/list", "/admin/api/planet", "/admin/planet/detail/1", "/admin/nowhere"):
        answer = client.get(path)
        links = re.findall(r'(?:href|src)="([^"]+)"', answer.text)
        facts.append([answer.status_code, answer.headers["content-type"], "Mars" in answer.text, links])
    return facts


def authlib() -> Facts:
    """The steps of an OAuth log-in up to the provider, kept in the session."""
    from authlib.integrations.starlette_client import OAuth

    oauth = OAuth()
    oauth.register(
        "provider",
        client_id="id",
        client_secret="secret",
        authorize_url="https://provider.invalid/authorize",
        access_token_url="https://provider.invalid/token",
        client_kwargs={"scope": "openid", "code_challenge_method": "S256"},
    )

    async def log_in(request: Request) -> RedirectResponse:
        return await oauth.provider.authorize_redirect(request, str(request.url_for("callback")))

    async def callback(request: Request) -> JSONResponse:
        try:
            await oauth.provider.authorize_access_token(request)
        except Exception as error:
            return JSONResponse([type(error).__name__, sorted(key[:16] for key in request.session)])
        return JSONResponse("logged in")

    routes = [Route("/login", log_in), Route("/callback", callback, name="callback")]
    client = TestClient(Starlette(routes=routes, middleware=[Middleware(SessionMiddleware, secret_key="key")]))
    sent = client.get("/login", follow_redirects=False)
    target = re.sub(r"(state|nonce|code_challenge)=[^&]+", r"\1=*", sent.headers["location"])
    cookie = re.sub(r"session=[^;]+", "session=*", sent.headers["set-cookie"])
    return [sent.status_code, target, cookie, facts_of(client.get("/callback?code=1&state=forged"))]


def mcp() -> Facts:
    """A Model Context Protocol server mounted in an application, its session manager in the lifespan."""
    from mcp.server import MCPServer

    server = MCPServer("stars")

    @server.tool()
    def add(left: int, right: int) -> int:
        """Add two numbers."""
        return left + right

    @server.custom_route("/health", methods=["GET"])
    async def health(request: Request) -> PlainTextResponse:
        return PlainTextResponse("well")

    inner = server.streamable_http_app(json_response=True, stateless_http=True, host="testserver")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        async with server.session_manager.run():
            yield

    app = Starlette(routes=[Mount("/", app=inner)], lifespan=lifespan)
    headers = {"Accept": "application/json, text/event-stream"}
    start = {
        "protocolVersion": "2025-03-26",
        "capabilities": {},
        "clientInfo": {"name": "client", "version": "1"},
    }
    call = {"name": "add", "arguments": {"left": 2, "right": 3}}
    with TestClient(app) as client:
        facts = [facts_of(client.get("/health"))]
        for number, (method, params) in enumerate((("initialize", start), ("tools/list", {}), ("tools/call", call))):
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            facts.append(facts_of(client.post("/mcp", json=message, headers=headers), "content-type"))
        facts.append(facts_of(client.post("/mcp", content="no json", headers=headers)))
    return facts


def starlette_context() -> Facts:
    """A request id kept in a context variable, by the plain ASGI middleware."""
    from starlette_context import context
    from starlette_context.middleware import RawContextMiddleware
    from starlette_context.plugins import CorrelationIdPlugin, RequestIdPlugin

    async def show(request: Request) -> JSONResponse:
        return JSONResponse({key: len(value) for key, value in context.data.items()})

    plugins = (RequestIdPlugin(), CorrelationIdPlugin())
    app = Starlette(routes=[Route("/", show)], middleware=[Middleware(RawContextMiddleware, plugins=plugins)])
    client = TestClient(app)
    given = client.get("/", headers={"X-Request-ID": "3f1f8a4c9f7b4c7a8b4c0a1d2e3f4a5b"})
    return [facts_of(client.get("/")), facts_of(given, "x-request-id"), sorted(given.headers)]


def sentry_sdk() -> Facts:
    """Errors and transactions reported by an integration that patches a dozen names of Starlette."""
    import sentry_sdk
    from sentry_sdk.integrations.starlette import StarletteIntegration
    from sentry_sdk.transport import Transport
    from starlette.exceptions import HTTPException

    reported: Facts = []

    class Keep(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            for item in envelope.items:
                event = item.payload.json or {}
                values = (event.get("exception") or {}).get("values", [])
                spans = sorted(span["op"] + " " + span["description"] for span in event.get("spans", []))
                reported.append([item.type, event.get("transaction"), [value["type"] for value in values], spans])

    sentry_sdk.init(
        dsn="https://public@example.invalid/1",
        transport=Keep,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[StarletteIntegration(middleware_spans=False)],
        traces_sample_rate=1.0,
        send_client_reports=False,
    )

    def fails(request: Request) -> PlainTextResponse:
        raise ValueError("broken")

    async def unavailable(request: Request) -> PlainTextResponse:
        raise HTTPException(503)

    async def fine(request: Request) -> JSONResponse:
        return JSONResponse(await request.json())

    paths = {"/fails/{id}": fails, "/unavailable": unavailable, "/fine": fine}
    routes = [Route(path, endpoint, methods=["GET", "POST"]) for path, endpoint in paths.items()]
    client = TestClient(Starlette(routes=routes), raise_server_exceptions=False)
    statuses = [client.get(path).status_code for path in ("/fails/1", "/unavailable", "/nowhere")]
    statuses.append(client.post("/fine", json={"a": 1}).status_code)
    sentry_sdk.flush()
    sentry_sdk.init()
    return [statuses, reported]


def opentelemetry_instrumentation() -> Facts:
    """Spans by route template, of OpenTelemetry's own instrumentation."""
    from opentelemetry.instrumentation.starlette import StarletteInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    async def item(request: Request) -> PlainTextResponse:
        return PlainTextResponse("item")

    app = Starlette(routes=[Route("/items/{item}", item), Mount("/below", routes=[Route("/{name}", item)])])
    StarletteInstrumentor.instrument_app(app, tracer_provider=provider)
    client = TestClient(app)
    for path in ("/items/1", "/below/a", "/nowhere"):
        client.get(path)
    spans = [[span.name, (span.attributes or {}).get("http.route")] for span in exporter.get_finished_spans()]
    StarletteInstrumentor.uninstrument_app(app)
    return [*spans, client.get("/items/1").status_code]


PARTS: list[Callable[[], Facts]] = [
    sse_starlette,
    slowapi,
    prometheus_fastapi_instrumentator,
    starlette_exporter,
    sqladmin,
    starlette_admin,
    authlib,
    mcp,
    starlette_context,
    opentelemetry_instrumentation,
    sentry_sdk,  # the last, since what it patches stays patched
]


def main() -> None:
    found: dict[str, Any] = {}
    for part in PARTS:
        try:
            found[part.__name__] = part()
        except Exception as error:
            found[part.__name__] = {"error": f"{type(error).__name__}: {error}"}
            if "--trace" in sys.argv:
                raise
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
