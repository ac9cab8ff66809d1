"""`ServerSessionMiddleware`: the session in a store, an id in the cookie."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import anyio
import pytest

from armillary.sessions import MemoryStore, ServerSessionMiddleware, StoredSession, StoreUnavailable

pytestmark = pytest.mark.anyio


def acts(session: Any, path: str) -> object:
    match path:
        case "/login":
            session["user"] = "ada"
            session.rotate()
        case "/logout":
            session.destroy()
        case "/set":
            session["a"] = 1
        case "/append":
            session.setdefault("list", [])
            session["list"].append(1)
        case "/nested":
            session["list"].append(2)
        case "/ignore":
            return "nothing"
        case _:
            pass
    return dict(session.items())


class CountingStore(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.saves = 0

    async def save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        self.saves += 1
        return await super().save(key, session, expected, lifetime)


async def test_only_an_id_is_in_the_cookie_and_only_its_hash_in_the_store(browser: Any, app_doing: Any) -> None:
    store = MemoryStore()
    client = browser(ServerSessionMiddleware(app_doing(acts), store))
    await client.get("/set")
    session_id = client.cookies["session"]
    assert list(store._sessions) == [hashlib.sha256(session_id.encode()).hexdigest()]
    assert (await client.get("/")).body == b"{'a': 1}"


async def test_rotation_invalidates_the_old_id_at_once_and_keeps_the_data(browser: Any, app_doing: Any) -> None:
    client = browser(ServerSessionMiddleware(app_doing(acts), MemoryStore()))
    await client.get("/set")
    old = dict(client.cookies)
    await client.get("/login")
    assert client.cookies != old
    assert (await client.get("/")).body == b"{'a': 1, 'user': 'ada'}"
    client.cookies = old
    assert (await client.get("/")).body == b"{}"


async def test_a_planted_id_is_never_adopted(browser: Any, app_doing: Any) -> None:
    client = browser(ServerSessionMiddleware(app_doing(acts), MemoryStore()))
    client.cookies = {"session": "planted"}
    assert (await client.get("/login")).body == b"{'user': 'ada'}"
    assert client.cookies["session"] != "planted"
    thief = browser(client.app)
    thief.cookies = {"session": "planted"}
    assert (await thief.get("/")).body == b"{}"


async def test_a_destroyed_session_is_deleted_everywhere(browser: Any, app_doing: Any) -> None:
    store = MemoryStore()
    client = browser(ServerSessionMiddleware(app_doing(acts), store))
    await client.get("/login")
    copy = dict(client.cookies)
    assert "1970" in (await client.get("/logout")).headers["set-cookie"]
    client.cookies = copy
    assert (await client.get("/")).body == b"{}"
    assert store._sessions == {}


async def test_a_change_inside_a_value_is_saved(browser: Any, app_doing: Any) -> None:
    client = browser(ServerSessionMiddleware(app_doing(acts), MemoryStore()))
    await client.get("/append")
    await client.get("/nested")
    assert (await client.get("/")).body == b"{'list': [1, 2]}"


async def test_a_session_that_is_only_read_is_not_saved_again(browser: Any, app_doing: Any) -> None:
    store = CountingStore()
    client = browser(ServerSessionMiddleware(app_doing(acts), store))
    await client.get("/set")
    response = await client.get("/")
    assert store.saves == 1
    assert response.headers["vary"] == "Cookie"
    assert "set-cookie" not in response.headers


async def test_requests_at_the_same_time_do_not_lose_each_others_changes(browser: Any, app_doing: Any) -> None:
    async def slowly(session: Any, path: str) -> object:
        if path != "/":
            session[path] = True
            await anyio.sleep(0.02)
        return sorted(session)

    client = browser(ServerSessionMiddleware(app_doing(slowly), MemoryStore()))
    await client.get("/first")
    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(client.get, f"/{number}")
    assert (await client.get("/")).body == b"['/0', '/1', '/2', '/3', '/4', '/first']"


async def test_a_session_ended_meanwhile_does_not_come_back(browser: Any, app_doing: Any) -> None:
    store = MemoryStore()

    async def slowly(session: Any, path: str) -> object:
        session["a"] = path
        if path == "/slow":
            store._sessions.clear()
        return dict(session.items())

    client = browser(ServerSessionMiddleware(app_doing(slowly), store))
    await client.get("/first")
    response = await client.get("/slow")
    assert "set-cookie" not in response.headers
    assert store._sessions == {}


async def test_a_session_ended_while_another_request_rotates_it_does_not_come_back(
    browser: Any, app_doing: Any
) -> None:
    store = MemoryStore()

    async def slowly(session: Any, path: str) -> object:
        match path:
            case "/first":
                session["secret"] = "theirs"
            case "/rotate":
                session.rotate()
                store._sessions.clear()
            case "/log-in":
                session["user"] = "ada"
                session.rotate()
                store._sessions.clear()
            case _:
                pass
        return dict(session.items())

    client = browser(ServerSessionMiddleware(app_doing(slowly), store))
    await client.get("/first")
    assert "set-cookie" not in (await client.get("/rotate")).headers
    assert store._sessions == {}
    client.cookies.clear()
    await client.get("/first")
    old = client.cookies["session"]
    await client.get("/log-in")
    assert client.cookies["session"] != old
    assert (await client.get("/")).body == b"{'user': 'ada'}"


async def test_idle_and_absolute_timeouts_end_a_session(
    browser: Any, app_doing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_700_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    monkeypatch.setattr("armillary.sessions._memory_store.time.monotonic", lambda: now)
    client = browser(ServerSessionMiddleware(app_doing(acts), MemoryStore(), idle_timeout=100, absolute_timeout=250))
    await client.get("/set")
    for _ in range(3):
        now += 80
        assert (await client.get("/")).body == b"{'a': 1}"
    now += 20
    assert (await client.get("/")).body == b"{}"
    await client.get("/set")
    now += 101
    assert (await client.get("/")).body == b"{}"


class UnavailableStore(MemoryStore):
    unavailable = False

    async def load(self, key: str) -> StoredSession | None:
        if self.unavailable:
            raise StoreUnavailable("down")
        return await super().load(key)

    async def save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        if self.unavailable:
            raise StoreUnavailable("down")
        return await super().save(key, session, expected, lifetime)


async def test_an_unavailable_store_is_a_503_and_no_cookie_is_lost(browser: Any, app_doing: Any) -> None:
    store = UnavailableStore()
    client = browser(ServerSessionMiddleware(app_doing(acts), store))
    await client.get("/set")
    store.unavailable = True
    for path in ("/", "/set", "/logout"):
        response = await client.get(path)
        assert (response.status, response.headers["retry-after"]) == (503, "5")
        assert "set-cookie" not in response.headers
    store.unavailable = False
    assert (await client.get("/")).body == b"{'a': 1}"


async def test_a_save_that_fails_is_a_503_though_the_application_succeeded(browser: Any, app_doing: Any) -> None:
    store = UnavailableStore()

    def act(session: Any, path: str) -> str:
        session["a"] = 1
        store.unavailable = True
        return "success"

    response = await browser(ServerSessionMiddleware(app_doing(act), store)).get("/")
    assert (response.status, response.sentence) == (503, "Sessions are unavailable; try again in a moment")


async def test_a_websocket_without_its_store_is_closed_with_try_again_later() -> None:
    store = UnavailableStore()
    store.unavailable = True
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "headers": [(b"cookie", b"session=x")]}
    await ServerSessionMiddleware(send, store)(scope, receive, send)  # type: ignore[arg-type]
    reason = "Sessions are unavailable; try again in a moment"
    assert sent == [{"type": "websocket.close", "code": 1013, "reason": reason}]


class BusyStore(MemoryStore):
    """A store in which another request is always faster."""

    is_busy = False

    async def save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        return not self.is_busy and await super().save(key, session, expected, lifetime)


async def test_a_request_that_cannot_save_in_time_gets_a_503_and_nothing_it_set_is_saved(
    browser: Any, app_doing: Any
) -> None:
    store = BusyStore()

    def act(session: Any, path: str) -> object:
        if path == "/set":
            session["a"] = 2
        return dict(session.items())

    async def app_that_responds_again(scope: Any, receive: Any, send: Any) -> None:
        await app_doing(act)(scope, receive, send)
        store.is_busy = False
        await app_doing(act)(scope, receive, send)

    client = browser(ServerSessionMiddleware(app_doing(acts), store, save_timeout=0.05))
    await client.get("/set")
    client.app = ServerSessionMiddleware(app_that_responds_again, store, save_timeout=0.05)
    store.is_busy = True
    response = await client.get("/set")
    assert (response.status, response.headers["retry-after"]) == (503, "1")
    client.app = ServerSessionMiddleware(app_doing(acts), store)
    assert (await client.get("/")).body == b"{'a': 1}"


class OftenLosingStore(MemoryStore):
    """A store in which another request is faster so many times."""

    losses = 0

    async def save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        if self.losses:
            self.losses -= 1
            return False
        return await super().save(key, session, expected, lifetime)


async def test_a_save_that_loses_is_tried_again_until_it_wins(browser: Any, app_doing: Any) -> None:
    store = OftenLosingStore()
    client = browser(ServerSessionMiddleware(app_doing(acts), store))
    await client.get("/")
    await client.get("/set")
    store.losses = 4
    assert (await client.get("/set")).status == 200
    assert store.losses == 0


async def test_a_touch_that_loses_is_dropped(browser: Any, app_doing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = BusyStore()
    client = browser(ServerSessionMiddleware(app_doing(acts), store, idle_timeout=100))
    await client.get("/set")
    now = time.time() + 50
    monkeypatch.setattr("time.time", lambda: now)
    store.is_busy = True
    response = await client.get("/")
    assert (response.status, response.body) == (200, b"{'a': 1}")
    assert "set-cookie" not in response.headers


async def test_a_session_that_one_request_empties_keeps_what_another_added(browser: Any, app_doing: Any) -> None:
    gate = anyio.Event()

    async def act(session: Any, path: str) -> object:
        match path:
            case "/first":
                session["flash"] = 1
            case "/pop":
                session.pop("flash")
                await gate.wait()
            case "/add":
                session["cart"] = 1
            case _:
                pass
        return dict(session.items())

    client = browser(ServerSessionMiddleware(app_doing(act), MemoryStore()))
    await client.get("/first")
    async with anyio.create_task_group() as group:
        group.start_soon(client.get, "/pop")
        await anyio.sleep(0.01)
        await client.get("/add")
        gate.set()
    assert (await client.get("/")).body == b"{'cart': 1}"


@pytest.mark.parametrize("seconds", ["1", True, 0])
def test_a_save_timeout_that_is_no_positive_number_is_rejected(seconds: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="save_timeout is"):
        ServerSessionMiddleware(lambda *args: None, MemoryStore(), save_timeout=seconds)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("store", [None, "redis://127.0.0.1:6379/0", MemoryStore])
def test_something_other_than_a_store_is_rejected_at_construction(store: Any) -> None:
    with pytest.raises(TypeError, match="store has the methods load, save and delete"):
        ServerSessionMiddleware(lambda *args: None, store)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("name", ["idle_timeout", "absolute_timeout"])
@pytest.mark.parametrize("seconds", ["60", 1.5, True])
def test_a_timeout_that_is_not_a_whole_number_is_rejected(name: str, seconds: Any) -> None:
    with pytest.raises(TypeError, match=f"{name} is a whole number of seconds"):
        ServerSessionMiddleware(lambda *args: None, MemoryStore(), **{name: seconds})  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("name", ["idle_timeout", "absolute_timeout"])
def test_a_timeout_that_is_not_positive_is_rejected(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is in seconds, above 0"):
        ServerSessionMiddleware(lambda *args: None, MemoryStore(), **{name: 0})  # type: ignore[arg-type, return-value]
