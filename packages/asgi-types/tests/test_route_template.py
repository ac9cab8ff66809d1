"""`find_route_template`: what a log line or a span says of the route."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from armillary.asgi_types import expect_route_template, find_route_template


@pytest.mark.parametrize(
    ("scope", "template"),
    [
        ({}, None),
        ({"armillary": {}}, None),
        ({"route": None}, None),
        ({"route": SimpleNamespace(host="example.org")}, None),
        ({"route": SimpleNamespace(path="")}, None),
        ({"route": SimpleNamespace(path=7)}, None),
        ({"route": SimpleNamespace(path="/users/{id}")}, "/users/{id}"),
        ({"route": SimpleNamespace(path="/{id}"), "armillary": {"route_path": "/users/{id}"}}, "/users/{id}"),
        ({"route": SimpleNamespace(path="/{id}"), "armillary": {"route_path": ""}}, None),
    ],
)
def test_the_template_of_the_matched_route_with_its_mounts(scope: dict[str, Any], template: str | None) -> None:
    assert find_route_template(scope) == template


def test_an_expected_template_leaves_the_parameters_and_the_record_there_are() -> None:
    scope: dict[str, Any] = {"path_params": {"id": 7}, "armillary": {"request_id": "a1"}}
    assert expect_route_template(scope) is scope["armillary"]
    assert scope == {"path_params": {"id": 7}, "armillary": {"request_id": "a1"}}
