"""The tables and the one service of the bank; neither knows of requests."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import CheckConstraint, ForeignKey, String, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from armillary.sqlalchemy import Outbox

LARGEST_AMOUNT = 1_000_000


class Base(DeclarativeBase): ...


class Account(Base):
    __tablename__ = "bank_account"
    __table_args__ = (CheckConstraint("balance >= 0", name="never_overdrawn"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(80), unique=True)
    balance: Mapped[int]


class Transfer(Base):
    __tablename__ = "bank_transfer"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("bank_account.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("bank_account.id"))
    amount: Mapped[int]


class TransferRejected(Exception):
    """A transfer that the bank rejects; the message is for the customer."""


class Bank:
    """What can be done with accounts, in the transaction of the session it is given."""

    def __init__(self, session: AsyncSession, outbox: Outbox) -> None:
        self.session = session
        self.outbox = outbox

    async def accounts(self) -> Sequence[Account]:
        return (await self.session.scalars(select(Account).order_by(Account.owner))).all()

    async def total(self) -> int:
        return int(await self.session.scalar(select(func.sum(Account.balance))) or 0)

    async def transfer(self, source: str, target: str, amount: int) -> Transfer:
        """Move an amount, and record a notice that is sent if and only if the transaction commits."""
        if not 0 < amount <= LARGEST_AMOUNT:
            raise TransferRejected(f"The amount must be between 1 and {LARGEST_AMOUNT}.")
        if source == target:
            raise TransferRejected("Choose two different accounts.")
        # Always locked in the same order, so that two transfers never deadlock.
        query = select(Account).where(Account.owner.in_([source, target])).order_by(Account.id).with_for_update()
        found = {account.owner: account for account in await self.session.scalars(query)}
        for owner in (source, target):
            if owner not in found:
                raise TransferRejected(f"There is no account of {owner[:80]!r}.")
        if found[source].balance < amount:
            raise TransferRejected(f"{source} has only {found[source].balance}.")
        found[source].balance -= amount
        found[target].balance += amount
        transfer = Transfer(source_id=found[source].id, target_id=found[target].id, amount=amount)
        self.session.add(transfer)
        await self.session.flush()
        notice = {"from": source, "to": target, "amount": amount}
        await self.outbox.record(self.session, "transferred", notice, key=f"transfer-{transfer.id}")
        return transfer


async def open_first_accounts(session: AsyncSession) -> None:
    """Open the accounts a new bank starts with."""
    if await session.scalar(select(func.count()).select_from(Account)) == 0:
        session.add_all([Account(owner=owner, balance=100) for owner in ("Ada", "Bob", "Cleo")])
