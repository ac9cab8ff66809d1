"""Messages are delivered at least once, if and only if their transaction commits."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from sqlalchemy import Index, text
from sqlalchemy.exc import DataError, IntegrityError

from armillary.http import Request, Response, request_response
from armillary.sqlalchemy import Database, Outbox, OutboxMessage, Relay, TransactionMiddleware, database_session

pytestmark = pytest.mark.anyio


@pytest.fixture
async def outbox(database: Database) -> Outbox:
    outbox = Outbox(database)
    await outbox.create_table()
    await outbox.create_table()
    return outbox


class Receiver:
    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.got: list[OutboxMessage] = []

    async def __call__(self, message: OutboxMessage) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the receiver is down")
        self.got.append(message)


async def test_a_message_is_delivered_when_its_request_commits_and_never_when_it_does_not(
    database: Database, outbox: Outbox, serve: Any
) -> None:
    receiver = Receiver()

    async def endpoint(request: Request) -> Response:
        path = request.scope["path"]
        await outbox.record(database_session(request), "paid", {"path": path})
        return Response(status_code=409 if path == "/fails" else 200)

    app = TransactionMiddleware(request_response(endpoint), database)
    async with Relay(outbox, receiver, poll=60).running():
        for path in ("/first", "/fails", "/second"):
            await serve(app, path)
        async with asyncio.timeout(5):
            while len(receiver.got) < 2:
                await asyncio.sleep(0.01)
    assert [message.payload["path"] for message in receiver.got] == ["/first", "/second"]
    assert [message.topic for message in receiver.got] == ["paid", "paid"]
    assert await outbox.pending() == 0


async def test_a_key_is_recorded_once(database: Database, outbox: Outbox) -> None:
    receiver = Receiver()
    async with database.transaction() as session:
        assert await outbox.record(session, "mail", 1, key="order-7") is True
    for _ in range(2):
        async with database.transaction() as session:
            assert await outbox.record(session, "mail", 2, key="order-7") is False
        await Relay(outbox, receiver).run_once()
    assert [(message.key, message.payload) for message in receiver.got] == [("order-7", 1)]


DISTINCT_KEYS = [
    "order",
    "Order",
    "\u00f6rder",
    "order ",
    " order",
    "\U0001f600",
    "\U0001f601",
    "e\u0301",
    "\u00e9",
    "ss",
    "\u00df",
]


async def test_keys_are_compared_byte_for_byte(database: Database, outbox: Outbox) -> None:
    """Not by the rules of a language, in which case, accents, emoji and trailing spaces may not count."""
    receiver = Receiver()
    for _ in range(2):
        async with database.transaction() as session:
            recorded = [await outbox.record(session, "mail", key, key=key) for key in DISTINCT_KEYS]
        assert len(set(recorded)) == 1
    assert recorded == [False] * len(DISTINCT_KEYS)
    await Relay(outbox, receiver).run_once()
    assert [message.key for message in receiver.got] == DISTINCT_KEYS
    assert [message.payload for message in receiver.got] == DISTINCT_KEYS


async def test_a_transaction_goes_on_after_a_key_that_was_there(database: Database, outbox: Outbox) -> None:
    async with database.transaction() as session:
        assert await outbox.record(session, "mail", 1, key="k")
    async with database.transaction() as session:
        await session.execute(text("UPDATE account SET balance = 1 WHERE id = 1"))
        assert not await outbox.record(session, "mail", 2, key="k")
        assert await outbox.record(session, "mail", 3, key="other")
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT balance FROM account WHERE id = 1")) == 1
    assert await outbox.pending() == 2


async def test_of_two_transactions_that_record_one_key_the_second_one_waits(database: Database, outbox: Outbox) -> None:
    """It records the message if the first one is rolled back, and not if it commits."""
    options: Any = {} if database.url.startswith("sqlite") else {"isolation_level": "READ COMMITTED"}

    async def record() -> bool:
        async with database.transaction(**options) as session:
            return await outbox.record(session, "mail", 2, key=key)

    for key, commits in (("kept", True), ("undone", False)):
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            with contextlib.suppress(LookupError):
                async with database.transaction(**options) as session:
                    assert await outbox.record(session, "mail", 1, key=key)
                    second = group.create_task(record())
                    await asyncio.sleep(0.2)
                    assert not second.done()
                    if not commits:
                        raise LookupError
        assert second.result() is not commits
    assert await outbox.pending() == 2


async def test_only_the_key_makes_a_duplicate(database: Database, outbox: Outbox) -> None:
    """A violation of a constraint that the program added is an error, and no message is dropped."""
    async with database.engine.begin() as connection:
        index = Index("armillary_outbox_one_a_topic", outbox.table.c.topic, unique=True)
        await connection.run_sync(index.create)
    outbox.table.indexes.discard(index)
    async with database.transaction() as session:
        assert await outbox.record(session, "mail", 1, key="a")
        with pytest.raises(IntegrityError):
            await outbox.record(session, "mail", 2, key="b")
        await session.rollback()


@pytest.mark.parametrize("field", ["topic", "key"])
async def test_a_topic_or_a_key_that_has_no_utf_8_is_a_data_error_and_nothing_is_recorded(
    database: Database, outbox: Outbox, field: str
) -> None:
    for text_without_utf_8 in ("a\ud800", "\udc80"):
        given = {"topic": "mail", "key": "k", field: text_without_utf_8}
        with pytest.raises(DataError):
            async with database.transaction() as session:
                await outbox.record(session, given["topic"], 1, key=given["key"])
    assert await outbox.pending() == 0


async def test_the_reason_of_a_failed_delivery_may_be_any_text(database: Database, outbox: Outbox) -> None:
    async with database.transaction() as session:
        await outbox.record(session, "mail", 1, key="k")

    class Unreadable(Exception):
        def __repr__(self) -> str:
            return "\ud800 \0 \U0001f600 " + "x" * 600

    async def deliver(message: OutboxMessage) -> None:
        raise Unreadable

    assert await Relay(outbox, deliver).run_once() == 0
    async with database.transaction() as session:
        reason = await session.scalar(text("SELECT error FROM armillary_outbox"))
    assert reason.startswith(r"\ud800 \x00 \U0001f600 xxx")
    assert len(reason) <= 500


async def test_what_a_relay_logs_of_a_message_is_on_one_line(database: Database, outbox: Outbox, caplog: Any) -> None:
    async with database.transaction() as session:
        await outbox.record(session, "mail\nERROR forged", 1, key="order\x1b[2J")
    assert await Relay(outbox, Receiver(failures=1)).run_once() == 0
    (line,) = [record.getMessage() for record in caplog.records if "was not delivered" in record.getMessage()]
    assert line.isprintable()
    assert "forged" in line


async def test_a_delivery_that_fails_is_tried_again_later_with_the_same_key(database: Database, outbox: Outbox) -> None:
    receiver = Receiver(failures=1)
    relay = Relay(outbox, receiver, first_delay=60)
    async with database.transaction() as session:
        await outbox.record(session, "mail", 1, key="k")
    assert await relay.run_once() == 0
    assert await relay.run_once() == 0  # not due yet
    async with database.transaction() as session:
        await session.execute(text("UPDATE armillary_outbox SET due = due - 60"))
    assert await relay.run_once() == 1
    assert [(message.key, message.attempts) for message in receiver.got] == [("k", 1)]


async def test_messages_of_a_dead_relay_are_delivered_when_its_lease_ends(database: Database, outbox: Outbox) -> None:
    receiver = Receiver()
    async with database.transaction() as session:
        await outbox.record(session, "mail", 1)
    assert len(await outbox.claim(10, lease=60)) == 1
    assert await Relay(outbox, receiver).run_once() == 0
    async with database.transaction() as session:
        await session.execute(text("UPDATE armillary_outbox SET due = due - 60"))
    assert await Relay(outbox, receiver).run_once() == 1


async def test_several_relays_deliver_each_message_once(database: Database, outbox: Outbox) -> None:
    receiver = Receiver()
    async with database.transaction() as session:
        for number in range(12):
            await outbox.record(session, "mail", number)
    await asyncio.gather(*(Relay(outbox, receiver).run_once() for _ in range(4)))
    assert sorted(message.payload for message in receiver.got) == list(range(12))


async def test_delivered_messages_are_forgotten_when_they_are_old(database: Database, outbox: Outbox) -> None:
    async with database.transaction() as session:
        await outbox.record(session, "mail", 1)
    await Relay(outbox, Receiver()).run_once()
    assert await outbox.forget_delivered() == 0
    assert await outbox.forget_delivered(older_than=-1) == 1
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM armillary_outbox")) == 0


async def test_a_payload_that_is_not_json_is_rejected_when_recorded(database: Database, outbox: Outbox) -> None:
    async with database.transaction() as session:
        with pytest.raises(TypeError):
            await outbox.record(session, "mail", object())
        with pytest.raises(ValueError):
            await outbox.record(session, "mail", float("nan"))
        with pytest.raises(ValueError, match="topic"):
            await outbox.record(session, "", 1)
        with pytest.raises(ValueError, match="key"):
            await outbox.record(session, "mail", 1, key="k" * 201)
    with pytest.raises(ValueError, match="lease"):
        Relay(outbox, Receiver(), lease=0)


def test_wrong_settings_of_a_relay_are_rejected() -> None:
    outbox, settings = Outbox(Database("sqlite://")), ("poll", "lease", "batch", "first_delay", "longest_delay")
    wrong: Any
    for setting in settings:
        for wrong in (0, -1, float("nan"), "1"):
            with pytest.raises(ValueError, match=setting):
                Relay(outbox, Receiver(), **{setting: wrong})
    with pytest.raises(ValueError, match="batch"):
        Relay(outbox, Receiver(), batch=2.5)  # type: ignore[arg-type]
    for wrong in (None, lambda message: None):
        with pytest.raises(TypeError, match=r"deliver.*async"):
            Relay(outbox, wrong)


async def test_a_delivery_whose_own_work_is_cancelled_is_tried_again_and_ends_no_relay(
    database: Database, outbox: Outbox
) -> None:
    receiver, calls = Receiver(), 0

    async def deliver(message: OutboxMessage) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:  # as when the client it sends with is closed meanwhile
            sending = asyncio.ensure_future(asyncio.sleep(60))
            asyncio.get_running_loop().call_soon(sending.cancel)
            await sending
        await receiver(message)

    async with database.transaction() as session:
        await outbox.record(session, "mail", 1, key="k")
    async with Relay(outbox, deliver, first_delay=0.01).running(), asyncio.timeout(5):
        while not receiver.got:
            await asyncio.sleep(0.01)
    assert [(message.key, message.attempts) for message in receiver.got] == [("k", 1)]


async def test_a_relay_that_is_cancelled_ends_at_once(database: Database, outbox: Outbox) -> None:
    begun = asyncio.Event()

    async def deliver(message: OutboxMessage) -> None:
        begun.set()
        await asyncio.sleep(60)

    async with database.transaction() as session:
        await outbox.record(session, "mail", 1)
    running = asyncio.create_task(Relay(outbox, deliver).run_once())
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await outbox.pending() == 1


async def test_each_outbox_of_a_transaction_has_its_relay_woken(database: Database, outbox: Outbox) -> None:
    second, receiver = Outbox(database, table="armillary_outbox_second"), Receiver()
    await second.create_table()
    try:
        async with Relay(second, receiver, poll=60).running():
            await asyncio.sleep(0.1)  # it has looked, and waits
            async with database.transaction() as session:
                await outbox.record(session, "mail", 1)
                await second.record(session, "mail", 2)
            async with asyncio.timeout(5):
                while not receiver.got:
                    await asyncio.sleep(0.01)
    finally:
        async with database.engine.begin() as connection:
            await connection.run_sync(second.table.drop)
