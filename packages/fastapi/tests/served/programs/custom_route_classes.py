"""Route classes and requests of a program's own."""

from typing import Annotated, Any

from driving import get, note  # type: ignore[import-not-found]
from fastapi import (
    APIRouter,
    Body,
    FastAPI,
    HTTPException,
    Request,
    Response,
)
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute


class Timed(APIRoute):
    def get_route_handler(self) -> Any:
        own = super().get_route_handler()

        async def handler(request: Request) -> Response:
            note("before")
            try:
                response = await own(request)
            except RequestValidationError as exc:
                return JSONResponse({"body": repr(exc.body), "errors": len(exc.errors())}, 499)
            response.headers["x-timed"] = "1"
            note("after")
            return response

        return handler


class Upper(Request):
    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            self._body = (await super().body()).upper()
        return self._body


class UpperRoute(APIRoute):
    def get_route_handler(self) -> Any:
        own = super().get_route_handler()

        async def handler(request: Request) -> Response:
            return await own(Upper(request.scope, request.receive))

        return handler


class Odd(APIRoute):
    def matches(self, scope: Any) -> Any:
        match, child = super().matches(scope)
        note(f"odd {match.name}")
        return match, child

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        note("odd handle")
        await super().handle(scope, receive, send)


class Plain(APIRoute):
    """Overrides nothing."""

    def __init__(self, path: str, endpoint: Any, **kwargs: Any) -> None:
        super().__init__(path, endpoint, **{**kwargs, "summary": "mine"})


async def run() -> Any:
    app = FastAPI()
    found = []
    for name, cls in (("timed", Timed), ("upper", UpperRoute), ("odd", Odd), ("plain", Plain)):
        router = APIRouter(route_class=cls, prefix=f"/{name}")

        @router.post("/echo/{n}")
        async def echo(n: int, data: Annotated[dict[str, Any], Body()], request: Request) -> Any:
            return {
                "n": n,
                "data": data,
                "route": type(request.scope["route"]).__name__,
                "body": (await request.body()).decode(),
            }

        @router.get("/fail")
        def fail() -> Any:
            raise HTTPException(418, "tea")

        app.include_router(router)
        for method, target, body in (
            ("POST", f"/{name}/echo/1", {"a": "b"}),
            ("POST", f"/{name}/echo/x", {"a": 1}),
            ("POST", f"/{name}/echo/1", [1]),
            ("GET", f"/{name}/fail", b""),
            ("PUT", f"/{name}/fail", b""),
            ("GET", f"/{name}/fail/", b""),
        ):
            found.append(await get(app, target, method, body))
    app.router.add_api_route("/added", lambda: {"a": 1}, methods=["GET", "POST"], route_class_override=Timed)
    found += [await get(app, "/added"), await get(app, "/added", "POST"), await get(app, "/added", "DELETE")]
    return found
