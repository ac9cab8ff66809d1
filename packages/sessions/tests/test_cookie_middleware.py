"""`SessionMiddleware`: the session in a signed cookie."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.sessions import SessionMiddleware, SessionTooLarge, SignedCookie

pytestmark = pytest.mark.anyio

KEY = "a-secret-key-of-32-characters-..."


def visits(session: Any, path: str) -> object:
    match path:
        case "/visit":
            session["visits"] = session.get("visits", 0) + 1
        case "/clear":
            session.clear()
        case "/ignore":
            return "nothing"
        case "/fill":
            session["x"] = "y" * 5000
        case _:
            pass
    return session.get("visits")


async def test_a_session_lasts_from_request_to_request(browser: Any, app_doing: Any) -> None:
    client = browser(SessionMiddleware(app_doing(visits), KEY))
    assert [(await client.get("/visit")).body for _ in range(3)] == [b"1", b"2", b"3"]


async def test_the_cookie_is_set_only_when_the_session_was_modified(browser: Any, app_doing: Any) -> None:
    client = browser(SessionMiddleware(app_doing(visits), KEY))
    first = await client.get("/visit")
    assert first.headers["set-cookie"].endswith("; path=/; Max-Age=1209600; httponly; samesite=lax")
    assert "set-cookie" not in (await client.get("/")).headers


async def test_an_emptied_session_removes_its_cookie(browser: Any, app_doing: Any) -> None:
    client = browser(SessionMiddleware(app_doing(visits), KEY))
    await client.get("/visit")
    assert "expires=Thu, 01 Jan 1970" in (await client.get("/clear")).headers["set-cookie"]
    assert client.cookies == {}
    assert "set-cookie" not in (await client.get("/clear")).headers


async def test_vary_names_the_cookie_after_any_access_and_only_then(browser: Any, app_doing: Any) -> None:
    client = browser(SessionMiddleware(app_doing(visits), KEY))
    assert (await client.get("/")).headers["vary"] == "Cookie"
    assert "vary" not in (await client.get("/ignore")).headers


async def test_the_cookie_is_secure_when_the_request_is(browser: Any, app_doing: Any) -> None:
    app = app_doing(visits)
    for scheme, https_only, secure in [
        ("https", None, True),
        ("http", None, False),
        ("http", True, True),
        ("https", False, False),
    ]:
        client = browser(SessionMiddleware(app, KEY, https_only=https_only), scheme)
        assert ("; secure" in (await client.get("/visit")).headers["set-cookie"]) is secure


async def test_a_cookie_that_browsers_would_drop_is_an_error_that_names_its_size(browser: Any, app_doing: Any) -> None:
    with pytest.raises(SessionTooLarge, match=r"'session' has \d+ bytes, browsers drop cookies over 4096"):
        await browser(SessionMiddleware(app_doing(visits), KEY)).get("/fill")


async def test_a_cookie_of_another_key_is_ignored(browser: Any, app_doing: Any) -> None:
    client = browser(SessionMiddleware(app_doing(visits), KEY))
    await client.get("/visit")
    other = browser(SessionMiddleware(app_doing(visits), KEY[::-1]))
    other.cookies = dict(client.cookies)
    assert (await other.get("/")).body == b"None"


async def test_a_websocket_has_its_session_and_sets_the_cookie_with_its_accept() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["session"]["seen"] = True
        await send({"type": "websocket.accept"})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await SessionMiddleware(app, KEY)({"type": "websocket", "headers": []}, send, send)  # type: ignore[arg-type]
    assert b"set-cookie" in dict(sent[0]["headers"])


async def test_a_cookie_of_another_name_is_no_session(browser: Any, app_doing: Any) -> None:
    cart = browser(SessionMiddleware(app_doing(visits), KEY, session_cookie="cart"))
    await cart.get("/visit")
    client = browser(SessionMiddleware(app_doing(visits), KEY))
    client.cookies = {"session": cart.cookies["cart"]}
    assert (await client.get("/")).body == b"None"


async def test_a_cookie_signed_without_its_name_is_read_if_asked_for_and_replaced_once(
    browser: Any, app_doing: Any
) -> None:
    app = app_doing(visits)
    old = SignedCookie([KEY], cookie_name=None).write({"visits": 7})
    client = browser(SessionMiddleware(app, KEY))
    client.cookies = {"session": old}
    assert (await client.get("/")).body == b"None"
    client = browser(SessionMiddleware(app, KEY, reads_unnamed_cookies=True))
    client.cookies = {"session": old}
    assert "set-cookie" not in (await client.get("/ignore")).headers
    assert (await client.get("/")).body == b"7"
    assert client.cookies["session"] != old
    response = await client.get("/")
    assert response.body == b"7"
    assert "set-cookie" not in response.headers
    strict = browser(SessionMiddleware(app, KEY))
    strict.cookies = client.cookies
    assert (await strict.get("/")).body == b"7"


async def test_a_change_inside_a_value_is_saved(browser: Any, app_doing: Any) -> None:
    def act(session: Any, path: str) -> object:
        if path == "/append":
            session.setdefault("cart", {"items": []})
            session["cart"]["items"].append("book")
        return session["cart"]["items"]

    client = browser(SessionMiddleware(app_doing(act), KEY))
    await client.get("/append")
    await client.get("/append")
    response = await client.get("/")
    assert response.body == b"['book', 'book']"
    assert "set-cookie" not in response.headers


async def test_a_lifespan_passes_through() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    await SessionMiddleware(app, KEY)({"type": "lifespan"}, app, app)  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}]


@pytest.mark.parametrize(
    "options",
    [{"same_site": "none"}, {"partitioned": True}, {"session_cookie": "__Secure-s"}, {"session_cookie": "__Host-s"}],
)
async def test_attributes_that_browsers_accept_only_with_secure_set_it(
    browser: Any, app_doing: Any, options: Any
) -> None:
    client = browser(SessionMiddleware(app_doing(visits), KEY, **options))
    assert "; secure" in (await client.get("/visit")).headers["set-cookie"]


async def test_a_rejected_handshake_leaves_the_cookie(browser: Any, app_doing: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        scope["session"].get("seen")
        await send({"type": "websocket.close"})

    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await SessionMiddleware(app, KEY)({"type": "websocket", "headers": []}, receive, send)
    assert sent == [{"type": "websocket.close"}]


@pytest.mark.parametrize("option", [{"max_age": "60"}, {"max_age": 1.5}, {"max_age": True}, {"same_site": 5}])
def test_an_option_of_the_wrong_kind_is_rejected_at_construction(option: Any) -> None:
    with pytest.raises(TypeError, match=next(iter(option))):
        SessionMiddleware(lambda *args: None, KEY, **option)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"same_site": "none", "https_only": False}, "same_site='none' must be https only"),
        ({"session_cookie": "__Secure-s", "https_only": False}, "is https only"),
        ({"path": "shop"}, "begin it with '/'"),
        ({"path": ""}, "begin it with '/'"),
        ({"secret_key": ""}, "has 0 characters and can be guessed"),
        ({"max_age": 0}, "max_age is in seconds, above 0"),
        ({"session_cookie": "a b"}, "is not a cookie name"),
        ({"path": "/; domain=evil.test"}, "would end the cookie's attribute"),
        ({"domain": "a.test\r\nx: y"}, "would end the cookie's attribute"),
        ({"same_site": "lux"}, "same_site is"),
        ({"session_cookie": "__Host-s", "path": "/a"}, "has path='/' and no domain"),
        ({"partitioned": True, "https_only": False}, "must be https only"),
    ],
)
def test_a_wrong_option_is_rejected_at_construction(options: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as info:
        SessionMiddleware(lambda *args: None, **{"secret_key": KEY, **options})  # type: ignore[arg-type, return-value]
    assert sentence in str(info.value)
