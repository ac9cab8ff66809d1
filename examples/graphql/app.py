"""A bookshelf over GraphQL: queries, a mutation, and a subscription to new books.

Open http://127.0.0.1:8000/ in a browser to try it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import TypeAlias

import strawberry
from graphql import GraphQLError

from armillary.graphql import GraphQLContext
from armillary.web import Armillary, GraphQL, RedirectResponse, Request, Response, Route

Info: TypeAlias = strawberry.Info[GraphQLContext, None]

AUTHORS = {1: "Ursula K. Le Guin", 2: "Stanisław Lem"}


@strawberry.type
class Author:
    id: int
    name: str


async def load_authors(ids: Sequence[int]) -> list[Author]:
    """Load many authors at once; the books of one request share one call."""
    return [Author(id=number, name=AUTHORS[number]) for number in ids]


@strawberry.type
class Book:
    title: str
    author_id: strawberry.Private[int]

    @strawberry.field
    async def author(self, info: Info) -> Author:
        return await info.context.loader(load_authors).load(self.author_id)


BOOKS = [Book(title="The Dispossessed", author_id=1), Book(title="Solaris", author_id=2)]
LISTENERS: set[asyncio.Queue[Book]] = set()


@strawberry.type
class Query:
    @strawberry.field
    def books(self, limit: int = 10) -> list[Book]:
        return BOOKS[: max(limit, 0)]

    @strawberry.field
    def book(self, title: str) -> Book:
        for book in BOOKS:
            if book.title == title:
                return book
        raise GraphQLError(f"There is no book called {title!r}.")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add_book(self, title: str, author_id: int) -> Book:
        if author_id not in AUTHORS:
            raise GraphQLError(f"There is no author {author_id}.")
        book = Book(title=title, author_id=author_id)
        BOOKS.append(book)
        for listener in LISTENERS:
            listener.put_nowait(book)
        return book


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def book_added(self) -> AsyncGenerator[Book]:
        listener: asyncio.Queue[Book] = asyncio.Queue()
        LISTENERS.add(listener)
        try:
            while True:
                yield await listener.get()
        finally:
            LISTENERS.discard(listener)

    @strawberry.subscription
    async def countdown(self, start: int = 3) -> AsyncGenerator[int]:
        for number in range(min(start, 100), -1, -1):
            yield number
            await asyncio.sleep(0.2)


schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
graphql = GraphQL(schema)


async def home(request: Request) -> Response:
    return RedirectResponse("/graphql")


app = Armillary(debug=True, routes=[Route("/", home), Route("/graphql", graphql)])
