"""How a program uses the front door; checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import Annotated, assert_type

from armillary.web import Armillary, JSONResponse, Query, Request, Response, Route, Session

app = Armillary()
assert_type(app, Armillary)


@app.get("/")
async def show(request: Request, limit: Annotated[int, Query(ge=1)] = 20) -> JSONResponse:
    return JSONResponse({"path": request.url.path, "limit": limit})


async def log_in(request: Request) -> Response:
    assert_type(request.session, Session)
    request.session.rotate()
    return Response(status_code=204)


# A path parameter has the type that the function gives it; a decorator gives back the function as it was.
@app.get("/stars/{number:int}")
async def show_star(number: int) -> list[str]:
    return [str(number)]


async def call_it() -> None:
    assert_type(await show_star(1), list[str])
    await show_star("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def misspelt_keyword() -> None:
    Route("/", show, sumary="misspelt")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def misspelt() -> None:
    from armillary.web import Armilary  # type: ignore[attr-defined] # pyright: ignore # noqa: F401
