"""The bank: money is neither made nor lost, and each acknowledged transfer is kept and announced."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import httpx
from sqlalchemy import text

from armillary.sqlalchemy import Database, Outbox
from chaos.story import Story

OWNERS = ("Ada", "Bob", "Cleo")


class BankStory(Story):
    """The example `bank`, on PostgreSQL or MariaDB."""

    application = "examples.bank.app:app"

    def __init__(self, url: str, far_url: str, folder: str) -> None:
        super().__init__(url, far_url, folder)
        self.acknowledged: set[int] = set()
        self.unknown = 0

    def environment(self) -> dict[str, str]:
        return {"BANK_DATABASE": self.far_url}

    async def step(self, client: httpx.AsyncClient, number: int) -> None:
        if number % 3 == 0:
            path, allowed = random.choice([("/accounts", {200}), ("/", {200}), ("/ready", {200})])
            await self.request(client, "GET", path, allowed)
            return
        await self.transfer(client, random.randrange(1, 5))

    async def transfer(self, client: httpx.AsyncClient, amount: int) -> bool:
        source, target = random.sample(OWNERS, 2)
        content = {"from": source, "to": target, "amount": amount}
        response = await self.request(client, "POST", "/transfers", {201, 409}, json=content)
        if response is not None and response.status_code == 201:
            self.acknowledged.add(response.json()["transfer"])
        self.unknown += response is None or response.status_code == 503
        return response is not None and response.status_code in (201, 409)

    async def succeeds(self, client: httpx.AsyncClient) -> bool:
        return await self.transfer(client, 1)

    async def wrong_totals(self) -> list[str]:
        wrong: list[str] = []
        async with Database(self.url) as database:
            async with database.transaction(read_only=True) as session:
                accounts = {row.id: row.balance for row in await session.execute(text("SELECT * FROM bank_account"))}
                transfers = (await session.execute(text("SELECT * FROM bank_transfer"))).all()
            expected = Counter(dict.fromkeys(accounts, 100))
            for transfer in transfers:
                expected[transfer.source_id] -= transfer.amount
                expected[transfer.target_id] += transfer.amount
            if sum(accounts.values()) != 300:
                wrong.append(f"the accounts hold {sum(accounts.values())}")
            if dict(expected) != accounts:
                wrong.append(f"the transfers make {dict(expected)} and the accounts hold {accounts}")
            kept = {transfer.id for transfer in transfers}
            if self.acknowledged - kept:
                wrong.append(f"{len(self.acknowledged - kept)} acknowledged transfers are lost")
            if len(kept) > len(self.acknowledged) + self.unknown:
                known = f"{len(self.acknowledged)} acknowledged and {self.unknown} unknown ones"
                wrong.append(f"{len(kept)} transfers are kept of {known}")
            outbox = Outbox(database, table="bank_outbox")
            for _ in range(800):  # a delivery that was cut off is due again after a lease of 60 s
                if not await outbox.pending():
                    break
                await asyncio.sleep(0.1)
            else:
                wrong.append(f"{await outbox.pending()} notices are not delivered")
        return wrong
