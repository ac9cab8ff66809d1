from __future__ import annotations

from collections.abc import Iterator

import pytest

from armillary.graphql import GraphQLTester, OperationFailed
from armillary.web import TestClient
from examples.graphql.app import BOOKS, LISTENERS, app


@pytest.fixture
def client() -> Iterator[TestClient]:
    books = list(BOOKS)
    with TestClient(app) as client:
        yield client
    BOOKS[:] = books


@pytest.fixture
def tester(client: TestClient) -> GraphQLTester:
    return GraphQLTester(client)


def test_books_come_with_their_authors(tester: GraphQLTester) -> None:
    data = tester.query("{ books(limit: 2) { title author { name } } }")
    assert data == {
        "books": [
            {"title": "The Dispossessed", "author": {"name": "Ursula K. Le Guin"}},
            {"title": "Solaris", "author": {"name": "Stanisław Lem"}},
        ]
    }


def test_an_unknown_title_is_an_error_with_its_place(tester: GraphQLTester) -> None:
    with pytest.raises(OperationFailed, match="There is no book called 'Ulysses'") as failed:
        tester.query('{ book(title: "Ulysses") { title } }')
    assert failed.value.errors[0]["path"] == ["book"]


def test_a_subscriber_hears_of_a_new_book(tester: GraphQLTester) -> None:
    with tester.subscribe("subscription { bookAdded { title } }") as books:
        while not LISTENERS:
            tester.query("{ books { title } }")
        tester.query('mutation { addBook(title: "Fiasco", authorId: 2) { title } }')
        assert next(books) == {"bookAdded": {"title": "Fiasco"}}


def test_the_countdown_ends(tester: GraphQLTester) -> None:
    with tester.subscribe("subscription { countdown(start: 2) }") as numbers:
        assert [result["countdown"] for result in numbers] == [2, 1, 0]


def test_a_browser_is_shown_graphiql(client: TestClient) -> None:
    page = client.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "graphiql.js" in page.text
