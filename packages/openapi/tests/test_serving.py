"""The document and the page as they are served."""

from __future__ import annotations

import gzip
import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from armillary.openapi import AsyncAPI, OpenAPI, Redoc, SwaggerUI
from armillary.openapi.document import _served_document
from armillary.openapi.pages._page import outside_origins, relative_url
from armillary.openapi.pages._swagger_ui import FILES, FOLDER
from armillary.redoc import VERSION
from armillary.routing import Mount, Route, Router
from armillary.serialization import encode_json


async def show(request: Any) -> None:
    """Show."""


def served(**arguments: Any) -> Router:
    router = Router([Route("/stars", show)])
    OpenAPI(title="<Stars>", yaml_path="/openapi.yaml", **arguments).add_to(router)
    return router


def headers_of(messages: list[Any]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in messages[0]["headers"]}


def body_of(messages: list[Any]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages[1:])


@pytest.mark.anyio
async def test_the_document_is_served_as_json_and_as_yaml(call: Any) -> None:
    app = served()
    as_json, as_yaml = await call(app, "/openapi.json"), await call(app, "/openapi.yaml")
    assert headers_of(as_json)["content-type"] == "application/json"
    assert headers_of(as_yaml)["content-type"].startswith("application/yaml")
    document = json.loads(body_of(as_json))
    assert yaml.safe_load(body_of(as_yaml)) == document
    assert list(document["paths"]) == ["/stars"]


@pytest.mark.anyio
async def test_a_client_that_has_the_document_is_sent_304(call: Any) -> None:
    app = served()
    etag = headers_of(await call(app, "/openapi.json"))["etag"]
    messages = await call(app, "/openapi.json", headers=[(b"if-none-match", etag.encode())])
    assert messages[0]["status"] == 304
    assert headers_of(messages)["etag"] == etag
    assert body_of(messages) == b""
    app.routes.append(Route("/moons", show))
    assert (await call(app, "/openapi.json", headers=[(b"if-none-match", etag.encode())]))[0]["status"] == 200


