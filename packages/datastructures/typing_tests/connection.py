"""What type checkers make of connections, headers and multi-dicts. Checked, never run."""

from __future__ import annotations

from typing import assert_type

from armillary.datastructures import (
    URL,
    Address,
    Headers,
    HTTPConnection,
    MultiDict,
    MutableHeaders,
    QueryParams,
    State,
)


class Services(State):
    greeting: str


def read(conn: HTTPConnection[Services], headers: Headers, writable: MutableHeaders) -> None:
    assert_type(conn.state, Services)
    assert_type(conn.state.greeting, str)
    assert_type(conn.url, URL)
    assert_type(conn.query_params, QueryParams)
    assert_type(conn.query_params.get("page"), str | None)
    assert_type(conn.client, Address | None)
    assert_type(conn.cookies, dict[str, str])
    assert_type(headers["accept"], str)
    assert_type(headers.get("accept", "*/*"), str)
    assert_type(headers.getlist("accept"), list[str])
    headers["accept"] = "text/html"  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    writable["accept"] = "text/html"


def untyped(conn: HTTPConnection) -> None:
    assert_type(conn.headers, Headers)


def multi(tags: MultiDict[str, int]) -> None:
    assert_type(tags["a"], int)
    assert_type(tags.getlist("a"), list[int])
    assert_type(tags.multi_items(), list[tuple[str, int]])
