"""Nested routers, whose dependencies are overridden, and to which routes are added, while the program runs."""

from typing import Annotated, Any

from driving import get, note  # type: ignore[import-not-found]
from fastapi import (
    APIRouter,
    Depends,
    FastAPI,
    Header,
)


async def run() -> Any:
    app = FastAPI()

    def settings() -> str:
        return "real"

    async def user(s: Annotated[str, Depends(settings)], x_user: Annotated[str, Header()] = "nobody") -> str:
        note("user")
        return f"{s}:{x_user}"

    class Repo:
        def __init__(self, u: Annotated[str, Depends(user)], limit: int = 3) -> None:
            self.u, self.limit = u, limit

    leaf = APIRouter(prefix="/leaf", tags=["leaf"])
    middle = APIRouter(prefix="/middle", dependencies=[Depends(user)])
    top = APIRouter(prefix="/{tenant}")

    @leaf.get("/one/{n}")
    async def one(n: int, tenant: str, r: Annotated[Repo, Depends()], s: Annotated[str, Depends(settings)]) -> Any:
        return [n, tenant, r.u, r.limit, s]

    @leaf.get("/two")
    def two(u: Annotated[str, Depends(user, use_cache=False)], v: Annotated[str, Depends(user)]) -> Any:
        return u + v

    middle.include_router(leaf)
    top.include_router(middle)
    app.include_router(top, prefix="/api")
    found = []

    async def all_requests() -> None:
        for path in (
            "/api/t/middle/leaf/one/1",
            "/api/t/middle/leaf/one/x?limit=y",
            "/api/t/middle/leaf/two",
            "/api/t/middle/leaf/three",
            "/api/t/middle/leaf",
        ):
            found.append(await get(app, path, x_user="u"))

    await all_requests()
    app.dependency_overrides[settings] = lambda: "fake"
    await all_requests()
    app.dependency_overrides[user] = lambda q: f"query {q}"
    await all_requests()
    app.dependency_overrides[user] = lambda: "simple"
    await all_requests()
    del app.dependency_overrides[settings]
    app.dependency_overrides[Repo] = lambda: type("R", (), {"u": "r", "limit": 0})()
    await all_requests()
    app.dependency_overrides = {}
    await all_requests()

    @leaf.get("/three")
    async def three() -> Any:
        return "late"

    await all_requests()
    app.include_router(leaf, prefix="/again", dependencies=[Depends(lambda: note("again"))])
    found.append(await get(app, "/again/leaf/two"))
    middle.dependencies.append(Depends(lambda: note("appended")))
    await all_requests()
    app.router.routes.pop()
    found.append(await get(app, "/again/leaf/two"))
    return found
