from __future__ import annotations

import json
from typing import Any

APP = """
from functools import partial

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.authentication import requires
from armillary.http import HTTPEndpoint, JSONResponse
from armillary.routing import Host, Mount, Route, Router, WebSocketRoute


class Timing:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


def home(request):
    return JSONResponse({})


@requires("admin")
async def admin(request):
    return JSONResponse({})


async def echo(websocket): ...


class Stars(HTTPEndpoint):
    async def get(self, request):
        return JSONResponse({})


async def files(scope, receive, send): ...


class Files:
    async def __call__(self, scope, receive, send): ...


app = Armillary(
    routes=[
        Route("/", home),
        Route("/stars", Stars, name="stars"),
        WebSocketRoute("/echo", echo),
        Mount("/admin", name="admin", middleware=[Middleware(Timing)], routes=[
            Route("/users", admin, methods=["GET", "POST"], name="users", max_body_size=10),
        ]),
        Mount("/files", Files(), name="files"),
        Host("api.example.org", Router([Route("/v1", partial(home))]), name="api"),
    ],
    middleware=[Middleware(Timing)],
)
"""


def test_routes_are_listed_with_everything_about_them(project: Any) -> None:
    project.write(APP)
    done = project.run("routes", "--json")
    assert done.code == 0, done.err
    listed = json.loads(done.out)
    assert listed["middleware"] == ["Timing"]
    rows = {row["path"]: row for row in listed["routes"]}
    assert rows["/"] == {
        "methods": ["GET"],
        "path": "/",
        "name": "home",
        "endpoint": "app.home",
        "place": "app.py line 19",
        "middleware": [],
        "guards": [],
    }
    assert rows["/stars"]["endpoint"] == "app.Stars"
    assert rows["/stars"]["place"] == "app.py line 31"
    assert rows["/echo"]["methods"] == ["WEBSOCKET"]
    users = rows["/admin/users"]
    assert users["methods"] == ["GET", "POST"]
    assert users["name"] == "admin:users"
    assert users["place"] == "app.py line 23"
    assert users["middleware"] == ["Timing"]
    assert users["guards"] == ["admin"]
    assert rows["/files"]["endpoint"] == "app.Files"
    assert rows["/files"]["methods"] == []
    assert rows["//api.example.org/v1"]["name"] == "api:partial"


def test_the_table_names_methods_path_name_and_line(project: Any) -> None:
    project.write(APP)
    out = project.run("routes").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "GET POST /admin/users admin:users app.admin app.py line 23 Timing admin" in lines
    assert "any /files files app.Files app.py line 39" in lines
    assert lines[-1] == "Around all of them: Timing"


def test_an_application_that_is_mounted_in_itself_is_listed_once(project: Any) -> None:
    project.write(
        "from armillary.applications import Armillary\n"
        "app = Armillary()\n"
        "app.router.mount('/again', app, name='again')\n"
    )
    assert [row["path"] for row in json.loads(project.run("routes", "--json").out)["routes"]] == []
    assert "There is no route." in project.run("routes").out
