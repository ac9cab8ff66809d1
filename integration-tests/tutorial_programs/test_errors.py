"""Programs that handle errors, each as a page of FastAPI's tutorial has one."""

from typing import Any

import msgspec

from armillary.web import (
    Armillary,
    HTTPException,
    JSONResponse,
    PlainTextResponse,
    Request,
    TestClient,
    ValidationError,
    problem_details,
)


def test_an_error_is_raised_with_a_status_a_detail_and_headers() -> None:
    app = Armillary()

    @app.get("/stars/{key}")
    async def star(key: str) -> str:
        if key != "vega":
            raise HTTPException(404, "No such star", headers={"X-Error": "There goes my error"})
        return key

    client = TestClient(app)
    assert client.get("/stars/vega").json() == "vega"
    missing = client.get("/stars/nemesis")
    assert (missing.status_code, missing.headers["x-error"]) == (404, "There goes my error")
    assert missing.json() == {"title": "Not Found", "status": 404, "detail": "No such star"}


def test_a_detail_may_be_data() -> None:
    app = Armillary()

    @app.get("/")
    async def fail() -> None:
        raise HTTPException(418, {"pot": "tea"})

    assert TestClient(app).get("/").json()["detail"] == {"pot": "tea"}


def test_an_exception_of_one_s_own_has_a_handler() -> None:
    class CloudsError(Exception):
        def __init__(self, where: str) -> None:
            self.where = where

    async def clouds(request: Request, exc: CloudsError) -> JSONResponse:
        return JSONResponse({"message": f"Clouds over {exc.where}"}, status_code=418)

    app = Armillary(exception_handlers={CloudsError: clouds})

    @app.get("/sky/{place}")
    async def sky(place: str) -> str:
        raise CloudsError(place)

    sent = TestClient(app).get("/sky/oslo")
    assert (sent.status_code, sent.json()) == (418, {"message": "Clouds over oslo"})


def test_the_errors_of_validation_and_of_http_have_other_handlers() -> None:
    class Star(msgspec.Struct):
        size: int

    async def invalid(request: Request, exc: ValidationError) -> JSONResponse:
        return JSONResponse({"errors": exc.errors, "body": await request.json()}, status_code=400)

    async def failed(request: Request, exc: HTTPException) -> PlainTextResponse:
        return PlainTextResponse(str(exc.detail), status_code=exc.status_code)

    app = Armillary(exception_handlers={ValidationError: invalid, HTTPException: failed})

    @app.post("/stars")
    async def add(star: Star) -> Star:
        if star.size == 3:
            raise HTTPException(418, "Nope! I don't like 3.")
        return star

    client = TestClient(app)
    wrong = client.post("/stars", json={"size": "XL"})
    seen: dict[str, Any] = wrong.json()
    assert (wrong.status_code, seen["body"], seen["errors"][0]["pointer"]) == (400, {"size": "XL"}, "/size")
    assert client.post("/stars", json={"size": 3}).text == "Nope! I don't like 3."


def test_a_handler_of_one_s_own_extends_the_one_there_is() -> None:
    seen: list[str] = []

    respond: Any = problem_details()[HTTPException]

    async def failed(request: Request, exc: HTTPException) -> Any:
        seen.append(request.url.path)
        return await respond(request, exc)

    app = Armillary(exception_handlers={HTTPException: failed})
    assert TestClient(app).get("/nowhere").json()["status"] == 404
    assert seen == ["/nowhere"]
