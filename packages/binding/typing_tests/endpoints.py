"""How a program uses the package; checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import Annotated, assert_type

import msgspec

from armillary.binding import BoundEndpoint, Depends, Header, Path, Query, bind


class Star(msgspec.Struct):
    name: str


async def user(token: Annotated[str, Header()]) -> str:
    return token


async def show(
    number: Annotated[int, Path(ge=1)],
    user: Annotated[str, Depends(user)],
    limit: Annotated[int, Query(ge=1, le=100, examples=[20])] = 20,
) -> Star:
    return Star(f"{user} {number} {limit}")


assert_type(bind(show, path=["number"], status_code=201), BoundEndpoint)


def misspelt() -> None:
    bind(show, path=["number"], status_kode=201)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Query(great_than=1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Depends(1)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


async def wrong() -> Star:
    return "Vega"  # type: ignore[return-value] # pyright: ignore[reportReturnType]
