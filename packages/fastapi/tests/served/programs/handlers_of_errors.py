"""Exception handlers for validation, statuses and classes, below a middleware."""

from typing import Annotated, Any

from driving import get, note  # type: ignore[import-not-found]
from fastapi import (
    Depends,
    FastAPI,
    HTTPException,
    Query,
    Request,
)
from fastapi.encoders import jsonable_encoder
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field, model_validator


class Checked(BaseModel):
    a: int
    b: int

    @model_validator(mode="after")
    def ordered(self) -> "Checked":
        if self.a > self.b:
            raise ValueError("a over b")
        return self


async def run() -> Any:
    app = FastAPI(debug=False)

    class Item(BaseModel):
        name: str
        price: float = Field(gt=0)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, exc: RequestValidationError) -> Any:
        note(f"body {exc.body!r}")
        if request.headers.get("x-default"):
            return await request_validation_exception_handler(request, exc)
        return JSONResponse(jsonable_encoder({"errors": exc.errors(), "body": exc.body, "text": str(exc)}), 400)

    @app.exception_handler(ResponseValidationError)
    def on_response(request: Request, exc: ResponseValidationError) -> Any:
        return JSONResponse({"response": len(exc.errors()), "text": str(exc)[:200]}, 599)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, exc: HTTPException) -> Any:
        note("http")
        return await http_exception_handler(request, exc)

    @app.exception_handler(404)
    async def on_missing(request: Request, exc: Any) -> Any:
        return PlainTextResponse(f"missing {request.scope.get('path_params')}", 404)

    @app.exception_handler(ExceptionGroup)
    async def on_group(request: Request, exc: Any) -> Any:
        return PlainTextResponse(f"group {len(exc.exceptions)}", 511)

    @app.exception_handler(Exception)
    async def on_any(request: Request, exc: Exception) -> Any:
        return PlainTextResponse(f"any {type(exc).__name__}", 500)

    @app.middleware("http")
    async def around(request: Request, call_next: Any) -> Any:
        note("mw in")
        response = await call_next(request)
        note(f"mw out {response.status_code}")
        response.headers["x-mw"] = "1"
        return response

    @app.post("/item")
    async def item(item: Item, q: Annotated[int, Query(le=5)] = 1) -> Item:
        return item

    @app.post("/checked")
    async def checked(c: Checked) -> Any:
        return c

    @app.get("/bad-result", response_model=Item)
    async def bad_result() -> Any:
        return {"name": 1}

    @app.get("/raise/{kind}")
    async def raises(kind: str) -> Any:
        raise {
            "404": HTTPException(404, "x"),
            "204": HTTPException(204),
            "teapot": HTTPException(418, [1], {"x-y": "z"}),
            "group": ExceptionGroup("g", [ValueError()]),
            "invalid": RequestValidationError([{"loc": ("a",), "msg": "m", "type": "t"}]),
            "key": KeyError("k"),
        }.get(kind) or HTTPException(500)

    @app.get("/dep")
    async def dep(x: Annotated[None, Depends(lambda: (_ for _ in ()).throw(LookupError("dep")))]) -> Any:
        return 1

    found = []
    for path in ("/item", "/item?q=9", "/item?q=x", "/checked"):
        for body in ({"name": "n", "price": 1}, {"price": -1}, {"a": 2, "b": 1}, [], None, b'{"a": ', b"", b"\xff"):
            for headers in ({}, {"x_default": "1"}):
                found.append(
                    await get(
                        app,
                        path,
                        "POST",
                        body,
                        **{**headers, **({"content_type": "application/json"} if isinstance(body, bytes) else {})},
                    )
                )
    for path in (
        "/bad-result",
        "/raise/404",
        "/raise/204",
        "/raise/teapot",
        "/raise/group",
        "/raise/invalid",
        "/raise/key",
        "/raise/z",
        "/dep",
        "/none",
        "/item",
    ):
        found.append(await get(app, path))
    return found
