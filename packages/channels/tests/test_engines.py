"""What holds on every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from armillary.channels import ChannelMessage, CursorError, Gap, MessageTooLarge, SubscriberTooSlow

pytestmark = pytest.mark.anyio
Make = Callable[..., Any]
Take = Callable[..., Any]


@pytest.fixture
def anyio_backend(run: Any) -> Any:
    return run[1]


async def test_each_subscriber_gets_each_message_in_order(make: Make, take: Take) -> None:
    channels = await make()
    async with channels.subscribe("room:7") as one, channels.subscribe("room:7") as two:
        for number in range(5):
            await channels.publish("room:7", {"n": number})
        await channels.publish("room:8", "elsewhere")
        wanted = [{"n": number} for number in range(5)]
        assert await take(one, 5) == wanted
        assert await take(two, 5) == wanted


async def test_a_pattern_matches_exactly_one_segment_for_each_star(make: Make, take: Take) -> None:
    channels = await make()
    async with channels.subscribe("room:*") as rooms, channels.subscribe("*:*:typing") as typing:
        await channels.publish("room:7", 1)
        await channels.publish("room:7:typing", 2)
        await channels.publish("hall:7", 3)
        await channels.publish("room:8", 4)
        assert await take(rooms, 2) == [1, 4]
        assert await take(typing) == [2]


async def test_two_publishers_are_seen_in_one_order_by_all(make: Make, take: Take) -> None:
    channels, others = await make(), await make()
    async with channels.subscribe("a") as one, channels.subscribe("a") as two, channels.subscribe("*") as pattern:

        async def publish(publisher: Any, name: str) -> None:
            for number in range(50):
                await publisher.publish("a", [name, number])

        # Two processes share a broker; the engine in memory has one.
        second = channels if channels._hub.engine.alone else others
        async with anyio.create_task_group() as group:
            group.start_soon(publish, channels, "one")
            group.start_soon(publish, second, "two")
        seen = await take(one, 100)
        assert seen == await take(two, 100) == await take(pattern, 100)
        assert [number for name, number in seen if name == "one"] == list(range(50))
        assert [number for name, number in seen if name == "two"] == list(range(50))


async def test_a_client_continues_after_its_cursor_without_loss_or_repetition(make: Make, take: Take) -> None:
    channels = await make()
    cursors = [await channels.publish("room:7", number) for number in range(10)]
    async with channels.subscribe("room:7", after=cursors[3], queue=4) as messages:
        await channels.publish("room:7", "live")
        assert await take(messages, 7) == [4, 5, 6, 7, 8, 9, "live"]
    async with channels.subscribe("room:*", after=cursors[9]) as messages:
        assert await take(messages) == ["live"]
        await channels.publish("room:7", "next")
        assert await take(messages) == ["next"]


async def test_a_cursor_of_a_pattern_continues_all_its_channels(make: Make, take: Take) -> None:
    channels = await make()
    for number in range(4):
        cursor = await channels.publish(f"room:{number}", number)
    await channels.publish("room:0", "a")
    await channels.publish("hall:0", "not")
    await channels.publish("room:9", "b")
    async with channels.subscribe("room:*", after=cursor, queue=1) as messages:
        assert await take(messages, 2) == ["a", "b"]


async def test_the_last_messages_come_first(make: Make, take: Take) -> None:
    channels = await make()
    for number in range(10):
        await channels.publish("room:7", number)
    async with channels.subscribe("room:7", last=3) as messages:
        await channels.publish("room:7", "live")
        assert await take(messages, 4) == [7, 8, 9, "live"]
    async with channels.subscribe("room:*", last_seconds=60) as messages:
        assert await take(messages, 11) == [*range(10), "live"]
    history = await channels.history("room:7", last=2)
    assert [message.data for message in history] == [9, "live"]
    assert await channels.history("room:8") == []


async def test_a_history_that_no_longer_reaches_back_is_reported(make: Make, take: Take) -> None:
    channels = await make(history=5)
    cursors = [await channels.publish("room:7", number) for number in range(20)]
    for name in ("room:7", "room:*"):
        async with channels.subscribe(name, after=cursors[2]) as messages:
            gap, *rest = await take(messages, 6)
            assert isinstance(gap, Gap)
            assert (gap.reason, gap.name) == ("history", name)
            assert rest == [15, 16, 17, 18, 19]
        async with channels.subscribe(name, after=cursors[16]) as messages:
            assert await take(messages, 3) == [17, 18, 19]


async def test_a_subscriber_that_stops_reading_is_closed_and_delays_no_one(make: Make, take: Take) -> None:
    channels = await make(queue=3)
    async with channels.subscribe("a") as slow, channels.subscribe("a") as quick:
        for number in range(5):
            await channels.publish("a", number)
            assert await take(quick) == [number]
        with pytest.raises(SubscriberTooSlow, match=r"'a': 3 messages were waiting, and more came \(queue\)"):
            await anext(slow)


async def test_dropping_the_oldest_leaves_a_gap_that_counts(make: Make, take: Take) -> None:
    channels = await make()
    async with channels.subscribe("a", queue=3, overflow="drop_oldest") as slow, channels.subscribe("a") as quick:
        for number in range(8):
            await channels.publish("a", number)
            await take(quick)
        gap, *rest = await take(slow, 4)
        assert isinstance(gap, Gap)
        assert (gap.reason, gap.count) == ("overflow", 5)
        assert rest == [5, 6, 7]


async def test_dropping_the_newest_leaves_a_gap_that_counts(make: Make, take: Take) -> None:
    channels = await make()
    async with channels.subscribe("a", queue=3, overflow="drop_newest") as slow, channels.subscribe("a") as quick:
        for number in range(8):
            await channels.publish("a", number)
            await take(quick)
        *rest, gap = await take(slow, 4)
        assert rest == [0, 1, 2]
        assert isinstance(gap, Gap)
        assert (gap.reason, gap.count) == ("overflow", 5)


async def test_a_cursor_from_the_future_or_of_another_channel_is_an_error(make: Make) -> None:
    channels = await make()
    cursor = await channels.publish("room:7", 1)
    place, _, name = cursor.partition("@")
    first, _, second = place.partition("-")
    bad = {
        "is from the future": f"{int(first) + 10**9}-{second}@{name}",
        "is a cursor of the channel 'room:7', which is not within 'room:8'": cursor,
        "is no cursor": "7",
    }
    for sentence, after in bad.items():
        with pytest.raises(CursorError, match=sentence):
            async with channels.subscribe("room:8" if after == cursor else "room:7", after=after):
                pass


async def test_a_message_as_large_as_the_limit_arrives_and_a_larger_one_is_an_error(make: Make, take: Take) -> None:
    channels = await make()
    limit = channels._hub.engine.max_size
    async with channels.subscribe("a") as messages:
        await channels.publish("a", "x" * (limit - 2))
        assert await take(messages) == ["x" * (limit - 2)]
    name = channels._hub.engine.name
    with pytest.raises(MessageTooLarge, match=rf"value has {limit + 1:,} bytes as JSON, and the engine {name} takes"):
        await channels.publish("a", "x" * (limit - 1))


async def test_a_value_that_cannot_be_encoded_is_an_error_that_names_the_argument(make: Make) -> None:
    channels = await make()
    with pytest.raises(TypeError, match="value cannot be encoded as JSON"):
        await channels.publish("a", object())
    with pytest.raises(ValueError, match="value cannot be encoded as JSON"):
        await channels.publish("a", float("nan"))


async def test_a_message_carries_its_channel_cursor_and_text(make: Make) -> None:
    channels = await make()
    async with channels.subscribe("room:*") as messages:
        cursor = await channels.publish("room:é", {"text": "hé\nllo"})
        message = await anext(messages)
        assert isinstance(message, ChannelMessage)
        assert (message.channel, message.cursor) == ("room:é", cursor)
        assert message.text == '{"text":"hé\\nllo"}'
        assert message.event == f"id: {cursor}\ndata: {message.text}\n\n".encode()


async def test_subscribing_and_leaving_many_times_delivers_to_who_is_there(make: Make, take: Take) -> None:
    channels = await make()
    for number in range(10):
        async with channels.subscribe("a") as messages:
            await channels.publish("a", number)
            assert await take(messages) == [number]


async def test_closing_the_channels_ends_their_subscriptions(make: Make, take: Take) -> None:
    channels = await make()
    async with channels.subscribe("a") as messages:
        await channels.publish("a", 1)
        await take(messages)
        await channels.aclose()
        assert await take(messages) == []


async def test_who_is_in_a_room_is_known_and_watched(make: Make) -> None:
    channels = await make()
    room = channels.presence("room:7")
    changes = room.changes()
    async with room.join("ada", {"color": "red"}):
        with anyio.fail_after(30):
            assert (await anext(changes)).member.data == {"color": "red"}
            async with room.join("ada", {"color": "blue"}), room.join("bob"):
                assert (await anext(changes)).member.key == "bob"
                assert [(member.key, member.connections) for member in await room.members()] == [("ada", 2), ("bob", 1)]
                assert await channels.presence("room:8").members() == []
            assert (await anext(changes)).kind == "leave"
            assert [member.key for member in await room.members()] == ["ada"]
    assert await room.members() == []
