"""`armillary new`: a project that is tested, typed and ready to deploy."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

import click

from ._console import output
from ._errors import CommandError

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# Files whose names begin with a dot are left out by some tools that pack a wheel.
_DOTTED = {"gitignore": ".gitignore", "dockerignore": ".dockerignore"}


class Template(NamedTuple):
    """A kind of project.

    Attributes:
        sentence: what it is.
        app: the import string of its application.
        dependencies: what it needs to be served.
        settings: what can be set by environment variables, with the meaning of each.
    """

    sentence: str
    app: str
    dependencies: tuple[str, ...]
    settings: dict[str, str]


_HOSTS = {"ALLOWED_HOSTS": "the host names it is served under, between commas; 127.0.0.1 is always one of them"}
TEMPLATES = {
    "minimal": Template("one file, one route", "app:app", ("armillary[standard]>=1.0,<2",), {}),
    "api": Template(
        "a JSON API with validation and an OpenAPI document",
        "app.main:app",
        ("armillary[openapi,standard]>=1.0,<2", "msgspec>=0.19"),
        _HOSTS,
    ),
    "site": Template(
        "pages from templates, and static files",
        "app.main:app",
        ("armillary[standard,templating]>=1.0,<2",),
        _HOSTS,
    ),
    "full": Template(
        "pages and a JSON API over a database, with accounts",
        "app.main:app",
        (
            "armillary[sessions,sqlalchemy,standard,templating]>=1.0,<2",
            "armillary-sqlalchemy[aiosqlite]>=1.0,<2",
            "msgspec>=0.19",
            "sqlalchemy>=2",
        ),
        {**_HOSTS, "DATABASE_URL": "the database; an SQLite file by default"},
    ),
}
_LISTED = "; ".join(f"{name}: {template.sentence}" for name, template in TEMPLATES.items())


@click.command()
@click.argument("name")
@click.option("--template", default="minimal", show_default=True, type=click.Choice([*TEMPLATES]), help=f"{_LISTED}.")
@click.option("--no-lock", is_flag=True, help="Do not make uv.lock.")
def new(name: str, template: str, no_lock: bool) -> None:
    """Begin a project in the new folder NAME, with tests, Dockerfile and CI."""
    if _NAME.fullmatch(name) is None:
        raise CommandError(f"{name!r} is no name for a project; write lower case and dashes, such as: star-list")
    folder = Path(name)
    if folder.exists():
        raise CommandError(f"there is a {name} here already; write another name, or move it")
    uv = None if no_lock else _uv()
    for path, text in project_files(name, template):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8", newline="\n")
    if uv is not None:
        _lock(uv, folder)
    console = output()
    console.print(f"Made {name}: {TEMPLATES[template].sentence}.")
    console.print(f"  cd {name}\n  uv run pytest\n  uv run armillary dev")


def project_files(name: str, template: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of each file of a new project."""
    chosen = TEMPLATES[template]
    words = {
        "name": name,
        "app": chosen.app,
        "dependencies": "".join(f'    "{requirement}",\n' for requirement in chosen.dependencies),
        "settings": _settings(chosen),
    }
    root = files("armillary.cli").joinpath("templates")
    for folder in ("every", template):
        for path, text in _texts(root / folder):
            for word, value in words.items():
                text = text.replace(f"@{word}@", value)
            yield path, text


def _texts(folder: Traversable, above: str = "") -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _texts(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(".in"):
            name = entry.name.removesuffix(".in")
            yield above + _DOTTED.get(name, name), entry.read_text("utf-8")


def _settings(template: Template) -> str:
    if not template.settings:
        return ""
    rows = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in template.settings.items())
    return f"Settings are environment variables, or lines of a file `.env`:\n\n| | |\n| --- | --- |\n{rows}\n"


def _uv() -> str:
    """Return the path of uv.

    Raises:
        CommandError: it is not installed.
    """
    found = shutil.which("uv")
    if found is not None:
        return found
    try:
        from uv import find_uv_bin
    except ModuleNotFoundError as exc:
        raise CommandError('uv makes the lock file; run: pip install "armillary-cli[new]" (or give --no-lock)') from exc
    return find_uv_bin()


def _lock(uv: str, folder: Path) -> None:
    done = subprocess.run(
        [uv, "lock", "--quiet"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = " ".join(done.stderr.split())
        raise CommandError(f"{folder} is made, and uv cannot lock it: {reason}; correct that, and run: uv lock")
