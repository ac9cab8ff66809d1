"""Switching on and off."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

INSTALLED = "import armillary.starlette; armillary.starlette.install()\n"
REPLACED = (
    "import fastapi, fastapi.routing as r\n"
    "print([f.__module__ for f in (r.get_request_handler, r.request_response, r.APIRouter.app)])"
)
OF_FASTAPI = str(["fastapi.routing"] * 3)


def run(program: str, **environ: str) -> tuple[str, str]:
    """Return the last line on stdout and all of stderr of a program."""
    kept = {name: value for name, value in os.environ.items() if name != "ARMILLARY_FASTAPI"}
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, env={**kept, **environ}, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()[-1], done.stderr


def test_it_is_on_by_the_import_of_fastapi_under_the_drop_in_and_says_so() -> None:
    out, log = run("import logging; logging.basicConfig(level='INFO')\n" + INSTALLED + REPLACED)
    modules = ["armillary.fastapi._handler", "armillary.fastapi._handler", "armillary.fastapi._flat_routing"]
    assert out == str(modules)
    assert log.count("is made faster by armillary-fastapi") == 1


def test_exactly_three_attributes_of_fastapi_are_replaced() -> None:
    program = """
import sys, fastapi, fastapi.routing, fastapi.applications, fastapi.dependencies.utils, fastapi.encoders
found = []
for name, module in sorted(sys.modules.items()):
    if name.split('.')[0] == 'fastapi':
        named = dict(vars(module))
        for key, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == name:
                named.update({f'{key}.{inner}': what for inner, what in vars(value).items()})
        found += [f'{name}.{key}' for key, what in named.items()
                  if str(getattr(what, '__module__', '')).startswith('armillary.fastapi')]
print(sorted(found))
"""
    names = ["APIRouter.app", "get_request_handler", "request_response"]
    assert run(INSTALLED + program)[0] == str([f"fastapi.routing.{name}" for name in names])


def test_a_variable_turns_it_off() -> None:
    assert run(INSTALLED + REPLACED, ARMILLARY_FASTAPI="0")[0] == OF_FASTAPI


def test_activated_twice_it_says_nothing_the_second_time_and_deactivated_it_leaves_fastapi_as_it_was() -> None:
    program = "import fastapi, armillary.fastapi as a; assert a.activate() is None; a.deactivate()\n"
    assert run(INSTALLED + program + REPLACED)[0] == OF_FASTAPI


@pytest.mark.parametrize("version", ["0.164.9", "0.166.0", "1.0.0", "0.170.0rc1", "unknown"])
def test_another_version_of_fastapi_is_left_alone_with_one_line(version: str) -> None:
    program = f"""
import importlib.metadata as m
own = m.version
m.version = lambda name: {version!r} if name == 'fastapi' else own(name)
import logging; logging.basicConfig(level='INFO', format='%(message)s')
"""
    out, log = run(program + INSTALLED + REPLACED)
    assert out == OF_FASTAPI
    assert f"off: it is for fastapi >=0.165,<0.166, and fastapi {version} is installed" in log


def test_on_the_real_starlette_it_does_nothing_and_says_what_to_write() -> None:
    out, _ = run("import fastapi, armillary.fastapi; print(armillary.fastapi.activate())")
    assert out.startswith("armillary-fastapi is off: fastapi runs on another Starlette; start with `python -m")


@pytest.mark.parametrize("environ", [{}, {"ARMILLARY_FASTAPI": "0"}])
def test_a_deep_copy_of_a_route_shares_its_application_and_so_copies_no_dependency(environ: dict[str, str]) -> None:
    program = """
import copy, fastapi, functools
class Proxy:
    def __init__(self): self.uncopiable = copy
    def __call__(self): return 7
app = fastapi.FastAPI()
@app.get("/")
def seven(value: int = fastapi.Depends(functools.partial(Proxy()))): return value
route = app.routes[-1]
memo = {id(route.dependant): route.dependant, id(route.endpoint): route.endpoint}
print(copy.deepcopy(route, memo).app == route.app)
"""
    assert run(INSTALLED + program, **environ)[0] == "True"
