from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import validate

from armillary.lint import lint
from armillary.testing import AsyncTestClient

pytestmark = pytest.mark.anyio

VEGA = {"name": "Vega", "constellation": "Lyra", "magnitude": 0.03}
DENEB = {"name": "Deneb", "constellation": "Cygnus", "magnitude": 1.25}


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    """SQLAlchemy supports asyncio only."""
    return asyncio_backend


@pytest.fixture(params=["sqlite", "postgresql"])
def stars(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    url = f"sqlite:///{tmp_path}/stars.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    monkeypatch.setenv("STARS_DATABASE", url)
    for name in ("examples.stars.app", "examples.stars.catalogue"):
        sys.modules.pop(name, None)
    return importlib.import_module("examples.stars.app")


@pytest.fixture
async def client(stars: Any) -> AsyncIterator[AsyncTestClient]:
    try:
        async with AsyncTestClient(lint(stars.app)) as client:
            yield client
    finally:
        async with stars.database.engine.begin() as connection:
            await connection.run_sync(stars.Base.metadata.drop_all)
        await stars.database.close()


async def test_a_star_is_added_shown_changed_and_deleted(client: AsyncTestClient) -> None:
    added = await client.post("/stars", json=VEGA)
    assert (added.status_code, added.json()) == (201, {"number": 1, **VEGA})
    assert (await client.get("/stars/1")).json() == {"number": 1, **VEGA}
    changed = await client.put("/stars/1", json={**VEGA, "magnitude": 0.1})
    assert changed.json()["magnitude"] == 0.1
    assert (await client.delete("/stars/1")).status_code == 204
    assert (await client.get("/stars/1")).status_code == 404


async def test_stars_come_in_pages_the_brightest_first(client: AsyncTestClient) -> None:
    for star in (DENEB, VEGA):
        await client.post("/stars", json=star)
    page = (await client.get("/stars", params={"limit": 1})).json()
    assert ([star["name"] for star in page["stars"]], page["total"]) == (["Vega"], 2)
    page = (await client.get("/stars", params={"limit": 1, "offset": 1})).json()
    assert [star["name"] for star in page["stars"]] == ["Deneb"]
    page = (await client.get("/stars", params={"constellation": "Cygnus"})).json()
    assert ([star["name"] for star in page["stars"]], page["total"]) == (["Deneb"], 1)


async def test_a_name_is_used_once(client: AsyncTestClient) -> None:
    for star in (VEGA, DENEB):
        await client.post("/stars", json=star)
    assert (await client.post("/stars", json=VEGA)).status_code == 409
    assert (await client.put("/stars/2", json=VEGA)).status_code == 409
    assert (await client.get("/stars/2")).json()["name"] == "Deneb"


async def test_every_wrong_value_is_reported_at_once(client: AsyncTestClient) -> None:
    response = await client.post("/stars", json={"name": "", "constellation": "a\x00b", "magnitude": 99})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert {error["pointer"] for error in response.json()["errors"]} == {"/name", "/constellation", "/magnitude"}
    assert (await client.get("/stars", params={"limit": "many"})).status_code == 422
    assert (await client.get(f"/stars/{2**70}")).status_code == 422


async def test_stars_are_sent_as_msgpack_to_those_who_ask(client: AsyncTestClient) -> None:
    await client.post("/stars", json=VEGA)
    response = await client.get("/stars/1", headers={"accept": "application/msgpack"})
    assert msgspec.msgpack.decode(response.content) == {"number": 1, **VEGA}


async def test_the_document_describes_every_operation(client: AsyncTestClient) -> None:
    document = (await client.get("/openapi.json")).json()
    validate(document)
    found = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert found == [
        "get_stars",
        "post_stars",
        "get_stars_by_number",
        "put_stars_by_number",
        "delete_stars_by_number",
    ]
    assert document["components"]["schemas"]["Star"]["properties"]["number"] == {"type": "integer", "readOnly": True}
    assert (await client.get("/docs")).status_code == 200
