"""Programs that `served.py` loads: written for Starlette and FastAPI, with no word of Armillary."""

from __future__ import annotations

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


class Star(BaseModel):
    """What the program with a model returns."""

    name: str
    magnitude: float
    names: list[str]


async def hello(request: Request) -> JSONResponse:
    """Return a small document."""
    return JSONResponse({"hello": "world"})


starlette_json = Starlette(routes=[Route("/", hello)])

fastapi_dict = FastAPI()


@fastapi_dict.get("/")
async def hello_dict() -> dict[str, str]:
    """Return a small dict."""
    return {"hello": "world"}


fastapi_model = FastAPI()


@fastapi_model.get("/")
async def star() -> Star:
    """Return a model."""
    return Star(name="Vega", magnitude=0.03, names=["Alpha Lyrae", "HR 7001"])
