"""Programs of dependencies, each as a page of FastAPI's tutorial has one."""

from collections.abc import AsyncGenerator, Generator
from typing import Annotated

import pytest

from armillary.web import Armillary, BackgroundTasks, Depends, Header, HTTPException, Query, Router, TestClient


def test_a_function_is_a_dependency_of_several_endpoints() -> None:
    async def page(q: str = "", skip: int = 0, limit: int = 100) -> list[object]:
        return [q, skip, limit]

    app = Armillary()

    @app.get("/stars")
    async def stars(page: Annotated[list[object], Depends(page)]) -> list[object]:
        return page

    @app.get("/observers")
    async def observers(page: Annotated[list[object], Depends(page)]) -> list[object]:
        return page

    client = TestClient(app)
    assert client.get("/stars?q=a&limit=2").json() == ["a", 0, 2]
    assert client.get("/observers?skip=x").status_code == 422


def test_a_class_is_a_dependency() -> None:
    class Page:
        def __init__(self, skip: int = 0, limit: int = 100) -> None:
            self.skip = skip
            self.limit = limit

    app = Armillary()

    @app.get("/stars")
    async def stars(page: Annotated[Page, Depends()]) -> list[int]:
        return [page.skip, page.limit]

    assert TestClient(app).get("/stars?limit=5").json() == [0, 5]


def test_dependencies_depend_on_dependencies_and_are_called_once() -> None:
    calls: list[str] = []

    def query(q: str = "") -> str:
        calls.append("query")
        return q

    def either(q: Annotated[str, Depends(query)], old: Annotated[str, Header()] = "") -> str:
        return q or old

    app = Armillary()

    @app.get("/")
    async def read(found: Annotated[str, Depends(either)], q: Annotated[str, Depends(query)]) -> list[str]:
        return [found, q]

    assert TestClient(app).get("/", headers={"old": "vega"}).json() == ["vega", ""]
    assert calls == ["query"]


async def verify_token(x_token: Annotated[str, Header()]) -> None:
    if x_token != "fake-super-secret-token":
        raise HTTPException(400, "X-Token header invalid")


def test_a_route_a_router_and_an_application_have_dependencies() -> None:
    app = Armillary()
    guarded = Armillary(dependencies=[Depends(verify_token)])
    admin = Router(dependencies=[Depends(verify_token)])

    async def show() -> str:
        return "shown"

    app.get("/route", dependencies=[Depends(verify_token)])(show)
    app.get("/open")(show)
    admin.get("/users")(show)
    guarded.get("/open")(show)
    app.include(admin, "/admin")
    client = TestClient(app)
    assert client.get("/open").json() == "shown"
    for sender, path in ((client, "/route"), (client, "/admin/users"), (TestClient(guarded), "/open")):
        assert sender.get(path).status_code == 422
        assert sender.get(path, headers={"x-token": "x"}).status_code == 400
        assert sender.get(path, headers={"x-token": "fake-super-secret-token"}).json() == "shown"


def test_a_dependency_that_yields_closes_what_it_opened() -> None:
    events: list[str] = []

    async def outer() -> AsyncGenerator[str]:
        events.append("open outer")
        yield "outer"
        events.append("close outer")

    def inner(outer: Annotated[str, Depends(outer)]) -> Generator[str]:
        events.append("open inner")
        try:
            yield f"{outer} inner"
        finally:
            events.append("close inner")

    app = Armillary()

    @app.get("/")
    async def show(inner: Annotated[str, Depends(inner)], tasks: BackgroundTasks) -> str:
        tasks.add_task(events.append, "task")
        return inner

    assert TestClient(app).get("/").json() == "outer inner"
    assert events == ["open outer", "open inner", "task", "close inner", "close outer"]


def test_a_dependency_that_yields_turns_an_error_into_a_response() -> None:
    class OwnerError(Exception): ...

    async def owner() -> AsyncGenerator[str]:
        try:
            yield "Rick"
        except OwnerError as exc:
            raise HTTPException(400, f"Owner error: {exc}") from None

    app = Armillary()

    @app.get("/")
    async def show(owner: Annotated[str, Depends(owner)]) -> str:
        raise OwnerError(owner)

    sent = TestClient(app).get("/")
    assert (sent.status_code, sent.json()["detail"]) == (400, "Owner error: Rick")


def test_a_dependency_that_yields_does_not_swallow_an_error() -> None:
    async def quiet() -> AsyncGenerator[str]:
        try:
            yield "x"
        except RuntimeError:
            pass

    app = Armillary()

    @app.get("/")
    async def show(quiet: Annotated[str, Depends(quiet)]) -> str:
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError, match="lost"):
        TestClient(app).get("/")


def test_a_dependency_may_end_before_the_response() -> None:
    async def early() -> AsyncGenerator[int]:
        yield 1
        raise HTTPException(409)  # before the response, and so instead of it

    app = Armillary()

    @app.get("/")
    async def show(early: Annotated[int, Depends(early, scope="function")]) -> int:
        return early

    assert TestClient(app).get("/").status_code == 409


def test_a_dependency_has_parameters_of_its_own_at_construction() -> None:
    class Checker:
        def __init__(self, content: str) -> None:
            self.content = content

        def __call__(self, q: str = "") -> bool:
            return self.content in q

    app = Armillary()

    @app.get("/")
    async def check(has: Annotated[bool, Depends(Checker("bar"))]) -> bool:
        return has

    client = TestClient(app)
    assert (client.get("/?q=foobar").json(), client.get("/?q=foo").json()) == (True, False)


def test_a_dependency_is_replaced_in_a_test() -> None:
    async def real(q: Annotated[str, Query()]) -> str:
        return q

    app = Armillary()

    @app.get("/")
    async def show(value: Annotated[str, Depends(real)]) -> str:
        return value

    client = TestClient(app)
    app.dependency_overrides[real] = lambda: "pretended"
    assert client.get("/").json() == "pretended"
    app.dependency_overrides.clear()
    assert client.get("/?q=real").json() == "real"
