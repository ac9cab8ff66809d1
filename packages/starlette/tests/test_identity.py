"""What classes say they are while the alias is installed, and pickles that go from one Starlette to the other."""

from __future__ import annotations

import copy
import pickle
import pickletools
import sys
import typing
from base64 import b64decode
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import armillary.starlette
from armillary.starlette.datastructures import URL

PICKLES = {
    "URL": ("gAJjc3RhcmxldHRlLmRhdGFzdHJ1Y3R1cmVzClVSTApxACmBcQF9cQJYBAAAAF91cmxxA1gOAAAAaHR0cDovL2gvYT9iPTFxBHNiLg=="),
    "Headers": (
        "gAJjc3RhcmxldHRlLmRhdGFzdHJ1Y3R1cmVzCkhlYWRlcnMKcQApgXEBfXECWAUAAABfbGlzdHEDXXEEY19jb2RlY3MKZW5jb2Rl"
        "CnEFWAEAAABhcQZYBgAAAGxhdGluMXEHhnEIUnEJaAVYAQAAADFxCmgHhnELUnEMhnENYXNiLg=="
    ),
    "MutableHeaders": (
        "gAJjc3RhcmxldHRlLmRhdGFzdHJ1Y3R1cmVzCk11dGFibGVIZWFkZXJzCnEAKYFxAX1xAlgFAAAAX2xpc3RxA11xBGNfY29kZWNz"
        "CmVuY29kZQpxBVgBAAAAYXEGWAYAAABsYXRpbjFxB4ZxCFJxCWgFWAEAAAAxcQpoB4ZxC1JxDIZxDWFzYi4="
    ),
    "Secret": "gAJjc3RhcmxldHRlLmRhdGFzdHJ1Y3R1cmVzClNlY3JldApxACmBcQF9cQJYBgAAAF92YWx1ZXEDWAEAAABzcQRzYi4=",
    "CommaSeparatedStrings": (
        "gAJjc3RhcmxldHRlLmRhdGFzdHJ1Y3R1cmVzCkNvbW1hU2VwYXJhdGVkU3RyaW5ncwpxACmBcQF9cQJYBgAAAF9pdGVtc3EDXXEE"
        "KFgBAAAAYXEFWAEAAABicQZlc2Iu"
    ),
    "QueryParams": (
        "gAJjc3RhcmxldHRlLmRhdGFzdHJ1Y3R1cmVzClF1ZXJ5UGFyYW1zCnEAKYFxAX1xAihYBQAAAF9kaWN0cQN9cQRYAQAAAGFxBVgB"
        "AAAAMnEGc1gFAAAAX2xpc3RxB11xCChoBVgBAAAAMXEJhnEKaAVoBoZxC2V1Yi4="
    ),
    "URLPath": (
        "gAJjc3RhcmxldHRlLmRhdGFzdHJ1Y3R1cmVzClVSTFBhdGgKcQBYAgAAAC9hcQGFcQKBcQN9cQQoWAgAAABwcm90b2NvbHEFWAQA"
        "AABodHRwcQZYBAAAAGhvc3RxB1gBAAAAaHEIdWIu"
    ),
    "HTTPException": (
        "gAJjc3RhcmxldHRlLmV4Y2VwdGlvbnMKSFRUUEV4Y2VwdGlvbgpxAE2UAVgCAAAAbm9xAX1xAlgBAAAAYXEDWAEAAABicQRzh3EF"
        "UnEGfXEHKFgLAAAAc3RhdHVzX2NvZGVxCE2UAVgGAAAAZGV0YWlscQloAVgHAAAAaGVhZGVyc3EKaAJ1Yi4="
    ),
    "JSONResponse": (
        "gAJjc3RhcmxldHRlLnJlc3BvbnNlcwpKU09OUmVzcG9uc2UKcQApgXEBfXECKFgLAAAAc3RhdHVzX2NvZGVxA0vIWAoAAABiYWNr"
        "Z3JvdW5kcQROWAQAAABib2R5cQVjX2NvZGVjcwplbmNvZGUKcQZYBwAAAHsiYSI6MX1xB1gGAAAAbGF0aW4xcQiGcQlScQpYCwAA"
        "AHJhd19oZWFkZXJzcQtdcQwoaAZYDgAAAGNvbnRlbnQtbGVuZ3RocQ1oCIZxDlJxD2gGWAEAAAA3cRBoCIZxEVJxEoZxE2gGWAwA"
        "AABjb250ZW50LXR5cGVxFGgIhnEVUnEWaAZYEAAAAGFwcGxpY2F0aW9uL2pzb25xF2gIhnEYUnEZhnEaZXViLg=="
    ),
    "IntegerConvertor": "gAJjc3RhcmxldHRlLmNvbnZlcnRvcnMKSW50ZWdlckNvbnZlcnRvcgpxACmBcQEu",
}
"""Made by Starlette 1.10.0, in protocol 2, as base64."""


@pytest.fixture(autouse=True)
def alias() -> Iterator[None]:
    armillary.starlette.install(force=True)
    yield
    armillary.starlette.uninstall()


