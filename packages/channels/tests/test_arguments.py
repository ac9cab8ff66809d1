"""Bad arguments and bad configuration are errors that say what to write."""

from __future__ import annotations

import builtins
from typing import Any

import pytest
from testkit.services import free_port

from armillary.channels import Channels, EngineUnavailable, MessageTooLarge


def test_an_unknown_scheme_lists_the_engines_and_their_extras() -> None:
    with pytest.raises(ValueError, match=r"url='kafka://u:\*\*\*@h' has no known scheme; .*armillary-channels\[nats\]"):
        Channels("kafka://u:secret@h")
    with pytest.raises(ValueError, match="no known scheme"):
        Channels("redis")
    with pytest.raises(ValueError, match="has nothing after it"):
        Channels("memory://x")
    with pytest.raises(TypeError, match="url is text"):
        Channels(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", ["redis", "nats", "postgresql"])
def test_a_missing_library_names_the_extra(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, package: str | None = None) -> Any:
        raise builtins.ImportError(name)

    monkeypatch.setattr("armillary.channels._engines.import_module", missing)
    extra = "postgres" if scheme == "postgresql" else scheme
    with pytest.raises(ImportError, match=rf"pip install 'armillary-channels\[{extra}\]'"):
        Channels(f"{scheme}://127.0.0.1")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"history": 0}, "history must be 1 or more"),
        ({"queue": "9"}, "queue is a whole number"),
        ({"overflow": "block"}, "overflow is one of 'close', 'drop_oldest', 'drop_newest'"),
        ({"history_seconds": 0}, "history_seconds is in seconds, above 0"),
        ({"send_timeout": None}, "send_timeout is a number of seconds"),
        ({"start_timeout": -1}, "start_timeout is in seconds"),
        ({"prefix": "a:b"}, "prefix has lower-case letters"),
        ({"prefix": "x" * 33}, "prefix has at most 32"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        Channels(**options)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("room:a*", "matches no channel; .* stands for a whole segment"),
        ("room:**", "matches no channel"),
        ("room::7", "has the segment ''"),
        ("", "has 1 to 200 bytes"),
        ("x" * 201, "has 1 to 200 bytes"),
        ("room 7", "has the segment 'room 7'"),
        ("room:\n", "has the segment"),
        (7, "is the name of a channel"),
    ],
)
def test_a_pattern_that_matches_nothing_legal_is_an_error(name: Any, error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        Channels().subscribe(name)


@pytest.mark.anyio
async def test_publishing_to_a_pattern_is_an_error() -> None:
    with pytest.raises(ValueError, match="messages are published to one channel"):
        await Channels().publish("room:*", 1)


@pytest.mark.anyio
async def test_a_member_needs_a_key_and_little_data() -> None:
    room = Channels().presence("room:7")
    with pytest.raises(TypeError, match="key is text"):
        async with room.join(7):  # type: ignore[arg-type]
            pass
    with pytest.raises(MessageTooLarge, match=r"data has 5,002 bytes as JSON, and presence takes 4,096"):
        async with room.join("ada", "x" * 5000):
            pass


def test_a_subscription_begins_at_a_cursor_or_at_the_newest() -> None:
    with pytest.raises(ValueError, match="pass one"):
        Channels().subscribe("a", after="1-1@a", last=3)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("scheme", ["redis", "nats", "postgresql"])
async def test_a_broker_that_cannot_be_reached_fails_the_start_with_its_address(
    scheme: str, anyio_backend: str
) -> None:
    port = free_port()
    with pytest.raises(EngineUnavailable, match=rf"127\.0\.0\.1:{port}") as raised:
        async with Channels(f"{scheme}://user:secret@127.0.0.1:{port}"):
            pass
    assert "secret" not in str(raised.value)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["trio"])
@pytest.mark.parametrize("scheme", ["redis", "nats", "postgresql"])
async def test_an_engine_whose_library_needs_asyncio_says_so_under_trio(scheme: str, anyio_backend: str) -> None:
    with pytest.raises(RuntimeError, match=r"needs asyncio.*under trio only memory:// works"):
        async with Channels(f"{scheme}://127.0.0.1"):
            pass
