"""Code written for Starlette inside a program of Armillary, with the real Starlette installed beside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "served/with_starlette_beside.py"


@pytest.fixture(scope="module")
def responses() -> Any:
    """Return what a program sends whose endpoints raise exceptions of the real Starlette."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM)], capture_output=True, text=True, timeout=180, check=False, cwd=PROGRAM.parent
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_http_exception_of_starlette_is_sent_with_its_status_detail_and_headers(responses: Any) -> None:
    assert responses["plain"] == {
        "/teapot": [418, "tea", "green"],
        "/gone": [410, "Gone", None],
        "/own": [409, "conflict", None],
        "/ws": 403,
    }


def test_handlers_of_its_status_and_class_take_it_and_the_one_of_exceptions_does_not(responses: Any) -> None:
    assert responses["handlers"] == {
        "/teapot": [418, "handled 418 tea", None],
        "/gone": [410, "Gone", None],
        "/own": [409, "handled 409 conflict", None],
        "/ws": 403,
    }


def test_instrumentation_of_starlette_finds_the_route_of_a_request(responses: Any) -> None:
    assert responses["templates"] == ["/users/{id}", "partly /users/{id}", "/files", None]


def test_starlette_exporter_counts_requests_by_their_route(responses: Any) -> None:
    assert "/users/{id} 200 2" in responses["counted"]


def test_opentelemetry_names_spans_by_their_route(responses: Any) -> None:
    assert responses["spans"] == [["GET /users/{id}", "/users/{id}"]]


def test_sentry_names_transactions_by_their_route(responses: Any) -> None:
    assert responses["transactions"] == [["/users/{id}", "http://testserver/users/7"]]
