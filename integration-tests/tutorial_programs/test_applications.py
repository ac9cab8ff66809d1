"""Programs of whole applications, each as a page of FastAPI's tutorial has one."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from armillary.web import (
    Armillary,
    AsyncTestClient,
    BackgroundTasks,
    CallNext,
    CORSMiddleware,
    Depends,
    DispatchMiddleware,
    EventStream,
    FileResponse,
    GZipMiddleware,
    HTMLResponse,
    Jinja2Templates,
    Middleware,
    Mount,
    OpenAPI,
    Query,
    Request,
    Response,
    Route,
    Router,
    StaticFiles,
    StreamingResponse,
    TestClient,
    TrustedHostMiddleware,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
)


class Star(msgspec.Struct):
    name: str


def test_middleware_of_one_s_own_adds_a_header() -> None:
    async def timed(request: Request, call_next: CallNext) -> Response:
        start = time.perf_counter()
        response = await call_next(request)
        response.headers["X-Process-Time"] = str(time.perf_counter() - start)
        return response

    app = Armillary(middleware=[Middleware(DispatchMiddleware, timed)])
    assert float(TestClient(app).get("/").headers["x-process-time"]) >= 0


def test_middleware_for_origins_hosts_and_compression() -> None:
    app = Armillary(
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["testserver"]),
            Middleware(CORSMiddleware, allow_origins=["https://a.example"], allow_methods=["*"]),
            Middleware(GZipMiddleware, minimum_size=100),
        ]
    )

    @app.get("/")
    async def root() -> str:
        return "sky " * 100

    client = TestClient(app)
    sent = client.get("/", headers={"origin": "https://a.example", "accept-encoding": "gzip"})
    assert sent.headers["access-control-allow-origin"] == "https://a.example"
    assert sent.headers["content-encoding"] == "gzip"
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_bigger_application_is_made_of_routers() -> None:
    stars, observers = Router(), Router()

    @stars.get("/{key}", name="star")
    async def star(key: str) -> Star:
        return Star(key)

    @observers.get("/me")
    async def me() -> str:
        return "ada"

    async def key(key: Annotated[str, Query(alias="api-key")]) -> None: ...

    app = Armillary(dependencies=[Depends(key)])
    app.include(stars, "/stars", name="stars", tags=["stars"])
    app.include(observers, "/observers", tags=["observers"])
    client = TestClient(app)
    assert client.get("/stars/vega?api-key=1").json() == {"name": "vega"}
    assert client.get("/observers/me").status_code == 422
    assert app.url_path_for("stars:star", key="vega") == "/stars/vega"
    assert OpenAPI(app).document()["paths"]["/observers/me"]["get"]["tags"] == ["observers"]


def test_work_is_done_after_the_response() -> None:
    log: list[str] = []

    def write(message: str) -> None:
        log.append(message)

    async def query(tasks: BackgroundTasks, q: str | None = None) -> str | None:
        if q:
            tasks.add_task(write, f"found query: {q}")
        return q

    app = Armillary()

    @app.post("/notify/{email}", status_code=202)
    async def notify(email: str, tasks: BackgroundTasks, q: Annotated[str | None, Depends(query)]) -> dict[str, str]:
        tasks.add_task(write, f"message to {email}")
        return {"message": "Message sent"}

    assert TestClient(app).post("/notify/a@b.example?q=x").status_code == 202
    assert log == ["found query: x", "message to a@b.example"]


def test_the_document_has_metadata_and_another_place() -> None:
    app = Armillary(
        openapi=OpenAPI(
            title="ChimichangApp",
            summary="Deadpool's favorite app.",
            version="0.0.1",
            contact={"name": "Deadpool", "url": "https://x-force.example/contact/"},
            license={"name": "Apache 2.0", "identifier": "Apache-2.0"},
            tags=[{"name": "stars", "description": "All of them."}],
            path="/api/v1/openapi.json",
            pages=[],
        )
    )

    @app.get("/stars", tags=["stars"], operation_id="list_stars")
    async def stars() -> list[Star]:
        return []

    client = TestClient(app)
    document = client.get("/api/v1/openapi.json").json()
    assert (document["info"]["summary"], document["tags"][0]["name"]) == ("Deadpool's favorite app.", "stars")
    assert document["paths"]["/stars"]["get"]["operationId"] == "list_stars"
    assert client.get("/docs").status_code == 404


def test_files_and_templates_are_served(tmp_path: Path) -> None:
    templates = Jinja2Templates(directory=tmp_path)
    app = Armillary(routes=[Mount("/static", StaticFiles(directory=tmp_path), name="static")])

    @app.get("/stars/{key}", name="star")
    async def star(request: Request, key: str) -> Response:
        return templates.TemplateResponse(request, "star.html", {"key": key})

    client = TestClient(app)
    (tmp_path / "style.css").write_text("body {}")
    (tmp_path / "star.html").write_text("<a href=\"{{ url_for('star', key=key) }}\">{{ key }}</a>")
    assert client.get("/static/style.css").text == "body {}"
    assert client.get("/stars/vega").text == '<a href="http://testserver/stars/vega">vega</a>'


def test_responses_of_other_kinds(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a file")
    app = Armillary()

    @app.get("/page")
    async def page() -> HTMLResponse:
        return HTMLResponse("<h1>Sky</h1>")

    @app.get("/legacy")
    async def legacy() -> Response:
        return Response("<x/>", media_type="application/xml")

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def video() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"frame "

        return StreamingResponse(video())

    @app.get("/file")
    async def file() -> FileResponse:
        return FileResponse(tmp_path / "a.txt")

    client = TestClient(app)
    assert client.get("/page").text == "<h1>Sky</h1>"
    assert client.get("/legacy").headers["content-type"] == "application/xml"
    assert client.get("/stream").text == "frame frame frame "
    assert client.get("/file").text == "a file"


def test_a_result_is_streamed_value_by_value() -> None:
    app = Armillary()

    @app.get("/lines")
    async def lines() -> AsyncIterator[Star]:
        for name in ("Vega", "Deneb"):
            yield Star(name)

    @app.get("/events")
    async def events() -> Annotated[AsyncIterator[Star], EventStream()]:
        yield Star("Vega")

    client = TestClient(app)
    sent = client.get("/lines")
    assert (sent.headers["content-type"], sent.text) == ("application/jsonl", '{"name":"Vega"}\n{"name":"Deneb"}\n')
    assert client.get("/events").text == 'data: {"name":"Vega"}\n\n'


def test_a_lifespan_opens_and_closes_what_requests_use() -> None:
    models: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(app: Armillary) -> AsyncGenerator[dict[str, Any]]:
        models["answer"] = (42.0).__mul__
        yield {"opened": True}
        models.clear()

    app = Armillary(lifespan=lifespan)

    @app.get("/predict")
    async def predict(x: float, request: Request) -> list[Any]:
        return [models["answer"](x), request.state.opened]

    with TestClient(app) as client:
        assert client.get("/predict?x=2").json() == [84.0, True]
    assert models == {}


def test_a_websocket_takes_parameters_and_dependencies() -> None:
    async def token(websocket: WebSocket, token: str | None = None) -> str:
        if token is None:
            raise WebSocketException(1008, "no token")
        return token

    app = Armillary()

    @app.websocket("/items/{number}")
    async def chat(websocket: WebSocket, number: int, token: Annotated[str, Depends(token)]) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(f"{number} {token} {await websocket.receive_text()}")
        except WebSocketDisconnect:
            pass

    client = TestClient(app)
    with client.websocket_connect("/items/3?token=t") as websocket:
        websocket.send_text("hello")
        assert websocket.receive_text() == "3 t hello"
    with pytest.raises(Exception, match=r"no token|403|1008"), client.websocket_connect("/items/3"):
        pass


def test_an_application_is_mounted_in_another() -> None:
    inner, outer = Armillary(openapi=OpenAPI(title="Inner")), Armillary()

    @inner.get("/sub")
    async def sub(request: Request) -> str:
        return str(request.scope["root_path"])

    outer.mount("/inner", inner)
    client = TestClient(outer)
    assert client.get("/inner/sub").json() == "/inner"
    assert client.get("/inner/openapi.json").json()["servers"][0]["url"] == "/inner"


def test_callbacks_and_webhooks_are_documented() -> None:
    async def paid(body: Star) -> None:
        """An invoice was paid."""

    app = Armillary()

    @app.post("/invoices", callbacks={"paid": {"{$request.query.callback}": Route("/paid", paid, methods=["POST"])}})
    async def invoice(star: Star, callback: str | None = None) -> Star:
        return star

    document = OpenAPI(app, webhooks=[Route("/new-subscription", paid, methods=["POST"])]).document()
    assert "paid" in document["paths"]["/invoices"]["post"]["callbacks"]
    assert "new-subscription" in document["webhooks"]


@pytest.mark.anyio
async def test_an_application_is_tested_asynchronously() -> None:
    app = Armillary()

    @app.get("/")
    async def root() -> dict[str, str]:
        return {"message": "Tomato"}

    async with AsyncTestClient(app) as client:
        assert (await client.get("/")).json() == {"message": "Tomato"}
