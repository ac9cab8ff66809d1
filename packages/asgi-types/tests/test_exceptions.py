"""The exceptions that cross from one part to another."""

from __future__ import annotations

import pickle
from http import HTTPStatus
from typing import Any

import pytest

from armillary.asgi_types import (
    HTTPException,
    WebSocketException,
    reason_phrase,
)


def test_an_http_exception_says_its_reason_phrase_by_default() -> None:
    exc = HTTPException(404)
    assert (exc.status_code, exc.detail, exc.headers) == (404, "Not Found", None)
    assert str(exc) == "404: Not Found"
    assert repr(exc) == "HTTPException(status_code=404, detail='Not Found')"


def test_an_http_exception_keeps_an_empty_detail() -> None:
    assert HTTPException(404, "").detail == ""


def test_a_subclass_shows_its_own_name() -> None:
    class Forbidden(HTTPException): ...

    assert repr(Forbidden(403, "no")) == "Forbidden(status_code=403, detail='no')"


def test_an_unregistered_status_has_no_detail_of_its_own() -> None:
    assert HTTPException(499).detail == ""
    assert HTTPException(499, "Client Closed Request").detail == "Client Closed Request"


@pytest.mark.parametrize("detail", [{"code": 7}, ["a", "b"], 5, {}])
def test_a_detail_of_data_is_kept(detail: object) -> None:
    assert HTTPException(400, detail).detail == detail


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (-1, ValueError, "status_code=-1 must be from 100 to 599"),
        (1000, ValueError, "status_code=1000 must be from 100 to 599"),
        ("404", TypeError, "status_code='404' must be an int such as 404, not str"),
        (True, TypeError, "status_code=True must be an int"),
        (None, TypeError, "status_code=None must be an int"),
    ],
)
def test_a_status_that_cannot_be_sent_is_rejected_where_it_is_written(
    status: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        HTTPException(status)


def test_swapped_arguments_are_named() -> None:
    with pytest.raises(TypeError, match="HTTPException takes the status first"):
        HTTPException("Not Found", 404)  # type: ignore[arg-type]


def test_a_member_of_an_enum_is_a_status() -> None:
    assert HTTPException(HTTPStatus.NOT_FOUND).status_code == 404


def test_a_websocket_exception_has_an_empty_reason_by_default() -> None:
    exc = WebSocketException(1008)
    assert (exc.code, exc.reason) == (1008, "")
    assert str(exc) == "1008: "
    assert repr(exc) == "WebSocketException(code=1008, reason='')"


@pytest.mark.parametrize("exc", [HTTPException(404, "gone", {"a": "b"}), WebSocketException(1008, "no")])
def test_exceptions_survive_pickling(exc: Exception) -> None:
    again = pickle.loads(pickle.dumps(exc))  # noqa: S301
    assert (repr(again), vars(again)) == (repr(exc), vars(exc))


@pytest.mark.parametrize("status", [s for s in HTTPStatus if s.value not in (413, 414, 416, 418, 422)])
def test_phrases_agree_with_the_unchanged_ones_of_the_standard_library(status: HTTPStatus) -> None:
    assert reason_phrase(status.value) == status.phrase


def test_phrases_follow_rfc_9110_on_every_python() -> None:
    assert [reason_phrase(status) for status in (413, 414, 416, 422)] == [
        "Content Too Large",
        "URI Too Long",
        "Range Not Satisfiable",
        "Unprocessable Content",
    ]
