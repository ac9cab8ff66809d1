import subprocess
import sys
from importlib.metadata import requires
from typing import Any

import pytest

import armillary.web
from armillary.web import Armillary, Request
from armillary.web._names import EXTRAS, PARTS

pytestmark = pytest.mark.anyio


ALWAYS = sorted(name for name, part in PARTS.items() if part not in EXTRAS or part == "testing")


@pytest.mark.parametrize("name", ALWAYS)
def test_every_name_is_that_of_its_part(name: str) -> None:
    value = getattr(armillary.web, name)
    assert getattr(armillary.web, name) is value
    assert name in dir(armillary.web)


def test_the_list_of_names_is_that_of_the_parts() -> None:
    assert sorted(PARTS) == sorted(armillary.web.__all__)


def test_a_part_that_is_not_always_there_is_an_extra() -> None:
    required = "\n".join(requires("armillary") or ())
    for part in set(PARTS.values()):
        name = part.replace("_", "-")
        assert (f'extra == "{part}"' if part in EXTRAS else f"armillary-{name}") in required.replace("'", '"'), part


def test_a_part_is_imported_when_its_name_is_first_used() -> None:
    code = (
        "import sys, armillary.web; assert 'armillary.http' not in sys.modules; "
        "armillary.web.JSONResponse; assert 'armillary.http' in sys.modules; "
        "assert 'armillary.templating' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_misspelt_name_is_an_error_with_the_right_one() -> None:
    with pytest.raises(AttributeError, match="no attribute 'JSONRespnse'; did you mean 'JSONResponse'"):
        armillary.web.JSONRespnse  # type: ignore[attr-defined] # noqa: B018
    with pytest.raises(ImportError, match="Armilary"):
        from armillary.web import Armilary  # type: ignore[attr-defined] # noqa: F401


@pytest.mark.parametrize(
    ("name", "part", "command"),
    [
        ("Jinja2Templates", "templating", "pip install armillary-templating"),
        ("GraphQL", "graphql", r'pip install "armillary\[graphql\]"'),
        ("Channels", "channels", r'pip install "armillary\[channels\]"'),
        ("Database", "sqlalchemy", r'pip install "armillary\[sqlalchemy\]"'),
        ("IdempotencyMiddleware", "idempotency", r'pip install "armillary\[idempotency\]"'),
        ("OpenTelemetryMiddleware", "telemetry", r'pip install "armillary\[telemetry\]"'),
        ("RateLimitMiddleware", "ratelimit", r'pip install "armillary\[ratelimit\]"'),
        ("Tasks", "tasks", r'pip install "armillary\[tasks\]"'),
    ],
)
def test_a_name_whose_part_is_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, name: str, part: str, command: str
) -> None:
    monkeypatch.delitem(vars(armillary.web), name, raising=False)
    monkeypatch.setitem(sys.modules, f"armillary.{part}", None)
    with pytest.raises(ImportError, match=f"{name} needs armillary-{part}, which is not installed: {command}"):
        getattr(armillary.web, name)


async def test_a_program_needs_no_other_module(call: Any) -> None:
    app = Armillary()

    @app.get("/stars/{number:int}")
    async def show(number: int, request: Request) -> dict[str, Any]:
        return {"number": number, "path": request.url.path}

    assert (await call(app, "/stars/7")).body == b'{"number":7,"path":"/stars/7"}'
