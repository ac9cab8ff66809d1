from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.staticfiles import StaticFiles

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("error"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "static"
    (root / "real").mkdir(parents=True)
    (root / "real" / "page.txt").write_text("inside")
    sibling = tmp_path / "static_private"
    sibling.mkdir()
    (sibling / "secret.txt").write_text("secret")
    (root / "alias.txt").symlink_to(root / "real" / "page.txt")
    (root / "folder").symlink_to("real")
    (root / "leak.txt").symlink_to(sibling / "secret.txt")
    (root / "leak").symlink_to(sibling)
    (root / "loop").symlink_to("loop")
    (root / "up").symlink_to("..")
    return root


@pytest.mark.parametrize("path", ["/alias.txt", "/folder/page.txt"])
async def test_link_that_stays_inside_is_followed(path: str, tree: Path, ask: Callable[..., Any]) -> None:
    assert (await ask(StaticFiles(directory=tree), path)).text == "inside"


@pytest.mark.parametrize("path", ["/leak.txt", "/leak/secret.txt", "/up/static_private/secret.txt", "/loop", "/loop/x"])
async def test_link_that_leads_out_is_a_plain_404(path: str, tree: Path, ask: Callable[..., Any]) -> None:
    response = await ask(StaticFiles(directory=tree), path)
    missing = await ask(StaticFiles(directory=tree), "/nothing")
    assert (response.status, response.raw_headers, response.body) == (404, missing.raw_headers, missing.body)


async def test_link_that_leads_out_is_followed_where_that_is_asked_for(tree: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=tree, follow_symlink=True)
    assert (await ask(app, "/leak/secret.txt")).text == "secret"
    assert (await ask(app, "/loop")).status == 404


async def test_sibling_directory_with_the_same_prefix_is_outside(tree: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=tree)
    for path in ("/../static_private/secret.txt", "_private/secret.txt", "/.._private/secret.txt"):
        assert (await ask(app, path)).status == 404


async def test_served_directory_may_itself_be_a_link(tree: Path, ask: Callable[..., Any]) -> None:
    link = tree.parent / "current"
    link.symlink_to(tree)
    app = StaticFiles(directory=link)
    assert (await ask(app, "/real/page.txt")).text == "inside"
    assert (await ask(app, "/alias.txt")).text == "inside"
    assert (await ask(app, "/leak.txt")).status == 404


async def test_pipe_is_no_file_and_does_not_block(tree: Path, ask: Callable[..., Any]) -> None:
    os.mkfifo(tree / "pipe")
    assert (await ask(StaticFiles(directory=tree), "/pipe")).status == 404


async def test_coded_sibling_that_is_a_link_out_is_not_served(tree: Path, ask: Callable[..., Any]) -> None:
    (tree / "app.js").write_text("let a")
    (tree / "app.js.gz").symlink_to(tree.parent / "static_private" / "secret.txt")
    response = await ask(StaticFiles(directory=tree), "/app.js", headers={"accept-encoding": "gzip"})
    assert response.text == "let a"
