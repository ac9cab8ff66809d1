"""Typed endpoints: parameters with a typed result, a JSON body that is validated, a list as result."""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NamedTuple

import msgspec
from frame import BARE, Application, BenchmarkRequest, Contest, bare_application, json_value

STARS = [{"number": number, "name": f"star {number}", "magnitude": number / 8} for number in range(100)]
CATALOGUE = {"title": "bright stars", "epoch": 2000, "stars": STARS[:24]}
BODY = json.dumps(CATALOGUE).encode()
"""1.2 KiB."""

OF_BODY = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY)))
RESULTS = {
    "typed: path, query, result": {"number": 7, "name": "si", "magnitude": 0.5},
    "typed: JSON body": {"number": 24, "name": "bright stars", "magnitude": 0.5},
    "typed: list of 100": STARS,
}
REQUESTS = {
    "typed: path, query, result": BenchmarkRequest("/stars/7", query=b"units=si", client_stays=True),
    "typed: JSON body": BenchmarkRequest("/catalogues", "POST", headers=OF_BODY, bodies=(BODY,), client_stays=True),
    "typed: list of 100": BenchmarkRequest("/stars", client_stays=True),
}


class Star(msgspec.Struct):
    """A result, of the two frameworks that take structs."""

    number: int
    name: str
    magnitude: float


class Catalogue(msgspec.Struct):
    """A body, likewise."""

    title: str
    epoch: int
    stars: list[Star]


class Peer(NamedTuple):
    """An application, and what has to be awaited before its first request."""

    application: Application
    start: Callable[[], Awaitable[Any]] | None = None


def _armillary() -> Peer:
    from armillary.applications import Armillary

    app = Armillary()
    known = [Star(**star) for star in STARS]

    async def show(number: int, units: str = "si") -> Star:
        return Star(number, units, 0.5)

    async def add(catalogue: Catalogue) -> Star:
        return Star(len(catalogue.stars), catalogue.title, 0.5)

    async def page() -> list[Star]:
        return known

    app.get("/stars/{number:int}")(show)
    app.post("/catalogues")(add)
    app.get("/stars")(page)
    return Peer(app)


def _fastapi() -> Peer:
    import pydantic
    from fastapi import FastAPI

    class Star(pydantic.BaseModel):
        number: int
        name: str
        magnitude: float

    class Catalogue(pydantic.BaseModel):
        title: str
        epoch: int
        stars: list[Star]

    app = FastAPI(openapi_url=None)
    known = [Star(**star) for star in STARS]

    async def show(number: int, units: str = "si") -> Star:
        return Star(number=number, name=units, magnitude=0.5)

    async def add(catalogue: Catalogue) -> Star:
        return Star(number=len(catalogue.stars), name=catalogue.title, magnitude=0.5)

    async def page() -> list[Star]:
        return known

    app.get("/stars/{number}")(show)
    app.post("/catalogues")(add)
    app.get("/stars")(page)
    return Peer(app)


def _litestar() -> Peer:
    from litestar import Litestar, get, post

    known = [Star(**star) for star in STARS]

    async def show(number: int, units: str = "si") -> Star:
        return Star(number, units, 0.5)

    async def add(data: Catalogue) -> Star:
        return Star(len(data.stars), data.title, 0.5)

    async def page() -> list[Star]:
        return known

    routes = [get("/stars/{number:int}")(show), post("/catalogues", status_code=200)(add), get("/stars")(page)]
    return Peer(Litestar(routes, openapi_config=None))


def _blacksheep() -> Peer:
    from blacksheep import Application as BlackSheep, FromJSON
    from blacksheep.server.routing import Router

    @dataclass
    class Star:
        number: int
        name: str
        magnitude: float

    @dataclass
    class Catalogue:
        title: str
        epoch: int
        stars: list[Star]

    app = BlackSheep(router=Router())
    known = [Star(**star) for star in STARS]

    async def show(number: int, units: str = "si") -> Star:
        return Star(number, units, 0.5)

    async def add(catalogue: FromJSON[Catalogue]) -> Star:
        return Star(len(catalogue.value.stars), catalogue.value.title, 0.5)

    async def page() -> list[Star]:
        return known

    app.router.get("/stars/{number}")(show)
    app.router.post("/catalogues")(add)
    app.router.get("/stars")(page)
    return Peer(app, app.start)


PROGRAMS = {"armillary": _armillary, "fastapi": _fastapi, "litestar": _litestar, "blacksheep": _blacksheep}
"""One program a framework, with the types that its documentation uses and its defaults."""


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield a contest for each endpoint, between the frameworks that are installed."""
    peers = {name: make() for name, make in PROGRAMS.items() if find_spec(name) is not None}
    starts = {name: peer.start for name, peer in peers.items() if peer.start is not None}
    for name, request in REQUESTS.items():
        bare = bare_application(json.dumps(RESULTS[name]).encode(), b"application/json")
        applications = {BARE: bare, **{peer: program.application for peer, program in peers.items()}}
        yield name, Contest(request, applications, json_value, starts)
