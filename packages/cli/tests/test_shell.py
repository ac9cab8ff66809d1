from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

APP = """
from contextlib import asynccontextmanager
from armillary.applications import Armillary
from armillary.http import JSONResponse
from armillary.routing import Route


@asynccontextmanager
async def lifespan(app):
    print("opened")
    yield {"stars": 7}
    print("closed")


async def count(request):
    return JSONResponse({"stars": request.state.stars})


app = Armillary(routes=[Route("/", count)], lifespan=lifespan)
"""


def test_a_statement_runs_with_app_and_client_while_the_lifespan_is_open(project: Any) -> None:
    project.write(APP)
    done = project.run("shell", "-c", "client.get('/').json(), app.routes[0].path, count.__name__")
    assert done.out.splitlines() == ["opened", "({'stars': 7}, '/', 'count')", "closed"]


def test_lines_are_read_from_the_standard_input(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(APP)
    monkeypatch.setattr("sys.stdin", io.StringIO("client.get('/').status_code\n"))
    done = project.run("shell")
    assert "200" in done.out
    assert 'app is app:app; client sends requests to it: client.get("/")' in done.err


def test_a_lifespan_that_fails_is_one_sentence(project: Any, fails: Callable[..., str]) -> None:
    project.write(APP.replace('print("opened")', 'raise OSError("no database")'))
    assert fails("shell", "-c", "1") == (
        "the lifespan of app:app raised OSError: no database; correct it, or leave it out with --no-lifespan"
    )
    assert project.run("shell", "--no-lifespan", "-c", "1 + 1").out == "2\n"
