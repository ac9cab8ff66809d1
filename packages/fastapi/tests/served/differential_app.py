"""A FastAPI program that uses most of what a route can be declared with."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import fastapi
from asgi_call import effects  # type: ignore[import-not-found]
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    Security,
    UploadFile,
)
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, HTTPBasic, HTTPBearer, OAuth2PasswordBearer, SecurityScopes
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field, computed_field, field_validator
from starlette.requests import HTTPConnection
from starlette.routing import Mount, Route

app = FastAPI()


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Item(BaseModel):
    name: str
    price: Decimal = Decimal("1.50")
    tags: list[str] = []
    when: date | None = None
    alias: int = Field(default=3, alias="theAlias")

    @field_validator("name")
    @classmethod
    def seen(cls, value: str) -> str:
        effects.append(f"validate {value}")
        return value


class Priced(Item):
    @computed_field  # type: ignore[prop-decorator]
    @property
    def total(self) -> int:
        return 7


@dataclass
class Point:
    x: int
    y: int = 2


class Filters(BaseModel):
    model_config = {"extra": "forbid"}
    limit: int = 10
    order_by: str = "id"
    tags: list[str] = []


class Loose(BaseModel):
    model_config = {"extra": "allow"}
    x_token: str | None = None
    numbers: list[int] = []


class Login(BaseModel):
    user: str
    password: str = Field(min_length=3)
    roles: list[str] = []


class Trouble(Exception):
    pass


@app.exception_handler(Trouble)
async def on_trouble(request: Request, exc: Trouble) -> JSONResponse:
    effects.append("handler of Trouble")
    return JSONResponse({"trouble": str(exc)}, 418)


# -- dependencies --------------------------------------------------------------------------------


async def common(q: int = 3, page: Annotated[int, Query(ge=0)] = 0) -> dict[str, int]:
    effects.append("common")
    return {"q": q, "page": page}


def in_thread(x_number: Annotated[int | None, Header()] = None) -> int | None:
    effects.append("in_thread")
    return x_number


async def once() -> int:
    effects.append("once")
    return 1


async def uncached(a: int = Depends(once, use_cache=False)) -> int:
    effects.append("uncached")
    return a


async def nested(c: dict[str, int] = Depends(common), t: int | None = Depends(in_thread)) -> Any:
    effects.append("nested")
    return [c, t]


def generator() -> Iterator[str]:
    effects.append("enter generator")
    try:
        yield "generated"
    except Exception as exc:
        effects.append(f"generator saw {type(exc).__name__}")
        raise
    finally:
        effects.append("exit generator")


async def async_generator(c: dict[str, int] = Depends(common)) -> AsyncIterator[str]:
    effects.append("enter async generator")
    try:
        yield "async"
    except HTTPException:
        effects.append("async generator saw HTTPException")
        raise
    finally:
        effects.append("exit async generator")


async def swallowing() -> AsyncIterator[int]:
    try:
        yield 1
    except Exception:
        effects.append("swallowed")


async def failing(fail: bool = False) -> int:
    effects.append("failing")
    if fail:
        raise HTTPException(403, "no", headers={"X-Why": "because"})
    return 1


async def sets(response: Response, tasks: BackgroundTasks) -> None:
    response.headers["X-Dependency"] = "yes"
    response.set_cookie("a", "b")
    tasks.add_task(effects.append, "task of a dependency")


class Pager:
    def __init__(self, size: int = 5) -> None:
        effects.append("Pager")
        self.size = size


class Callable:
    async def __call__(self, token: Annotated[str | None, Cookie()] = None) -> str | None:
        effects.append("Callable")
        return token


oauth2 = OAuth2PasswordBearer(tokenUrl="token", scopes={"me": "read me"}, auto_error=False)


async def user(scopes: SecurityScopes, token: Annotated[str | None, Depends(oauth2)]) -> Any:
    effects.append(f"user {scopes.scopes}")
    if token is None:
        raise HTTPException(401, "who", headers={"WWW-Authenticate": f'Bearer scope="{scopes.scope_str}"'})
    return token


# -- results -------------------------------------------------------------------------------------


@app.get("/dict", response_model=None)
async def get_dict(q: str = "") -> Any:
    return {"a": 1, "b": [1.5, None, True, "é"], "q": q, "c": {"_sa_x": 1, "d": {}}}


@app.get("/sync", response_model=None)
def get_sync(q: int = 1) -> Any:
    effects.append("sync")
    return [q]


@app.get("/none")
async def get_none() -> None:
    return None


@app.get("/text")
async def get_text() -> str:
    return "text"


@app.get("/objects", response_model=None)
async def get_objects() -> Any:
    return {
        "p": Point(1),
        "c": Colour.RED,
        "s": {1},
        "t": (1, 2),
        "d": date(2020, 1, 1),
        "g": (i for i in range(3)),
        3: 4,
    }


@app.get("/nan", response_model=None)
async def get_nan() -> Any:
    return {"x": float("nan")}


@app.get("/unserialisable", response_model=None)
async def get_unserialisable() -> Any:
    return {"x": object}


@app.get("/models")
async def get_models() -> list[Item]:
    return [Item(name="a"), Item(name="b", theAlias=4)]


@app.get("/any-models", response_model=None)
async def get_any_models() -> Any:
    return [Item(name="a"), {"x": Item(name="b")}]


@app.get("/invalid-model", response_model=Item)
async def get_invalid_model() -> Any:
    return {"name": [1]}


@app.get("/sync-invalid-model", response_model=Item)
def get_sync_invalid_model() -> Any:
    return {"price": "x"}


@app.get("/filtered", response_model=Priced, response_model_exclude_unset=True, response_model_exclude={"price"})
async def get_filtered() -> Any:
    return {"name": "n", "tags": ["x"]}


@app.get(
    "/included-fields", response_model=Priced, response_model_include={"name", "alias"}, response_model_by_alias=False
)
async def get_included_fields() -> Any:
    return Priced(name="n")


@app.get("/no-none", response_model=Item, response_model_exclude_none=True, response_class=JSONResponse)
async def get_no_none() -> Any:
    return Item(name="n")


@app.get("/no-defaults", response_model=list[Item], response_model_exclude_defaults=True)
def get_no_defaults() -> Any:
    return [Item(name="n"), {"name": "m", "theAlias": 3}]


@app.get("/dataclass")
async def get_dataclass() -> Point:
    return Point(3)


@app.get("/plain", response_model=None, response_class=PlainTextResponse)
async def get_plain() -> Any:
    return "plain"


@app.get("/html", response_model=None, response_class=HTMLResponse, status_code=203)
async def get_html() -> Any:
    return "<p>"


@app.get("/redirect", response_model=None, response_class=RedirectResponse)
async def get_redirect() -> Any:
    return "/dict"


@app.get("/response", response_model=None)
async def get_response(tasks: BackgroundTasks) -> Any:
    tasks.add_task(effects.append, "background")
    return Response(b"raw", 202, {"X-A": "b"})


@app.get("/no-content", response_model=None, status_code=204)
async def get_no_content() -> Any:
    return None


@app.post("/created", response_model=None, status_code=201)
async def post_created(response: Response) -> Any:
    response.headers["Location"] = "/x"
    return {}


@app.get("/injected", response_model=None)
async def get_injected(response: Response, tasks: BackgroundTasks, status: int = 0, d: None = Depends(sets)) -> Any:
    response.headers["X-Endpoint"] = "yes"
    if status:
        response.status_code = status
    tasks.add_task(effects.append, "task of the endpoint")
    effects.append("endpoint")
    return {"status": status}


# -- parameters ----------------------------------------------------------------------------------


@app.get("/path/{number}/{colour}")
async def get_path(number: int, colour: Colour) -> Any:
    return [number, colour]


@app.get("/file/{name:path}", response_model=None)
async def get_file(name: str) -> Any:
    return name


@app.get("/uuid/{key:uuid}")
async def get_uuid(key: UUID) -> Any:
    return key


@app.get("/query", response_model=None)
async def get_query(
    a: int,
    b: list[str] = Query(default=["x"]),
    c: Annotated[str | None, Query(alias="the-c", max_length=3)] = None,
    d: int = Query(default_factory=lambda: 7),
    e: bool = False,
    f: set[int] = Query(default=set()),
    g: Annotated[int, Query(validate_default=True)] = "8",  # type: ignore[assignment]
) -> Any:
    return [a, b, c, d, e, sorted(f), g]


@app.get("/headers")
async def get_headers(
    user_agent: Annotated[str | None, Header()] = None,
    x_many: Annotated[list[int] | None, Header()] = None,
    under_score: Annotated[str | None, Header(convert_underscores=False)] = None,
    token: Annotated[str, Cookie()] = "none",
) -> Any:
    return [user_agent, x_many, under_score, token]


@app.get("/filters")
async def get_filters(filters: Annotated[Filters, Query()]) -> Any:
    return filters


@app.get("/header-model")
async def get_header_model(headers: Annotated[Loose, Header()]) -> Any:
    return sorted(headers.model_dump())


@app.get("/cookie-model")
async def get_cookie_model(cookies: Annotated[Login, Cookie()]) -> Any:
    return cookies


# -- bodies --------------------------------------------------------------------------------------


@app.post("/item")
async def post_item(item: Item) -> Item:
    return item


@app.post("/optional-item")
async def post_optional_item(item: Item | None = None) -> Any:
    return item


@app.post("/two-bodies", response_model=None)
async def post_two_bodies(item: Item, n: Annotated[int, Body(gt=0)], extra: Any = Body(default=None)) -> Any:
    return [item, n, extra]


@app.post("/embedded")
async def post_embedded(item: Annotated[Item, Body(embed=True)], q: int = 1) -> Any:
    return item


@app.post("/list", response_model=None)
def post_list(items: list[Point]) -> Any:
    return items


@app.post("/any-body", response_model=None)
async def post_any_body(body: Any = Body()) -> Any:
    return repr(body)


@app.post("/lenient", response_model=None)
async def post_lenient(request: Request, data: dict[str, int]) -> Any:
    return [data, await request.json()]


@app.post("/form", response_model=None)
async def post_form(
    a: Annotated[str, Form()], b: Annotated[int, Form()] = 2, c: Annotated[list[str], Form()] = []
) -> Any:
    return [a, b, c]


@app.post("/form-model")
async def post_form_model(login: Annotated[Login, Form()]) -> Any:
    return login


@app.post("/upload", response_model=None)
async def post_upload(
    file: UploadFile, note: Annotated[str, Form()] = "", data: Annotated[bytes | None, File()] = None
) -> Any:
    return [file.filename, (await file.read()).decode(), note, len(data or b"")]


# -- dependencies of routes ----------------------------------------------------------------------


@app.get("/nested", response_model=None)
async def get_nested(n: Any = Depends(nested), c: dict[str, int] = Depends(common), p: Pager = Depends()) -> Any:
    effects.append("endpoint")
    return [n, c, p.size]


@app.get("/cached", response_model=None)
async def get_cached(a: int = Depends(uncached), b: int = Depends(uncached), c: int = Depends(once)) -> Any:
    return [a, b, c]


@app.get("/instance")
async def get_instance(token: str | None = Depends(Callable())) -> Any:
    return token


@app.get("/generators")
async def get_generators(g: str = Depends(generator), a: str = Depends(async_generator), error: str = "") -> Any:
    effects.append("endpoint")
    if error == "http":
        raise HTTPException(409, {"error": error})
    if error == "trouble":
        raise Trouble(error)
    if error == "value":
        raise ValueError(error)
    return [g, a]


@app.get("/function-scope")
async def get_function_scope(
    tasks: BackgroundTasks,
    g: str = Depends(generator, scope="function"),
    a: str = Depends(async_generator, scope="request"),
) -> StreamingResponse:
    tasks.add_task(effects.append, "background")
    return StreamingResponse(iter(["a", "b"]), background=tasks)


@app.get("/swallowed")
async def get_swallowed(s: int = Depends(swallowing), fail: bool = True) -> Any:
    if fail:
        raise ValueError("x")
    return s


@app.get("/failing", response_model=None, dependencies=[Depends(failing), Depends(common)])
async def get_failing(g: str = Depends(generator)) -> Any:
    return "ok"


@app.get("/user")
async def get_user(u: Annotated[Any, Security(user, scopes=["me", "items"])]) -> Any:
    return u


@app.get("/bearer")
async def get_bearer(c: Any = Depends(HTTPBearer())) -> Any:
    return c


@app.get("/basic")
async def get_basic(c: Any = Depends(HTTPBasic())) -> Any:
    return c


@app.get("/key")
async def get_key(c: Any = Depends(APIKeyHeader(name="X-Key"))) -> Any:
    return c


@app.get("/connection")
async def get_connection(request: Request, connection: HTTPConnection) -> Any:
    return [connection is request, sorted(k for k in request.scope if not k.startswith("armillary"))]


# -- errors --------------------------------------------------------------------------------------


@app.get("/raise/{kind}", response_model=None)
async def get_raise(kind: str, tasks: BackgroundTasks) -> Any:
    tasks.add_task(effects.append, "background")
    if kind == "http":
        raise HTTPException(400, headers={"X-H": "1"})
    if kind == "trouble":
        raise Trouble("t")
    raise ValueError(kind)


@app.get("/late/{kind}")
async def get_late(kind: str) -> StreamingResponse:
    async def stream() -> AsyncIterator[bytes]:
        yield b"begun"
        if kind == "trouble":
            raise Trouble("late")
        raise ValueError("late")

    return StreamingResponse(stream())


@app.get("/background-error")
async def get_background_error(tasks: BackgroundTasks) -> Any:
    def fail() -> None:
        raise HTTPException(400)

    tasks.add_task(fail)
    return 1


# -- streams -------------------------------------------------------------------------------------


@app.get("/lines")
async def get_lines(n: int = 2, g: str = Depends(generator)) -> AsyncIterable[Item]:
    for number in range(n):
        effects.append(f"line {number}")
        yield Item(name=str(number))


@app.get("/sync-lines")
def get_sync_lines(response: Response) -> Iterable[Point]:
    response.headers["X-Lines"] = "2"
    yield Point(1)
    yield Point(2)


@app.get("/untyped-lines", response_model=None, status_code=206)
async def get_untyped_lines() -> Any:
    yield {"a": Colour.RED, "x": float("inf")}
    yield None


@app.get("/invalid-lines")
async def get_invalid_lines() -> AsyncIterable[Item]:
    yield Item(name="fine")
    yield {"name": 3}  # type: ignore[misc]


@app.get("/events", response_class=EventSourceResponse)
async def get_events(n: int = 2, a: str = Depends(async_generator)) -> AsyncIterable[Item]:
    for number in range(n):
        yield Item(name=str(number))
    yield ServerSentEvent(data={"x": 1}, event="e", id="1", retry=5)  # type: ignore[misc]
    yield ServerSentEvent(raw_data="raw", comment="c")  # type: ignore[misc]
    yield ServerSentEvent(comment="only")  # type: ignore[misc]


@app.get("/sync-events", response_class=EventSourceResponse)
def get_sync_events() -> Iterable[Any]:
    yield 1
    yield {"d": date(2020, 1, 1)}


@app.get("/raw-stream", response_model=None, response_class=StreamingResponse)
async def get_raw_stream() -> Any:
    yield b"a"
    yield b"b"


@app.get("/sync-raw-stream", response_model=None, response_class=PlainTextResponse)
def get_sync_raw_stream(n: int) -> Any:
    yield "a"


# -- routers -------------------------------------------------------------------------------------


class Marked(APIRoute):
    def get_route_handler(self) -> Any:
        own = super().get_route_handler()

        async def handler(request: Request) -> Response:
            effects.append("custom handler")
            response: Response = await own(request)
            response.headers["X-Marked"] = "1"
            return response

        return handler


inner = APIRouter(prefix="/inner", dependencies=[Depends(common)])
outer = APIRouter(prefix="/outer", route_class=Marked)
formed = APIRouter(form_limits={"max_fields": 2})


@inner.get("/{x}", responses={404: {}})
async def get_inner(x: int, request: Request) -> Any:
    return sorted(key for key in request.scope if not key.startswith("armillary"))


@inner.post("/{x}")
async def post_inner(x: int, item: Item) -> Item:
    return item


@outer.get("/marked")
async def get_marked(q: int = 1) -> Any:
    return q


@outer.get("/slash/")
async def get_slash() -> Any:
    return "slash"


@formed.post("/limited-form")
async def post_limited_form(a: Annotated[str, Form()]) -> Any:
    return a


@formed.post("/small", response_model=Any)
async def post_small(body: Annotated[Any, Body()]) -> Any:
    return body


outer.include_router(inner, prefix="/{tenant}")
app.include_router(inner, dependencies=[Depends(failing)])
app.include_router(outer, prefix="/api")
app.include_router(formed, max_body_size=40)


async def plain_route(request: Request) -> Response:
    return PlainTextResponse("route " + request.url.path)


app.router.routes.append(Route("/starlette/{x:int}", plain_route, methods=["GET"]))
app.router.routes.append(Mount("/mounted", routes=[Route("/below/{y}", plain_route)]))


class Recorder:
    """A middleware that looks at the scope when the response is there."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            effects.append(f"scope of the middleware: {sorted(k for k in scope if not k.startswith('armillary'))}")


app.add_middleware(Recorder)

sub = FastAPI(strict_content_type=False)


@sub.post("/loose/{x}")
async def post_loose(x: int, item: dict[str, int]) -> Any:
    return [x, item]


@sub.get("/error/{x}")
async def get_sub_error(x: int) -> Any:
    raise fastapi.exceptions.RequestValidationError([{"type": "own", "loc": ("x",), "msg": "m", "input": x}])


app.mount("/sub", sub)
