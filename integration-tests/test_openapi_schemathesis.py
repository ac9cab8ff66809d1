"""What schemathesis makes of a document: every request it invents gets a response that the document describes."""

from __future__ import annotations

import asyncio
import importlib
import sys
from typing import Any

import hypothesis
import msgspec
import pytest
import schemathesis
from schemathesis.checks import CHECKS

OPERATIONS = ["get_stars", "post_stars", "get_stars_by_number", "put_stars_by_number", "delete_stars_by_number"]
EXAMPLES = 60


@schemathesis.serializer("application/msgpack")
def send_msgpack(context: Any, value: Any) -> Any:
    return msgspec.msgpack.encode(value)


@schemathesis.deserializer("application/msgpack")
def receive_msgpack(context: Any, response: Any) -> Any:
    return msgspec.msgpack.decode(response.content)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STARS_DATABASE", f"sqlite:///{tmp_path_factory.mktemp('stars')}/stars.db")
        for name in ("examples.stars.app", "examples.stars.catalogue"):
            sys.modules.pop(name, None)
        stars = importlib.import_module("examples.stars.app")
    asyncio.run(stars.database.create_tables())
    return schemathesis.openapi.from_asgi("/openapi.json", stars.app)


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_response_is_one_that_the_document_describes(document: Any, operation_id: str) -> None:
    operation = document.find_operation_by_id(operation_id)
    statuses: set[int] = set()

    @hypothesis.given(case=operation.as_strategy())
    @hypothesis.settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    def responds(case: Any) -> None:
        statuses.add(case.call_and_validate().status_code)

    responds()
    assert statuses


def test_all_of_schemathesis_checks_are_made(document: Any) -> None:
    names = {check.__name__ for check in CHECKS.get_all()}
    assert {
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    } <= names
