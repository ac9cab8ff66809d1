import subprocess
import sys
from typing import Any

import pytest

import armillary.web
from armillary.web import Armillary, Request

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "name", sorted(set(armillary.web.__all__) - {"GraphQL", "Injection", "InjectionMiddleware", "inject"})
)
def test_every_name_is_that_of_its_part(name: str) -> None:
    value = getattr(armillary.web, name)
    assert getattr(armillary.web, name) is value
    assert name in dir(armillary.web)


def test_the_list_of_names_is_that_of_the_parts() -> None:
    from armillary.web._names import PARTS

    assert sorted(PARTS) == sorted(armillary.web.__all__)


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