@pytest.mark.anyio
async def test_a_mounted_application_names_its_place_as_the_server(call: Any) -> None:
    outer = Router([Mount("/api", app=served())])
    assert json.loads(body_of(await call(outer, "/api/openapi.json")))["servers"] == [{"url": "/api"}]
    named = Router([Mount("/api", app=served(servers=["https://stars.example"]))])
    document = json.loads(body_of(await call(named, "/api/openapi.json")))
    assert document["servers"] == [{"url": "https://stars.example"}]


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [OpenAPI, AsyncAPI])
async def test_a_document_that_names_its_servers_is_encoded_once_below_every_mount(
    call: Any, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[bool] = []

    def encode(document: Any) -> bytes:
        encoded.append(True)
        return encode_json(document)

    monkeypatch.setattr(_served_document, "encode_json", encode)
    servers: Any = ["https://sky.example"] if kind is OpenAPI else {"live": {"host": "sky.example", "protocol": "wss"}}
    app = Router()
    kind(servers=servers, path="/described.json").add_to(app)
    bodies = {body_of(await call(Router([Mount(f"/{n}", app)]), f"/{n}/described.json")) for n in range(3)}
    assert (len(bodies), len(encoded)) == (1, 1)


@pytest.mark.anyio
async def test_the_page_runs_only_its_own_files_under_a_strict_policy(call: Any) -> None:
    messages = await call(served(), "/docs")
    page = body_of(messages).decode()
    assert "<title>&lt;Stars&gt;</title>" in page
    policy = headers_of(messages)["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self';" in policy
    assert "http" not in page.replace('http-equiv="', "")


@pytest.mark.anyio
@pytest.mark.parametrize("name", FILES)
async def test_each_file_of_the_page_is_the_released_one(call: Any, name: str) -> None:
    recorded = json.loads((FOLDER / "versions.json").read_text())["files"]
    app = served()
    plain = await call(app, f"/docs/{name}")
    assert headers_of(plain)["content-type"].startswith(FILES[name])
    if name != "page.js":
        assert sha256(body_of(plain)).hexdigest() == recorded[name]
    packed = await call(app, f"/docs/{name}", headers=[(b"accept-encoding", b"gzip")])
    if headers_of(packed).get("content-encoding") == "gzip":
        assert headers_of(packed)["vary"] == headers_of(plain)["vary"] == "Accept-Encoding"
        assert gzip.decompress(body_of(packed)) == body_of(plain)


@pytest.mark.anyio
async def test_a_file_is_not_sent_compressed_to_a_client_that_does_not_take_gzip(call: Any) -> None:
    plain = await call(served(), "/docs/page.js")
    other = await call(served(), "/docs/page.js", headers=[(b"accept-encoding", b"gzip;q=0")])
    assert "content-encoding" not in headers_of(other)
    assert body_of(other) == body_of(plain)


@pytest.mark.anyio
async def test_other_files_are_not_served(call: Any) -> None:
    assert (await call(served(), "/docs/versions.json"))[0]["status"] == 404


@pytest.mark.anyio
async def test_a_sign_in_returns_to_a_page_of_its_own(call: Any) -> None:
    messages = await call(served(), "/docs/oauth2-redirect")
    assert b'<script src="oauth2-redirect.js' in body_of(messages)
    assert "script-src 'self'" in headers_of(messages)["content-security-policy"]


def test_the_page_may_send_requests_where_the_document_says() -> None:
    flows = {"clientCredentials": {"tokenUrl": "https://login.example/token", "scopes": {}}}
    document = {
        "servers": [{"url": "https://stars.example/api"}, {"url": "/relative"}, {"url": "https://x;script-src *"}],
        "components": {"securitySchemes": {"login": {"type": "oauth2", "flows": flows}}},
    }
    assert outside_origins(document) == ["https://login.example", "https://stars.example"]


def test_links_of_the_page_are_relative() -> None:
    assert relative_url("/openapi.json", "/a/b/docs") == "../../openapi.json"


def test_pages_may_be_left_out_or_be_elsewhere() -> None:
    assert [route.path for route in OpenAPI(Router([]), pages=[]).routes()] == ["/openapi.json"]
    assert OpenAPI(Router([]), pages=[SwaggerUI("/api/docs")]).routes()[0].path == "/api/docs"


def test_a_page_needs_a_path_of_its_own() -> None:
    with pytest.raises(ValueError, match="path must start with '/' and not end with one, got 'docs/'"):
        SwaggerUI("docs/")


@pytest.mark.anyio
async def test_redoc_is_served_from_the_file_that_the_program_brings(call: Any, tmp_path: Path) -> None:
    script = tmp_path / "redoc.standalone.js"
    script.write_text("// released")
    app = served(pages=[SwaggerUI(), Redoc(script=script)])
    messages = await call(app, "/redoc")
    assert b'<redoc spec-url="openapi.json"></redoc>' in body_of(messages)
    assert "script-src 'self';" in headers_of(messages)["content-security-policy"]
    assert body_of(await call(app, "/redoc/redoc.standalone.js")) == b"// released"
    assert (await call(app, "/redoc/other.js"))[0]["status"] == 404


def test_redoc_needs_its_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"script: there is no file .*; npm pack redoc@3 has bundles"):
        Redoc(script=tmp_path / "missing.js")


@pytest.mark.anyio
async def test_redoc_is_served_from_its_package(call: Any) -> None:
    app = served(pages=[Redoc()])
    page = body_of(await call(app, "/redoc")).decode()
    assert f'src="redoc/redoc.standalone.js?v={VERSION}"' in page
    messages = await call(app, "/redoc/redoc.standalone.js")
    content = body_of(messages)
    content = gzip.decompress(content) if headers_of(messages).get("content-encoding") == "gzip" else content
    assert b"@license MIT" in content[:100]
    assert "immutable" in headers_of(messages)["cache-control"]
    assert (await call(app, "/redoc/redoc.standalone.js.gz"))[0]["status"] == 404


def test_redoc_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "armillary.redoc", None)
    with pytest.raises(ImportError, match=r"pip install 'armillary-openapi\[redoc\]', or name yours by script="):
        Redoc()
