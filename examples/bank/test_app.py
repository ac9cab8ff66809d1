from __future__ import annotations

import asyncio
import contextlib
import importlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from armillary.lint import lint
from armillary.testing import AsyncTestClient, WebSocketClosed

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    """SQLAlchemy supports asyncio only."""
    return asyncio_backend


@pytest.fixture(params=["sqlite", "postgresql"])
def bank_module(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    url = f"sqlite:///{tmp_path}/bank.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    monkeypatch.setenv("BANK_DATABASE", url)
    for name in ("examples.bank.app", "examples.bank.accounts"):
        sys.modules.pop(name, None)
    return importlib.import_module("examples.bank.app")


@pytest.fixture
async def client(bank_module: Any) -> AsyncIterator[AsyncTestClient]:
    app = lint(bank_module.app)
    try:
        async with AsyncTestClient(app, follow_redirects=False) as client:
            yield client
        assert bank_module.database.pool_status().in_use == 0
    finally:
        async with bank_module.database.engine.begin() as connection:
            await connection.run_sync(bank_module.Base.metadata.drop_all)
        await bank_module.database.close()


async def transfer(client: AsyncTestClient, source: str, target: str, amount: object) -> Any:
    return await client.post("/transfers", json={"from": source, "to": target, "amount": amount})


async def test_a_transfer_moves_money(client: AsyncTestClient) -> None:
    assert (await transfer(client, "Ada", "Bob", 30)).status_code == 201
    assert (await client.get("/accounts")).json() == {"Ada": 70, "Bob": 130, "Cleo": 100}


async def test_a_transfer_that_is_rejected_says_why_and_moves_nothing(client: AsyncTestClient) -> None:
    for source, target, amount in [("Ada", "Bob", 101), ("Ada", "Ada", 1), ("Ada", "Eve", 1), ("Ada", "Bob", -5)]:
        response = await transfer(client, source, target, amount)
        assert response.status_code == 409
        assert response.json()["error"].endswith(".")
    assert (await transfer(client, "Ada", "Bob", "much")).status_code == 409
    assert (await client.post("/transfers", json=[])).status_code == 400
    assert (await client.get("/accounts")).json() == {"Ada": 100, "Bob": 100, "Cleo": 100}


async def test_the_page_shows_the_accounts_and_takes_a_transfer(client: AsyncTestClient) -> None:
    response = await client.post("/", data={"from": "Ada", "to": "Bob", "amount": "5"})
    assert (response.status_code, response.headers["location"]) == (303, "/")
    text = (await client.get("/")).text
    assert "<td>95</td>" in text
    assert "<td>300</td>" in text
    rejected = await client.post("/", data={"from": "<b>", "to": "Bob", "amount": "5"})
    assert rejected.status_code == 409
    assert "<b>" not in rejected.text


async def test_mutations_of_one_graphql_request_are_kept_together_or_not_at_all(client: AsyncTestClient) -> None:
    one = 'a: transfer(source: "Ada", target: "Bob", amount: 10)'
    impossible = 'b: transfer(source: "Ada", target: "Bob", amount: 1000)'
    response = await client.post("/graphql", json={"query": f"mutation {{ {one} {impossible} }}"})
    assert response.json()["errors"][0]["message"] == "Ada has only 90."
    assert (await client.get("/accounts")).json()["Ada"] == 100
    response = await client.post("/graphql", json={"query": f"mutation {{ {one} }}"})
    assert "errors" not in response.json()
    query = {"query": "{ accounts { owner balance } again: accounts { owner } }"}
    accounts = (await client.post("/graphql", json=query)).json()["data"]["accounts"]
    assert {"owner": "Ada", "balance": 90} in accounts


async def test_a_websocket_is_rejected_as_its_operations_would_share_no_transaction(client: AsyncTestClient) -> None:
    with pytest.raises(WebSocketClosed):
        async with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]):
            pass


async def test_concurrent_transfers_never_change_the_sum(client: AsyncTestClient) -> None:
    owners = ["Ada", "Bob", "Cleo"]
    responses = await asyncio.gather(
        *(transfer(client, owners[number % 3], owners[(number * 2 + 1) % 3], number + 1) for number in range(20))
    )
    assert {response.status_code for response in responses} <= {201, 409}
    assert sum((await client.get("/accounts")).json().values()) == 300


async def test_a_notice_is_delivered_for_what_was_committed_alone(
    client: AsyncTestClient, bank_module: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "bank")
    await transfer(client, "Ada", "Bob", 1000)
    await transfer(client, "Ada", "Bob", 1)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            while await bank_module.outbox.pending():  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.05)
    notices = [record.getMessage() for record in caplog.records if record.name == "bank"]
    assert [notice.split(": ", 1)[1] for notice in notices] == ["{'from': 'Ada', 'to': 'Bob', 'amount': 1}"]


async def test_the_bank_says_that_it_is_ready(client: AsyncTestClient) -> None:
    assert (await client.get("/ready")).json() == {"default": "ready"}
    assert (await client.get("/bank.css")).headers["content-type"].startswith("text/css")
