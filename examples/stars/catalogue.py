"""The table of the catalogue and what can be done with it; nothing here knows of requests."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import String, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LARGEST_NUMBER = 2**31 - 1


class Base(DeclarativeBase): ...


class StarRow(Base):
    __tablename__ = "stars_star"
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    constellation: Mapped[str] = mapped_column(String(80), index=True)
    magnitude: Mapped[float]


class Catalogue:
    """The stars, in the transaction of the session it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(self, limit: int, offset: int, constellation: str | None) -> tuple[Sequence[StarRow], int]:
        """Return some stars, the brightest first, and how many there are."""
        found = select(StarRow)
        if constellation is not None:
            found = found.where(StarRow.constellation == constellation)
        total = await self.session.scalar(select(func.count()).select_from(found.subquery())) or 0
        ordered = found.order_by(StarRow.magnitude, StarRow.number).limit(limit).offset(offset)
        return (await self.session.scalars(ordered)).all(), total

    async def star(self, number: int) -> StarRow | None:
        return await self.session.get(StarRow, number)

    async def named(self, name: str) -> StarRow | None:
        return (await self.session.scalars(select(StarRow).where(StarRow.name == name))).one_or_none()

    async def add(self, name: str, constellation: str, magnitude: float) -> StarRow:
        row = StarRow(name=name, constellation=constellation, magnitude=magnitude)
        self.session.add(row)
        await self.session.flush()
        return row

    async def remove(self, row: StarRow) -> None:
        await self.session.delete(row)
