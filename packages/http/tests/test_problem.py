from __future__ import annotations

import json
from typing import Any

import pytest

from armillary.asgi_types import HTTPException
from armillary.http import JSONResponse, ProblemException, ProblemResponse, Request, problem_details, request_response

pytestmark = pytest.mark.anyio


def document(response: ProblemResponse) -> Any:
    return json.loads(response.body)


def test_a_status_alone_is_titled_by_its_phrase() -> None:
    response = ProblemResponse(404)
    assert document(response) == {"title": "Not Found", "status": 404}
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == 404


def test_every_member_is_sent() -> None:
    response = ProblemResponse(
        403,
        "Your balance is 30, but that costs 50.",
        type="https://example.com/probs/out-of-credit",
        title="You do not have enough credit.",
        instance="/account/12345/msgs/abc",
        extensions={"balance": 30, "accounts": ["/account/1"]},
    )
    assert document(response) == {
        "type": "https://example.com/probs/out-of-credit",
        "title": "You do not have enough credit.",
        "status": 403,
        "detail": "Your balance is 30, but that costs 50.",
        "instance": "/account/12345/msgs/abc",
        "balance": 30,
        "accounts": ["/account/1"],
    }


def test_an_unregistered_status_has_no_title() -> None:
    assert document(ProblemResponse(599)) == {"status": 599}


@pytest.mark.parametrize("name", ["status", "type", "detail", "", "a-b", "1st", "a b"])
def test_extension_names_are_words_of_their_own(name: str) -> None:
    with pytest.raises(ValueError, match="extension member"):
        ProblemResponse(400, extensions={name: 1})


class TestWholeApplication:
    async def respond(self, exchange: Any, exc: Exception, **options: Any) -> Any:
        async def failing(request: Request) -> ProblemResponse:
            raise exc

        return await exchange(armillary={"exception_handlers": problem_details(**options)}).run(
            request_response(failing)
        )

    async def test_an_http_exception_is_a_problem(self, exchange: Any) -> None:
        sent = await self.respond(exchange, HTTPException(405, headers={"Allow": "GET"}))
        assert sent.status == 405
        assert sent.headers["allow"] == "GET"
        assert json.loads(sent.body) == {"title": "Method Not Allowed", "status": 405}

    async def test_its_detail_is_sent(self, exchange: Any) -> None:
        sent = await self.respond(exchange, HTTPException(404, "No such order."))
        assert json.loads(sent.body) == {"title": "Not Found", "status": 404, "detail": "No such order."}

    async def test_any_other_exception_does_not_reveal_its_cause(self, exchange: Any) -> None:
        sent = await self.respond(exchange, ValueError("the password is hunter2"))
        assert (sent.status, json.loads(sent.body)) == (500, {"title": "Internal Server Error", "status": 500})

    async def test_a_problem_exception_brings_its_members(self, exchange: Any) -> None:
        exc = ProblemException(409, "Sold out.", type="https://e.com/sold-out", title="Sold", extensions={"left": 0})
        sent = await self.respond(exchange, exc)
        assert sent.headers["content-type"] == "application/problem+json"
        assert json.loads(sent.body) == {
            "type": "https://e.com/sold-out",
            "title": "Sold",
            "status": 409,
            "detail": "Sold out.",
            "left": 0,
        }

    async def test_errors_of_an_exception_are_a_member(self, exchange: Any) -> None:
        class Invalid(HTTPException):
            errors = [{"path": "/a", "message": "must be a number"}]

        sent = await self.respond(exchange, Invalid(422))
        assert json.loads(sent.body)["errors"] == Invalid.errors

    async def test_errors_without_a_json_form_are_left_out(self, exchange: Any) -> None:
        class Invalid(HTTPException):
            errors = [ValueError("x")]

        assert json.loads((await self.respond(exchange, Invalid(422))).body) == {
            "title": "Unprocessable Content",
            "status": 422,
        }

    async def test_bad_json_says_where(self, exchange: Any) -> None:
        async def reading(request: Request) -> JSONResponse:
            return JSONResponse(await request.json())

        headers = [(b"content-type", b"application/json")]
        one = exchange(armillary={"exception_handlers": problem_details()}, method="POST", headers=headers, body=b"{,")
        problem = json.loads((await one.run(request_response(reading))).body)
        assert problem["status"] == 400
        assert "line 1 column 2" in problem["detail"]

    async def test_members_can_be_added(self, exchange: Any) -> None:
        sent = await self.respond(exchange, HTTPException(400), extensions=lambda exc: {"kind": type(exc).__name__})
        assert json.loads(sent.body)["kind"] == "HTTPException"

    @pytest.mark.parametrize("status", [204, 304])
    async def test_a_bodiless_status_has_no_document(self, exchange: Any, status: int) -> None:
        sent = await self.respond(exchange, HTTPException(status, headers={"ETag": '"v1"'}))
        assert sent.body == b""
        # A cache takes the fields of a 304 for those of the page it keeps.
        assert sent.headers == {"etag": '"v1"'}

    async def test_without_the_handlers_a_problem_exception_brings_its_members_too(self, exchange: Any) -> None:
        async def failing(request: Request) -> ProblemResponse:
            raise ProblemException(409, "Sold out.", extensions={"left": 0})

        sent = await exchange().run(request_response(failing))
        assert json.loads(sent.body) == {"title": "Conflict", "status": 409, "detail": "Sold out.", "left": 0}
        assert sent.headers["vary"] == "Accept"
