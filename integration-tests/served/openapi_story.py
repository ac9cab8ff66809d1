"""Stars with a document, Swagger UI and credentials; the provider of the OAuth flow is the same application."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from armillary.asgi_types import HTTPException
from armillary.http import JSONLinesResponse, JSONResponse, RedirectResponse, Request, Response
from armillary.openapi import OpenAPI, Redoc, SwaggerUI
from armillary.routing import Route, Router


@dataclass
class Star:
    """A star of the catalogue."""

    name: str
    magnitude: float = 0.0


STARS = {1: Star("Vega", 0.03), 2: Star("Deneb", 1.25)}


async def show(request: Request[Any]) -> JSONResponse:
    """Show a star.

    ---
    security: [{key: []}]
    responses:
      200:
        description: The star.
        content: {application/json: {schema: {$ref: '#/components/schemas/Star'}}}
      404: {description: No star has this number.}
    """
    if request.headers.get("x-key") != "lyra":
        raise HTTPException(401, "The key is missing or wrong.")
    star = STARS.get(request.path_params["number"])
    if star is None:
        raise HTTPException(404)
    return JSONResponse(asdict(star))


async def add(request: Request[Any]) -> JSONResponse:
    """Add a star.

    ---
    security: [{login: [write]}]
    requestBody:
      required: true
      content: {application/json: {schema: {$ref: '#/components/schemas/Star'}}}
    responses:
      201:
        description: The star.
        content: {application/json: {schema: {$ref: '#/components/schemas/Star'}}}
    """
    if request.headers.get("authorization") != "Bearer token-of-ada":
        raise HTTPException(401, "Sign in first.")
    return JSONResponse(asdict(Star(**await request.json())), 201)


async def every(request: Request[Any]) -> Response:
    """List the stars.

    ---
    parameters:
      - {name: tag, in: query, schema: {type: array, items: {type: string}}}
    responses:
      200:
        description: The stars.
        content: {application/jsonl: {itemSchema: {$ref: '#/components/schemas/Star'}}}
    """

    async def lines() -> Any:
        for star in STARS.values():
            yield asdict(star)

    return JSONLinesResponse(lines())


async def authorize(request: Request[Any]) -> RedirectResponse:
    query = {"code": "code-of-ada", "state": request.query_params["state"]}
    return RedirectResponse(f"{request.query_params['redirect_uri']}?{urlencode(query)}")


async def token(request: Request[Any]) -> JSONResponse:
    form = await request.form()
    if form["code"] != "code-of-ada" or "code_verifier" not in form:
        raise HTTPException(400)
    return JSONResponse({"access_token": "token-of-ada", "token_type": "bearer"})


app = Router(
    [
        Route("/stars/{number:int}", show),
        Route("/stars", every, methods=["GET"]),
        Route("/stars", add, methods=["POST"]),
        Route("/authorize", authorize, include_in_schema=False),
        Route("/token", token, methods=["POST"], include_in_schema=False),
    ]
)
flow = {"authorizationUrl": "/authorize", "tokenUrl": "/token", "scopes": {"write": "Add stars"}}
OpenAPI(
    title="Stars",
    version="1.0",
    description="The brightest **stars**.",
    security_schemes={
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "login": {"type": "oauth2", "flows": {"authorizationCode": flow}},
    },
    components={"responses": {"Star": {"description": "A star.", "content": {"application/json": {"schema": Star}}}}},
    pages=[
        SwaggerUI(oauth={"clientId": "docs", "usePkceWithAuthorizationCodeGrant": True}),
        Redoc(),
    ],
).add_to(app)
