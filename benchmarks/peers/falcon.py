"""The program on Falcon."""

from __future__ import annotations

import falcon.asgi
from falcon.asgi import Request, Response
from frame import Application


class _Plaintext:
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "Hello, world!"


class _JSON:
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.media = {"hello": "world"}


class _User:
    async def on_get(self, req: Request, resp: Response, name: str) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = name


class _Planet:
    async def on_get(self, req: Request, resp: Response, star: str, planet: str) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = f"{star} {planet}"


class _Named:
    async def on_post(self, req: Request, resp: Response) -> None:
        document = await req.get_media()
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = document["name"]


class _Query:
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = req.get_param("name", required=True)


class _Found:
    async def on_get(self, req: Request, resp: Response, key: str) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "found"


def application() -> Application:
    """Return the program of six routes."""
    app = falcon.asgi.App()
    app.add_route("/", _Plaintext())
    app.add_route("/json", _JSON())
    app.add_route("/users/{name}", _User())
    app.add_route("/stars/{star}/planets/{planet}", _Planet())
    app.add_route("/named", _Named())
    app.add_route("/query", _Query())
    return app


def thousand_routes() -> Application:
    """Return the program of 1,000 routes."""
    app = falcon.asgi.App()
    found = _Found()
    for at in range(1000):
        app.add_route(f"/items{at}/{{key}}/detail", found)
    return app
