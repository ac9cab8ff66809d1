from __future__ import annotations

import json
from typing import Any

import pytest

HEADER = """
import secrets
import warnings
from contextlib import asynccontextmanager

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.cors import CORSMiddleware
from armillary.http import JSONResponse
from armillary.routing import Host, Mount, Route
from armillary.security import (
    CSRFMiddleware, ProxyHeadersMiddleware, SecurityHeadersMiddleware, TrustedHostMiddleware,
)
from armillary.sessions import SessionMiddleware

KEY = secrets.token_urlsafe(32)
SAFE = [Middleware(TrustedHostMiddleware, ["stars.example"]), Middleware(SecurityHeadersMiddleware)]


async def home(request):
    return JSONResponse({})


@asynccontextmanager
async def lifespan(app):
    yield

"""


def findings(project: Any, text: str) -> tuple[int, list[dict[str, Any]]]:
    project.write(HEADER + text)
    done = project.run("check", "--json")
    return done.code, json.loads(done.out)


def test_a_careful_application_has_no_finding(project: Any) -> None:
    text = (
        "app = Armillary(routes=[Route('/', home, methods=['POST'])], lifespan=lifespan, middleware=[\n"
        "    *SAFE, Middleware(SessionMiddleware, KEY), Middleware(CSRFMiddleware)])\n"
    )
    assert findings(project, text) == (0, [])
    assert project.run("check").out == "app:app: nothing to remark.\n"


def test_one_function_under_two_methods_of_a_path_is_no_finding(project: Any) -> None:
    text = "app = Armillary(middleware=SAFE)\n\n@app.get('/')\n@app.post('/')\ndef form(request): ..."
    assert findings(project, text) == (0, [])


ERRORS = [
    ("app = Armillary(debug=True, middleware=SAFE)", "debug", "leave debug out"),
    (
        "app = Armillary(middleware=[*SAFE, Middleware(SessionMiddleware, 'change-me' * 6)])",
        "session key",
        "read it from the environment",
    ),
    (
        "app = Armillary(middleware=[*SAFE, Middleware(SessionMiddleware, KEY, https_only=False)])",
        "session cookie",
        "leave https_only out",
    ),
    (
        "app = Armillary(routes=[Mount('/a', routes=[Route('/', home, methods=['POST'])])],"
        " middleware=[*SAFE, Middleware(SessionMiddleware, KEY)])",
        "csrf",
        "add Middleware(CSRFMiddleware)",
    ),
    (
        "app = Armillary(middleware=[*SAFE, Middleware(CORSMiddleware, allow_origins=['null'])])",
        "cors",
        "name the origins",
    ),
    (
        "app = Armillary(routes=[Route('/{name}', home), Route('/me', home, name='me')], middleware=SAFE)",
        "unreachable route",
        "put the more particular route first",
    ),
    (
        "app = Armillary(routes=[Route('/a', home), Route('/b', home)], middleware=SAFE)",
        "duplicate name",
        'name="..."',
    ),
    (
        "app = Armillary(middleware=SAFE)\n\n@app.get('/')\ndef log_in(request): request.session.user = 'ada'",
        "lost session value",
        "write request.session['user'] = ...",
    ),
    (
        "app = Armillary(middleware=SAFE)\n\n@staticmethod\n@app.get('/')\ndef show(request): ...",
        "decorator order",
        "write @staticmethod below @app.get(...)",
    ),
    (
        "app = Armillary(routes=[Host('x.org', Armillary(lifespan=lifespan), lifespan=False)], middleware=SAFE)",
        "lifespan",
        "enter it in the lifespan of the application",
    ),
    (
        "app = Armillary(routes=[Mount('/x', Armillary(lifespan=lifespan), lifespan=False)], middleware=SAFE)",
        "lifespan",
        "leave out lifespan=False",
    ),
    (
        "app = Armillary(middleware=[*SAFE, Middleware(SessionMiddleware, 'A1b2C3d4E5f6')])",
        "middleware",
        "correct the arguments",
    ),
    (
        "app = Armillary(middleware=SAFE)\nwarnings.warn('old() is deprecated; write new()', DeprecationWarning)",
        "deprecated",
        "write what the sentence says",
    ),
    (
        "app = Armillary(middleware=SAFE)\ndef later():\n    import armillary.teleport\n",
        "missing package",
        "pip install armillary-teleport",
    ),
]


@pytest.mark.parametrize(("text", "kind", "fix"), ERRORS, ids=[f"{kind}-{fix[:12]}" for _, kind, fix in ERRORS])
def test_what_is_wrong_is_named_with_its_fix_and_exits_with_1(project: Any, text: str, kind: str, fix: str) -> None:
    code, found = findings(project, text)
    assert code == 1
    assert [(finding["kind"], finding["severity"]) for finding in found] == [(kind, "error")]
    assert fix in found[0]["fix"]
    done = project.run("check")
    assert done.code == 1
    assert f"error {kind}: " in done.out
    assert done.out.endswith("app:app: 1 error, 0 pieces of advice.\n")


def test_the_line_of_an_unreachable_endpoint_is_named(project: Any) -> None:
    _, found = findings(project, "app = Armillary(routes=[Route('/{x}', home), Route('/me', home, name='me')])")
    line = HEADER.splitlines().index("async def home(request):") + 1
    assert any(finding["sentence"].startswith(f"app.py line {line}: Route(path='/me'") for finding in found)


def test_advice_alone_exits_with_0_unless_it_is_strict(project: Any) -> None:
    code, found = findings(project, "app = Armillary()")
    assert (code, {finding["kind"] for finding in found}) == (0, {"hosts", "headers"})
    assert project.run("check", "--strict").code == 1


def test_a_file_that_reads_forms_needs_their_parser(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    import armillary.cli._source_checks as source_checks

    real = importlib.util.find_spec
    monkeypatch.setattr(source_checks, "find_spec", lambda name: None if name == "python_multipart" else real(name))
    text = "async def upload(request):\n    await request.form()\napp = Armillary(middleware=SAFE)\n"
    _, found = findings(project, text)
    assert [finding["fix"] for finding in found] == ['pip install "armillary-http[forms]"']


def test_a_lifespan_that_the_one_above_may_run_is_advice(project: Any) -> None:
    mount = "Mount('/x', Armillary(lifespan=lifespan), lifespan=False)"
    code, found = findings(project, f"app = Armillary(routes=[{mount}], middleware=SAFE, lifespan=lifespan)")
    assert code == 0
    assert [(finding["kind"], finding["severity"]) for finding in found] == [("lifespan", "advice")]


def test_a_mount_that_runs_the_lifespan_has_no_finding(project: Any) -> None:
    code, found = findings(
        project, "app = Armillary(routes=[Mount('/x', Armillary(lifespan=lifespan))], middleware=SAFE)"
    )
    assert (code, found) == (0, [])


def test_a_body_of_a_get_is_advised_against(project: Any) -> None:
    code, found = findings(
        project, "def find(star: dict) -> int: ...\n\napp = Armillary(routes=[Route('/', find)], middleware=SAFE)"
    )
    assert code == 0
    assert [(finding["kind"], finding["severity"]) for finding in found] == [("body of a GET", "advice")]
    assert "take the values from the query" in found[0]["fix"]


def test_what_registers_a_function_may_be_above_its_route(project: Any) -> None:
    code, found = findings(
        project,
        "class App(Armillary):\n    def handles(self, status):\n        return lambda function: function\n\n"
        "app = App(middleware=SAFE)\n\n@app.handles(404)\n@app.get('/missing')\ndef show(request): ...",
    )
    assert (code, found) == (0, [])
