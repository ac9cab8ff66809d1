"""The page that shows a document."""

from __future__ import annotations

import re
from typing import Any

import pytest

from armillary.http import request_response
from armillary.openapi import SchemaGenerator, SchemaPage
from armillary.openapi._page import render_page
from armillary.routing import Route, Router

HOSTILE = "<script>alert(1)</script>\"'"


def show(request: Any) -> None:
    """
    summary: One order
    description: All of it.
    parameters:
      - {name: verbose, in: query, schema: {type: boolean}, description: More of it.}
    requestBody: {content: {application/json: {schema: {type: object}}}}
    responses:
      200: {description: An order., content: {application/json: {schema: {type: object}}}}
    """


@pytest.mark.anyio
async def test_the_page_shows_every_operation_and_fetches_nothing(call: Any) -> None:
    generator = SchemaGenerator({"openapi": "3.2.0", "info": {"title": "Shop", "version": "1.0"}})
    app = Router([Route("/orders/{id:int}", show, methods=["GET"])])
    page_app = request_response(SchemaPage(generator).show)

    async def within(scope: Any, receive: Any, send: Any) -> None:
        scope["app"] = app
        await page_app(scope, receive, send)

    messages = await call(within)
    page = messages[1]["body"].decode()
    for text in ("Shop", "GET", "/orders/{id}", "One order", "All of it.", "verbose", "An order.", "Request body"):
        assert text in page
    assert not re.search(r"""(src|href|url)\s*[=(]""", page)
    assert "default-src 'none'" in dict(messages[0]["headers"])[b"content-security-policy"].decode()


def test_every_text_of_the_document_is_escaped() -> None:
    parameter = {"name": HOSTILE, "in": HOSTILE, "description": HOSTILE, "schema": {"type": HOSTILE}}
    operation = {
        "summary": HOSTILE,
        "description": HOSTILE,
        "parameters": [parameter],
        "requestBody": {HOSTILE: HOSTILE},
        "responses": {HOSTILE: {"description": HOSTILE, "content": HOSTILE}},
    }
    info = {"title": HOSTILE, "version": HOSTILE, "description": HOSTILE}
    page = render_page({"info": info, "paths": {f"/{HOSTILE}": {"get": operation}}})
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 16


def test_a_document_without_operations_says_so() -> None:
    assert "No operations." in render_page({"info": {}})


def test_what_a_docstring_leaves_empty_is_shown_as_empty() -> None:
    parameters = [{"name": "verbose", "in": "query", "schema": None}, {"$ref": "#/components/parameters/Order"}]
    operation = {"parameters": parameters, "responses": {200: None}}
    page = render_page({"info": {}, "paths": {"/orders": {"get": operation}}})
    assert "<b>200</b>" in page
    assert "#/components/parameters/Order" in page
