"""How a program uses the front door; checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import Annotated, assert_type

from armillary.web import Armillary, JSONResponse, Query, Request, Route

app = Armillary()
assert_type(app, Armillary)


@app.get("/")
async def show(request: Request, limit: Annotated[int, Query(ge=1)] = 20) -> JSONResponse:
    return JSONResponse({"path": request.url.path, "limit": limit})


def misspelt_keyword() -> None:
    Route("/", show, sumary="misspelt")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def misspelt() -> None:
    from armillary.web import Armilary  # type: ignore[attr-defined] # pyright: ignore # noqa: F401
