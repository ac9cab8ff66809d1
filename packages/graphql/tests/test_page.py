"""The page for browsers, and its files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
import strawberry

from armillary.graphql import GraphQL
from armillary.graphql.http import _ide
from armillary.testing import TestClient

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FILES = _ide.FILES


def test_the_page_is_shown_in_debug_mode_or_when_asked(serve: Callable[..., TestClient]) -> None:
    assert serve().get("/", headers=HTML).status_code == 404
    assert serve(debug=True).get("/", headers=HTML).status_code == 200
    assert serve(ide=True).get("/", headers=HTML).status_code == 200
    assert serve(debug=True, ide=False).get("/", headers=HTML).status_code == 404
    assert serve().get("/", params={"graphiql": "graphiql.js"}).status_code == 404


def test_debug_mode_is_that_of_the_application_around(schema: strawberry.Schema) -> None:
    class Around:
        debug = True

        def __init__(self) -> None:
            self.graphql = GraphQL(schema)

        async def __call__(self, scope: dict[str, object], receive: object, send: object) -> None:
            await self.graphql({**scope, "app": self}, receive, send)  # type: ignore[arg-type]

    assert TestClient(Around()).get("/", headers=HTML).status_code == 200  # type: ignore[arg-type]


def test_everything_the_page_asks_for_is_here_and_nothing_else(serve: Callable[..., TestClient]) -> None:
    client = serve(ide=True, title='A & "B"')
    page = client.get("/", headers=HTML)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>A &amp; &quot;B&quot;</title>" in page.text
    links = [link for link in re.findall(r'(?:src|href)="([^"]+)"', page.text) if link != "data:,"]
    assert len(links) == 2
    for link in links:
        assert link.startswith("?graphiql=")
        response = client.get("/" + link.replace("&amp;", "&"))
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["content-type"].startswith("text/")
    for wrong in ("../_ide.py", "NOTICES.graphiql.txt", "versions.json", "graphiql.js.gz", ""):
        assert client.get("/", params={"graphiql": wrong}).status_code == 404


def test_other_files_of_the_same_graphiql_have_other_addresses(
    serve: Callable[..., TestClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def versions() -> set[str]:
        _ide.files_version.cache_clear()
        return set(re.findall(r"&amp;v=(\w+)", serve(ide=True).get("/", headers=HTML).text))

    before = versions()
    content = json.loads((FILES / "versions.json").read_text())
    content["files"]["json.worker.js"] = "0" * 64
    (tmp_path / "versions.json").write_text(json.dumps(content))
    with monkeypatch.context() as patched:
        patched.setattr(_ide, "FILES", tmp_path)
        after = versions()
    assert (len(before), len(after), before & after) == (1, 1, set())  # workers have that of the script
    assert versions() == before


@pytest.mark.parametrize("name", [*_ide.ASSETS])
def test_a_file_is_sent_compressed_to_clients_that_accept_it(name: str, serve: Callable[..., TestClient]) -> None:
    client = serve(ide=True)
    digest = json.loads((FILES / "versions.json").read_text())["files"][name]
    for accepted, encoding in (("gzip", "gzip"), ("br, GZIP;q=0.5", "gzip"), ("identity", None), ("gzip;q=0", None)):
        response = client.get("/", params={"graphiql": name}, headers={"accept-encoding": accepted})
        assert response.headers.get("content-encoding") == encoding
        assert response.headers["vary"] == "Accept-Encoding"
        assert response.headers["content-security-policy"] == "default-src 'none'"
        assert sha256(response.content).hexdigest() == digest


def test_the_page_has_a_strict_policy(serve: Callable[..., TestClient]) -> None:
    policy = serve(ide=True).get("/", headers=HTML).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert policy.count("unsafe-inline") == policy.count("style-src-attr 'unsafe-inline';") == 1


def test_style_elements_need_the_nonce_of_this_response(serve: Callable[..., TestClient]) -> None:
    client = serve(ide=True)
    nonces = set()
    for _ in range(2):
        page = client.get("/", headers=HTML)
        (nonce,) = re.findall(r'nonce="([^"]+)"', page.text)
        assert f"style-src 'self' 'nonce-{nonce}';" in page.headers["content-security-policy"]
        nonces.add(nonce)
    assert len(nonces) == 2


def test_a_query_in_the_address_is_run_and_not_shown_the_page(serve: Callable[..., TestClient]) -> None:
    response = serve(ide=True).get("/", params={"query": "{ hello }"}, headers=HTML)
    assert response.json() == {"data": {"hello": "hello world"}}