@pytest.mark.parametrize(
    "name",
    [
        "applications.Starlette",
        "requests.Request",
        "responses.Response",
        "responses.RedirectResponse",
        "routing.Route",
        "exceptions.HTTPException",
        "datastructures.UploadFile",
        "middleware.cors.CORSMiddleware",
        "concurrency.run_in_threadpool",
        "background.BackgroundTask",
        "websockets.WebSocketState",
        "formparsers.FormMessage",
    ],
)
def test_a_class_or_function_is_named_as_starlettes(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    value = getattr(import_module(f"starlette.{module}"), attribute)
    assert (value.__module__, value.__qualname__) == (f"starlette.{module}", attribute)


def test_the_functions_that_middleware_gets_are_named_as_starlettes() -> None:
    seen: list[str] = []

    class Watching:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            seen.extend(f"{each.__module__}.{each.__qualname__}" for each in (receive, send))
            await self.app(scope, receive, send)

    applications, middleware, testclient = map(
        import_module, ("starlette.applications", "starlette.middleware", "starlette.testclient")
    )
    app = applications.Starlette(middleware=[middleware.Middleware(Watching)])
    testclient.TestClient(app).get("/")
    assert seen == [
        "starlette.testclient._TestClientTransport.handle_request.<locals>.receive",
        "starlette.middleware.errors.ServerErrorMiddleware.__call__.<locals>._send",
    ]


def test_classes_of_modules_that_others_import_are_named_too() -> None:
    applications = import_module("starlette.applications")
    assert applications.Starlette().router.__class__.__module__ == "starlette.routing"
    assert sys.modules["starlette.routing"] is sys.modules["armillary.starlette.routing"]


def test_uninstalling_gives_names_back() -> None:
    response = import_module("starlette.responses").Response
    armillary.starlette.uninstall()
    assert response.__module__.startswith("armillary.starlette")


def test_annotations_of_a_renamed_class_resolve() -> None:
    endpoint = import_module("starlette.endpoints").WebSocketEndpoint
    assert typing.get_type_hints(endpoint)


def test_a_module_imports_the_classes_of_its_neighbours_not_native_ones() -> None:
    for module, name, home in [
        ("applications", "BaseRoute", "routing"),
        ("routing", "URL", "datastructures"),
        ("routing", "RedirectResponse", "responses"),
        ("middleware.sessions", "Secret", "datastructures"),
    ]:
        imported = getattr(import_module(f"starlette.{module}"), name)
        assert imported is getattr(import_module(f"starlette.{home}"), name)


def test_responses_are_responses() -> None:
    response = import_module("starlette.responses").Response
    assert issubclass(import_module("starlette.staticfiles").NotModifiedResponse, response)
    assert issubclass(import_module("starlette.schemas").OpenAPIResponse, response)


def loaded(name: str) -> Any:
    return pickle.loads(b64decode(PICKLES[name]))  # noqa: S301


def test_pickles_of_the_real_starlette_are_read_and_work() -> None:
    url = loaded("URL")
    assert (str(url), url.path, str(url.replace(path="/z"))) == ("http://h/a?b=1", "/a", "http://h/z?b=1")
    for name in ("Headers", "MutableHeaders"):
        headers = loaded(name)
        assert (headers["A"], headers.raw, list(headers)) == ("1", [(b"a", b"1")], ["a"])
    secret = loaded("Secret")
    assert (str(secret), bool(secret)) == ("s", True)
    assert list(loaded("CommaSeparatedStrings")) == ["a", "b"]
    assert loaded("QueryParams").getlist("a") == ["1", "2"]
    assert str(loaded("URLPath").make_absolute_url("http://q")) == "http://h/a"
    assert str(loaded("HTTPException")) == "404: no"
    assert loaded("JSONResponse").body == b'{"a":1}'
    assert loaded("IntegerConvertor").convert("7") == 7


@pytest.mark.parametrize(
    ("url", "parts", "replaced"),
    [
        ("http://u:p@h/", {"username": None}, "http://h/"),
        ("http://u:p@h/", {"username": None, "password": "q"}, "http://h/"),
        ("http://h/", {"password": "q"}, "http://h/"),
        ("http://u@h/", {"password": "q"}, "http://u:q@h/"),
        ("http://h:1/", {"hostname": None, "port": 2}, "http://h:2/"),
        ("http://h/", {"netloc": "n:1"}, "http://n:1/"),
        ("http://u:p@h/", {"netloc": "n:1", "username": None}, "http://h/"),
        ("http://u:p@h:1/", {"netloc": "n:1", "hostname": "z"}, "http://u:p@z:1/"),
        ("http://h/", {"netloc": "n:1", "port": 2}, "http://h:2/"),
        ("http://h:/", {"username": "u"}, "http://u@h/"),
        ("http://h:/", {"hostname": "z"}, "http://z/"),
        ("http://h:/", {"path": "/a"}, "http://h:/a"),
    ],
)
def test_parts_of_the_authority_of_a_url_are_replaced_as_starlette_does(
    url: str, parts: dict[str, Any], replaced: str
) -> None:
    assert str(URL(url).replace(**parts)) == replaced


@pytest.mark.parametrize("name", sorted(PICKLES))
def test_pickles_made_here_name_starlette_and_hold_what_its_own_hold(name: str) -> None:
    made = pickle.dumps(loaded(name), 2)
    names = [argument for opcode, argument, _ in pickletools.genops(made) if opcode.name == "GLOBAL"]
    assert not [name for name in names if "armillary" in str(name)]
    here, there = (set(strings(data)) for data in (made, b64decode(PICKLES[name])))
    assert there <= here


def strings(data: bytes) -> Iterator[str]:
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name == "BINUNICODE" and argument not in ("protocol", "host"):
            yield argument


def test_copies_of_a_url_and_of_a_secret_are_independent() -> None:
    datastructures = import_module("starlette.datastructures")
    url = datastructures.URL("http://h/a")
    assert copy.copy(url) == url
    headers = datastructures.MutableHeaders({"a": "1"})
    deep = copy.deepcopy(headers)
    deep["a"] = "2"
    assert headers["a"] == "1"
