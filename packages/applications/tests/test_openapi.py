"""The argument `openapi`."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.applications import Armillary
from armillary.routing import Route


async def show(request: Any) -> Any: ...


class Description:
    def add_to(self, app: Any) -> None:
        app.routes.insert(0, Route("/described", show))


def test_a_description_adds_its_routes_to_those_of_the_application() -> None:
    app = Armillary(routes=[Route("/", show)], openapi=Description())
    assert [str(getattr(route, "path", "")) for route in app.routes] == ["/described", "/"]


def test_anything_else_is_an_error_that_names_the_class() -> None:
    wrong: Any = True
    with pytest.raises(TypeError, match=r"openapi takes an armillary.openapi.OpenAPI, got True; write openapi=OpenAPI"):
        Armillary(openapi=wrong)
