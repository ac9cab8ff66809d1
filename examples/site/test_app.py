from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from armillary.lint import lint
from armillary.staticfiles import IMMUTABLE
from armillary.web import TestClient
from examples.site.app import STARS, app

HERE = Path(__file__).parent


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(lint(app), raise_server_exceptions=False) as client:
        yield client


def rows(html: str) -> list[str]:
    return re.findall(r"/stars/([a-z]+)", html)


def test_the_catalogue_lists_every_star(client: TestClient) -> None:
    response: Any = client.get("/")  # which also has the template and its context
    assert rows(response.text) == [star.name.lower() for star in STARS]
    assert response.template.name == "home.html"


def test_a_colour_in_the_address_narrows_the_list(client: TestClient) -> None:
    page = client.get("/", params={"colour": "blue"}).text
    assert rows(page) == ["rigel", "spica", "regulus"]
    assert "<html" in page


def test_the_script_is_given_the_rows_alone(client: TestClient) -> None:
    response = client.get("/", params={"colour": "blue"}, headers={"x-fragment": "rows"})
    assert rows(response.text) == ["rigel", "spica", "regulus"]
    assert "<html" not in response.text
    assert response.headers["vary"] == "x-fragment"
    assert "No star here" in client.get("/?colour=green", headers={"x-fragment": "rows"}).text


def test_hostile_input_is_escaped(client: TestClient) -> None:
    assert "<script>alert" not in client.get("/", params={"colour": "<script>alert(1)</script>"}).text


def test_a_star_has_a_page_and_an_unknown_one_the_error_page(client: TestClient) -> None:
    assert "<h1>" in client.get("/stars/Vega").text
    response = client.get("/stars/nibiru")
    assert response.status_code == 404
    assert "There is nothing at this address." in response.text


def test_the_inline_script_carries_the_nonce_of_its_policy(client: TestClient) -> None:
    response = client.get("/")
    found = re.search(r'<script nonce="([^"]+)">', response.text)
    assert found is not None
    assert f"'nonce-{found[1]}'" in response.headers["content-security-policy"]


def test_assets_are_addressed_by_version_and_cached_for_good(client: TestClient) -> None:
    addresses: list[str] = re.findall(r'"(http://testserver/static/[^"]+)"', client.get("/").text)
    assert {urlsplit(address).path for address in addresses} == {"/static/site.css", "/static/star.svg"}
    for address in addresses:
        assert client.get(address).headers["cache-control"] == IMMUTABLE


def test_assets_were_compressed_and_still_are_what_was_compressed(client: TestClient) -> None:
    import gzip

    import brotli  # type: ignore[import-untyped] # pyright: ignore[reportMissingTypeStubs]

    unpacked: Callable[[bytes], bytes] = brotli.decompress  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    for path in [*(HERE / "assets").glob("*.css"), *(HERE / "sky").glob("*.*s")]:
        assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == path.read_bytes()
        assert unpacked(path.with_name(f"{path.name}.br").read_bytes()) == path.read_bytes()
    plain = client.get("/static/site.css", headers={"accept-encoding": "identity"})
    assert plain.headers["vary"] == "accept-encoding"
    assert plain.content == (HERE / "assets" / "site.css").read_bytes()


def test_hashed_files_are_named_by_their_content() -> None:
    from hashlib import sha256

    index = (HERE / "sky" / "index.html").read_text()
    for path in [*(HERE / "sky").glob("sky.*.css"), *(HERE / "sky").glob("sky.*.js")]:
        assert path.name.split(".")[1] == sha256(path.read_bytes()).hexdigest()[:8]
        assert path.name in index


@pytest.mark.parametrize("path", ["/sky/", "/sky/betelgeuse", "/sky/deep/er"])
def test_every_address_below_the_sky_is_the_single_page(path: str, client: TestClient) -> None:
    response = client.get(path, headers={"accept-encoding": "identity"})
    assert response.content == (HERE / "sky" / "index.html").read_bytes()
    assert response.headers["cache-control"] == "no-cache"


def test_a_missing_script_of_the_single_page_is_a_404(client: TestClient) -> None:
    assert client.get("/sky/sky.00000000.js").status_code == 404
    assert client.get("/sky/../app.py").status_code == 404
