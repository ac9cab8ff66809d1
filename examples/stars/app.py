"""A catalogue of stars: create, read, change and delete, typed and documented.

It keeps its stars in `stars.db`, or the database that STARS_DATABASE names, such as
postgresql://user:password@host/name.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import msgspec
from sqlalchemy.exc import IntegrityError

from armillary.sqlalchemy import Database
from armillary.web import Armillary, HTTPException, OpenAPI, Path, Query, Route
from examples.stars.catalogue import LARGEST_NUMBER, Base, Catalogue, StarRow

database = Database(os.environ.get("STARS_DATABASE", "sqlite:///stars.db"), metadata=Base.metadata)

# Text without control characters: PostgreSQL cannot keep NUL.
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Magnitude = Annotated[float, msgspec.Meta(ge=-30, le=40, description="Apparent; smaller is brighter.", examples=[0.03])]
Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER, description="The star's number.")]


class NewStar(msgspec.Struct, forbid_unknown_fields=True):
    """A star as it is sent to the catalogue."""

    name: Text
    constellation: Text
    magnitude: Magnitude = 0.0


class Star(msgspec.Struct):
    """A star of the catalogue."""

    number: Annotated[int, msgspec.Meta(extra_json_schema={"readOnly": True})]
    name: Text
    constellation: Text
    magnitude: Magnitude


class StarPage(msgspec.Struct):
    """Some of the stars, the brightest first."""

    stars: list[Star]
    total: Annotated[int, msgspec.Meta(ge=0, description="How many there are in all.")]


def star_of(row: StarRow) -> Star:
    return Star(row.number, row.name, row.constellation, row.magnitude)


async def found(catalogue: Catalogue, number: int) -> StarRow:
    row = await catalogue.star(number)
    if row is None:
        raise HTTPException(404, f"No star has the number {number}.")
    return row


async def page(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=LARGEST_NUMBER)] = 0,
    constellation: Annotated[Text | None, Query(description="Only the stars of this constellation.")] = None,
) -> StarPage:
    """List the stars, the brightest first."""
    async with database.transaction(read_only=True) as session:
        rows, total = await Catalogue(session).page(limit, offset, constellation)
        return StarPage([star_of(row) for row in rows], total)


async def show(number: Number) -> Star:
    """Show a star."""
    async with database.transaction(read_only=True) as session:
        return star_of(await found(Catalogue(session), number))


async def add(star: NewStar) -> Star:
    """Add a star."""
    try:
        async with database.transaction() as session:
            return star_of(await Catalogue(session).add(star.name, star.constellation, star.magnitude))
    except IntegrityError:
        raise HTTPException(409, f"There is a star called {star.name} already.") from None


async def change(number: Number, star: NewStar) -> Star:
    """Replace a star."""
    try:
        async with database.transaction() as session:
            row = await found(Catalogue(session), number)
            row.name, row.constellation, row.magnitude = star.name, star.constellation, star.magnitude
            await session.flush()
            return star_of(row)
    except IntegrityError:
        raise HTTPException(409, f"There is a star called {star.name} already.") from None


async def remove(number: Number) -> None:
    """Delete a star."""
    async with database.transaction() as session:
        catalogue = Catalogue(session)
        await catalogue.remove(await found(catalogue, number))


@asynccontextmanager
async def lifespan(app: Armillary) -> AsyncGenerator[None]:
    await database.create_tables()
    async with database:
        yield


MISSING = {404: "No star has this number."}
TAKEN = {409: "There is a star of this name already."}

app = Armillary(
    routes=[
        Route("/stars", page, methods=["GET"], tags=["stars"]),
        Route("/stars", add, methods=["POST"], tags=["stars"], status_code=201, responses=TAKEN),
        Route("/stars/{number:int}", show, methods=["GET"], tags=["stars"], responses=MISSING),
        Route("/stars/{number:int}", change, methods=["PUT"], tags=["stars"], responses=MISSING | TAKEN),
        Route("/stars/{number:int}", remove, methods=["DELETE"], tags=["stars"], status_code=204, responses=MISSING),
    ],
    lifespan=lifespan,
    openapi=OpenAPI(title="Stars", version="1.0", description="A catalogue of stars.", tags=[{"name": "stars"}]),
)
