"""The paths of one request, with and without the prefixes of the server and of mounts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from armillary.datastructures import get_route_path, request_paths

BELOW_A_MOUNT = {
    "root_path": "/srv/app",
    "app_root_path": "/srv",
    "armillary.mount": SimpleNamespace(root_path="/srv/app", path="/app", template="/app"),
}


@pytest.mark.parametrize(
    ("scope", "paths"),
    [
        ({"path": "/login"}, ["/login"]),
        ({"path": "//login/", "root_path": ""}, ["/login"]),
        ({"path": "/app/login", "root_path": "/app"}, ["/app/login", "/login"]),
        ({"path": "/app", "root_path": "/app"}, ["/app", "/"]),
        ({"path": "/login", "root_path": "/app"}, ["/login", "/app/login"]),
        ({"path": "/applogin", "root_path": "/app"}, ["/applogin", "/app/applogin"]),
        ({"path": "/login", "root_path": "/"}, ["/login"]),
        ({"path": "/srv/app/login", **BELOW_A_MOUNT}, ["/srv/app/login", "/app/login", "/login"]),
        ({"path": "/app/login", **BELOW_A_MOUNT}, ["/app/login", "/srv/app/login", "/login"]),
        (
            {"path": "/srv/app/u/1", **BELOW_A_MOUNT, "armillary": {"route_path": "/app/u/{id}"}},
            ["/srv/app/u/1", "/app/u/{id}", "/u/{id}", "/app/u/1", "/u/1"],
        ),
    ],
)
def test_a_limit_may_mean_a_request_by_each_of_its_paths(scope: Any, paths: list[str]) -> None:
    assert request_paths({"type": "http", **scope}) == paths


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ({"path": "/static/a"}, "/static/a"),
        ({"path": "/static//a/", "root_path": "/static"}, "//a/"),
        ({"path": "/static", "root_path": "/static/"}, ""),
        ({"path": "/statics/a", "root_path": "/static"}, "/statics/a"),
        ({"path": "/app/a", **BELOW_A_MOUNT}, "/a"),
    ],
)
def test_the_path_below_the_root_begins_after_whole_segments(scope: Any, path: str) -> None:
    assert get_route_path(scope) == path
