"""Every way to name an application, and the sentence for every way to name it wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

APP = """
from armillary.applications import Armillary

app = Armillary()
"""


@pytest.mark.parametrize("reference", ["app:app", "app", "app.py", "./app.py:app", "app.py:app"])
def test_an_application_is_named_by_module_or_file(project: Any, reference: str) -> None:
    project.write(APP)
    assert project.run("routes", reference).code == 0


def test_without_a_name_the_usual_files_are_tried(project: Any) -> None:
    project.write(APP, "main.py")
    assert project.run("routes").code == 0


def test_pyproject_names_the_application(project: Any) -> None:
    project.write(APP, "stars/web.py")
    project.write("[tool.armillary]\napp = 'stars.web:app'\n", "pyproject.toml")
    assert project.run("routes").code == 0


def test_a_package_is_named_by_its_folder(project: Any) -> None:
    project.write(APP, "src/stars/web.py")
    assert project.run("routes", "stars/web.py", "--app-dir", "src").code == 0


def test_a_factory_without_parameters_is_called(project: Any) -> None:
    project.write(
        "from armillary.applications import Armillary\ndef create_app(debug: bool = False):\n    return Armillary()\n"
    )
    assert project.run("routes", "app:create_app").code == 0


def test_a_misspelt_module_of_a_package_is_named(project: Any) -> None:
    project.write(APP, "stars/main.py")
    found = project.run("routes", "stars.mian:app")
    assert found.code == 1
    assert 'did you mean "stars.main:app"?' in found.err


def test_a_bare_asgi_function_is_an_application(project: Any) -> None:
    project.write("async def app(scope, receive, send): ...\n")
    assert project.run("routes").code == 0


MISTAKES = [
    ("", None, "no application is named, and there is no app.py or main.py in {folder}"),
    (APP, "ap:app", 'there is no module "ap" in {folder}; did you mean "app:app"?'),
    (
        APP,
        "elsewhere:app",
        'there is no module "elsewhere" in {folder}; there is app:app; or name',
    ),
    (APP, "app:ap", "app.py has no attribute 'ap'; did you mean \"app:app\"?"),
    (APP, "app:", '"app:" names no attribute after the colon; write module:attribute, such as "app:app"'),
    (APP, "my-app:app", '"my-app:app" is no import string; write module:attribute'),
    (APP, "app.inner:app", 'there is no module "app.inner" in {folder}'),
    ("x = 1\n", "app:x", '"app:x" is 1, which is no ASGI application: name an instance of Armillary'),
    ("import json\n", "app:json", '"app:json" is a module; name the application in it, such as "json:app"'),
    (APP, "app:Armillary", '"app:Armillary" is a class; make an instance, app = Armillary(...), and name that'),
    ("def app(:\n", None, "app.py line 1 is no Python, invalid syntax: def app(:; correct this line"),
    ("x = 1\n  y = 2\n", None, "app.py line 2 is no Python, unexpected indent: y = 2; correct this line"),
    (
        "import nowhere_at_all\n",
        None,
        'app.py line 1 imports "nowhere_at_all", which is not installed; run: pip install',
    ),
    (
        "\nimport armillary.teleport\n",
        None,
        'app.py line 2 imports "armillary.teleport", which is not installed; run: pip install armillary-teleport',
    ),
    (
        "from armillary.cli import rut\n",
        None,
        "app.py line 1 cannot import: cannot import name 'rut'",
    ),
    (
        "import sys\n\nsys.exit(3)\n",
        None,
        'importing "app" ended the program; put what starts a server below',
    ),
    ("\n\n1 / 0\n", None, "app.py line 3 raised ZeroDivisionError: division by zero"),
    (
        "def make(settings): ...\n",
        "app:make",
        "make(settings) in app.py line 1 is neither an application nor",
    ),
    ("async def make(): ...\n", "app:make", "make() in app.py line 1 is a coroutine; write the factory with def"),
    ("def make():\n    pass\n", "app:make", "make() in app.py line 1 returned None; return the application"),
    ("def make():\n    return 3\n", "app:make", "make() in app.py line 1 returned 3, which is no ASGI application"),
    ("def make():\n    raise KeyError(3)\n", "app:make", "app.py line 2 raised KeyError: 3 when make() was called"),
]


@pytest.mark.parametrize(("text", "reference", "sentence"), MISTAKES)
def test_a_wrong_application_is_one_sentence_with_the_fix(
    project: Any, fails: Callable[..., str], text: str, reference: str | None, sentence: str
) -> None:
    if text:
        project.write(text)
    said = fails("routes", *([reference] if reference else []))
    assert said.startswith(sentence.format(folder=project.folder.resolve()))


def test_a_wrong_table_in_pyproject_is_one_sentence(project: Any, fails: Callable[..., str]) -> None:
    project.write("[tool.armillary]\napp = 3\n", "pyproject.toml")
    assert fails("routes").startswith("pyproject.toml: [tool.armillary] app is 3; write module:attribute")
    project.write("[tool.armillary\n", "pyproject.toml")
    assert fails("routes").startswith("pyproject.toml cannot be read: ")


def test_a_missing_folder_is_one_sentence(fails: Callable[..., str]) -> None:
    assert fails("routes", "--app-dir", "sorce") == (
        "there is no folder 'sorce'; --app-dir takes the folder that holds your module"
    )


def test_the_traceback_is_shown_if_asked_for(project: Any) -> None:
    project.write("1 / 0\n")
    done = project.run("--traceback", "routes")
    assert "ZeroDivisionError" in done.err.partition("Error: app.py line 1")[0]


def test_the_line_named_is_the_users_and_not_that_of_a_library(project: Any, fails: Callable[..., str]) -> None:
    project.write("import json\n\njson.loads('{')\n")
    assert fails("routes").startswith("app.py line 3 raised JSONDecodeError")


def test_what_a_library_says_to_install_has_no_second_advice(project: Any, fails: Callable[..., str]) -> None:
    project.write("raise ImportError('tasks in Redis need taskiq-redis: pip install x')\n")
    assert (
        fails("routes")
        .rstrip()
        .endswith("app.py line 1 cannot import: tasks in Redis need taskiq-redis: pip install x")
    )
