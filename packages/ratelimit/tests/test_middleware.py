"""`RateLimitMiddleware` around an ASGI application."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from armillary.ratelimit import Count, MemoryStorage, RateLimitMiddleware, Rule, rate_limit_fields

pytestmark = pytest.mark.anyio


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]})
    await send({"type": "http.response.body", "body": b"a", "more_body": True})
    await send({"type": "http.response.body", "body": b"b"})


@pytest.mark.parametrize("strategy", ["fixed-window", "moving-window"])
async def test_the_request_over_the_limit_is_rejected(call: Any, strategy: Any) -> None:
    limited = RateLimitMiddleware(app, "2/hour", strategy=strategy)
    assert [(await call(limited)).status for _ in range(4)] == [200, 200, 429, 429]


async def test_responses_say_what_is_left(call: Any) -> None:
    limited = RateLimitMiddleware(app, [Rule("2/hour", name="hourly"), Rule("9/day", name="daily")])
    response = await call(limited)
    assert response.headers["ratelimit-policy"] == '"hourly";q=2;w=3600, "daily";q=9;w=86400'
    assert response.headers["ratelimit"] == '"hourly";r=1;t=3600, "daily";r=8;t=86400'
    assert response.headers["x-app"] == "1"
    assert response.body == b"ab"


async def test_a_rejection_says_why_and_when_to_come_back(call: Any) -> None:
    limited = RateLimitMiddleware(app, Rule("1 per 50 seconds", name="slow"))
    await call(limited)
    response = await call(limited)
    assert response.status == 429
    assert re.fullmatch(r'"slow";r=0;t=(49|50)', response.headers["ratelimit"])
    assert response.headers["retry-after"] in ("49", "50")
    assert response.headers["content-type"] == "application/problem+json"
    problem = json.loads(response.body)
    assert problem["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert problem["violated-policies"] == ["slow"]
    assert problem["detail"].startswith("The limit of 1 request in 50 seconds is used up. Try again in ")


async def test_a_rejection_of_a_head_request_has_no_body(call: Any) -> None:
    limited = RateLimitMiddleware(app, "1/hour")
    await call(limited)
    response = await call(limited, method="HEAD")
    assert (response.status, response.body) == (429, b"")


async def test_each_client_has_a_count_of_its_own(call: Any) -> None:
    limited = RateLimitMiddleware(app, "1/hour")
    for client in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"):
        assert (await call(limited, client=(client, 1))).status == 200
    for client in ("192.0.2.1", "2001:db8::2"):
        assert (await call(limited, client=(client, 2))).status == 429


async def test_the_key_selects_the_client_a_request_is_counted_for(call: Any) -> None:
    def user(scope: Any) -> str | None:
        return dict(scope["headers"]).get(b"x-user", b"").decode() or None

    limited = RateLimitMiddleware(app, "1/hour", key=user)
    for expected in (200, 429):
        assert (await call(limited, headers=[(b"x-user", b"vega")])).status == expected
    assert (await call(limited, headers=[(b"x-user", b"altair")])).status == 200
    for _ in range(3):
        response = await call(limited)
        assert response.status == 200
        assert "ratelimit" not in response.headers


async def test_a_rule_may_have_a_key_of_its_own(call: Any) -> None:
    limited = RateLimitMiddleware(app, [Rule("3/hour"), Rule("1/hour", "/login", key=lambda scope: "everyone")])
    assert (await call(limited, "/login", client=("192.0.2.1", 1))).status == 200
    assert (await call(limited, "/login", client=("192.0.2.2", 1))).status == 429
    assert (await call(limited, "/", client=("192.0.2.2", 1))).status == 200


async def test_rules_hold_for_the_paths_and_methods_they_name(call: Any) -> None:
    limited = RateLimitMiddleware(app, [Rule("1/hour", "/login", methods=["POST"]), Rule("2/hour", "/api/*")])
    assert [(await call(limited, "/login", "POST")).status for _ in range(2)] == [200, 429]
    assert [(await call(limited, "/api/a")).status, (await call(limited, "/api/b")).status] == [200, 200]
    assert (await call(limited, "/api/c")).status == 429
    assert [(await call(limited, "/login")).status for _ in range(3)] == [200, 200, 200]


async def test_after_a_rule_that_rejects_no_further_one_counts(call: Any) -> None:
    limited = RateLimitMiddleware(app, [Rule("1/hour", name="first"), Rule("3/hour", name="second")])
    for _ in range(5):
        response = await call(limited)
    assert response.headers["ratelimit"].startswith('"first";r=0')
    assert "second" not in response.headers["ratelimit"]
    assert (await call(limited, client=("192.0.2.9", 1))).headers["ratelimit"].count('"second";r=2') == 1


async def test_instances_that_share_a_storage_share_the_counts_of_one_name(call: Any) -> None:
    storage = MemoryStorage()
    one = RateLimitMiddleware(app, Rule("1/hour", name="a"), storage=storage)
    same = RateLimitMiddleware(app, Rule("1/hour", name="a"), storage=storage)
    other = RateLimitMiddleware(app, Rule("1/hour", name="b"), storage=storage)
    assert [(await call(limited)).status for limited in (one, same, other)] == [200, 429, 200]


async def test_what_is_stored_reveals_neither_key_nor_name(call: Any) -> None:
    storage = MemoryStorage()
    await call(RateLimitMiddleware(app, "1/hour", key=lambda scope: "secret-token/1", storage=storage))
    (stored,) = storage._hits
    assert "secret-token" not in stored


async def test_nested_limits_both_say_what_is_left(call: Any) -> None:
    limited = RateLimitMiddleware(RateLimitMiddleware(app, Rule("5/hour", name="in")), Rule("9/hour", name="out"))
    assert (await call(limited)).headers["ratelimit"] == '"in";r=4;t=3600, "out";r=8;t=3600'


async def test_the_messages_of_the_application_are_left_as_they_are(call: Any) -> None:
    start = {"type": "http.response.start", "status": 204, "headers": []}

    async def reusing(scope: Any, receive: Any, send: Any) -> None:
        await send(start)
        await send({"type": "http.response.body"})

    await call(RateLimitMiddleware(reusing, "9/hour"))
    assert start["headers"] == []


async def test_websockets_pass_unless_they_are_to_be_limited(call: Any) -> None:
    limited = RateLimitMiddleware(app, "1/hour")
    for _ in range(3):
        assert (await call(limited, type="websocket"))[0]["type"] == "websocket.accept"


async def test_a_handshake_over_the_limit_is_rejected(call: Any) -> None:
    limited = RateLimitMiddleware(app, Rule("1/hour", name="a"), limit_websockets=True)
    accepted = await call(limited, type="websocket")
    assert accepted.headers["ratelimit"] == '"a";r=0;t=3600'
    closed = await call(limited, type="websocket")
    sentence = "The limit of 1 request in 3600 seconds is used up. Try again in 3600 seconds."
    assert closed == [{"type": "websocket.close", "code": 1013, "reason": sentence}]
    rejected = await call(limited, type="websocket", extensions={"websocket.http.response": {}})
    assert rejected[0]["type"] == "websocket.http.response.start"
    assert rejected.status == 429
    assert rejected.text == sentence


@pytest.mark.parametrize("kind", ["websocket", "something.else"])
async def test_other_scopes_pass_as_they_are(kind: str) -> None:
    seen: list[Any] = []

    async def inner(*arguments: Any) -> None:
        seen.append(arguments)

    scope, receive, send = {"type": kind}, object(), object()
    await RateLimitMiddleware(inner, "1/hour")(scope, receive, send)  # type: ignore[arg-type]
    assert all(given is passed for given, passed in zip((scope, receive, send), seen[0], strict=True))


@pytest.mark.parametrize(
    ("parameters", "error", "sentence"),
    [
        ({"rules": "often"}, ValueError, "'often' is not understood"),
        ({"rules": []}, ValueError, "rules is empty"),
        ({"rules": ["5/minute", "6/hour"]}, TypeError, "'5/minute' is not a Rule; write Rule\\('5/minute'\\)"),
        ({"rules": 5}, TypeError, "rules is a Rule, several, or text"),
        ({"store_timeout": "1"}, TypeError, "store_timeout is a number of seconds"),
        ({"storage": "memcached://a"}, ValueError, "'memcached://a' is neither 'memory://' nor a URL of Redis"),
        ({"storage": 5}, TypeError, "storage is a URL"),
        ({"strategy": "leaky-bucket"}, ValueError, "strategy is one of fixed-window, moving-window"),
        ({"when_store_down": "panic"}, ValueError, "when_store_down is one of local, allow, reject"),
        ({"store_timeout": 0}, ValueError, "store_timeout is in seconds, above 0"),
        ({"key": "ip"}, TypeError, "key is a function"),
    ],
)
async def test_a_wrong_parameter_is_rejected_at_construction(parameters: Any, error: Any, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        RateLimitMiddleware(app, **{"rules": "1/hour", **parameters})


def test_the_fields_are_lists_of_structured_fields() -> None:
    counts = [Count(Rule("5/minute", name="login"), True, 3, 41.2), Count(Rule("9/day", name="all"), False, 0, -1.0)]
    assert rate_limit_fields(counts) == [
        (b"ratelimit-policy", b'"login";q=5;w=60, "all";q=9;w=86400'),
        (b"ratelimit", b'"login";r=3;t=42, "all";r=0;t=0'),
    ]


async def test_slashes_do_not_evade_a_limit(call: Any) -> None:
    limited = RateLimitMiddleware(app, Rule("5/hour", "/login"))
    paths = ["/login", "/login/", "//login", "/login//", "///login"] * 100
    assert [(await call(limited, path=path)).status for path in paths].count(200) == 5


@pytest.mark.parametrize("rule", ["/login", "/app/login", "/login/*"])
@pytest.mark.parametrize(
    "requested",
    [
        {"path": "/app/login", "root_path": "/app"},
        {"path": "//app//login/", "root_path": "/app/"},
        {"path": "/login", "root_path": "/app"},
    ],
    ids=["with its prefix", "with extra slashes", "without its prefix"],
)
async def test_the_prefix_of_a_server_switches_no_limit_off(call: Any, rule: str, requested: Any) -> None:
    limited = RateLimitMiddleware(app, Rule("1/hour", rule))
    assert [(await call(limited, **requested)).status for _ in range(3)] == [200, 429, 429]


@pytest.mark.parametrize("rule", ["/users/1", "/v1/users/1", "/app/v1/users/1", "/users/{id}", "/v1/users/{id}"])
@pytest.mark.parametrize("path", ["/app/v1/users/1", "/v1/users/1"])
async def test_a_limit_in_a_mount_is_by_the_path_inside_and_by_those_outside(call: Any, rule: str, path: str) -> None:
    limited = RateLimitMiddleware(app, Rule("1/hour", rule))
    consumed = path.removesuffix("/users/1")
    keys: Any = {
        "path": path,
        "root_path": "/app/v1",
        "app_root_path": "/app",
        "armillary.mount": SimpleNamespace(root_path="/app/v1", path=consumed, template="/v1"),
        "armillary": {"route_path": "/v1/users/{id}"},
    }
    assert [(await call(limited, **keys)).status for _ in range(3)] == [200, 429, 429]


async def test_a_path_that_only_begins_like_the_prefix_is_not_below_it(call: Any) -> None:
    limited = RateLimitMiddleware(app, Rule("1/hour", "/login"))
    statuses = [(await call(limited, path=path, root_path="/app")).status for path in ("/applogin", "/app2/login") * 2]
    assert statuses == [200] * 4


async def test_requests_are_counted_by_the_route_that_a_router_recorded(call: Any) -> None:
    limited = RateLimitMiddleware(app, Rule("2/hour", "/users/{id}"))
    statuses = [
        (await call(limited, path=f"/users/{number}", armillary={"route_path": "/users/{id}"})).status
        for number in range(4)
    ]
    assert statuses == [200, 200, 429, 429]


async def test_a_rejection_whose_body_was_not_read_closes_the_connection(call: Any) -> None:
    limited = RateLimitMiddleware(app, "1/hour")
    request = {"method": "POST", "headers": [(b"content-length", b"3")], "body": b"abc"}
    await call(limited, **request)
    rejected = await call(limited, **request)
    assert (rejected.status, rejected.headers["connection"]) == (429, "close")
