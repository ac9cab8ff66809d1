"""What `pip install armillary` and its extras bring, by the metadata of the installed distributions."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[1] / "packages"
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[(?P<extras>[^]]*)\])?(?P<rest>[^;]*)(?:;(?P<marker>.*))?")
EXTRA = re.compile(r"extra == ['\"]([^'\"]+)['\"]")


def brought_by(name: str, extras: frozenset[str] = frozenset(), seen: set[tuple[str, str]] | None = None) -> set[str]:
    """Return the names of the distributions that a requirement brings, whatever the platform."""
    seen = set() if seen is None else seen
    for extra in ("", *extras):
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            requirements = requires(name) or ()
        except PackageNotFoundError:  # for another platform
            continue
        for text in requirements:
            found = REQUIREMENT.match(text)
            assert found is not None, text
            wanted = EXTRA.search(found["marker"] or "")
            if (wanted[1] if wanted else "") == extra:
                inner = frozenset(item.strip() for item in (found["extras"] or "").split(",") if item.strip())
                brought_by(found["name"].lower().replace("_", "-"), inner, seen)
    return {name for name, _ in seen}


def parts() -> set[str]:
    """Return every published distribution of the workspace."""
    files = PACKAGES.glob("*/pyproject.toml")
    return {tomllib.loads(file.read_text())["project"]["name"] for file in files}


def test_the_framework_brings_sessions_templates_files_typed_endpoints_and_documents() -> None:
    brought = brought_by("armillary")
    wanted = {"sessions", "templating", "staticfiles", "binding", "openapi", "authentication", "cors", "security"}
    assert brought >= {f"armillary-{name}" for name in wanted}
    assert brought >= {"msgspec", "python-multipart", "jinja2"}
    assert not brought & {"pydantic", "httpx", "sqlalchemy", "pytest", "uvicorn", "strawberry-graphql"}


@pytest.mark.parametrize(
    ("extra", "wanted"),
    [
        ("testing", {"armillary-testing", "httpx"}),
        ("pydantic", {"pydantic"}),
        ("sqlite", {"armillary-sqlalchemy", "sqlalchemy", "aiosqlite"}),
        ("standard", {"uvicorn", "armillary-cli"}),
        ("openapi", {"armillary-openapi", "pyyaml"}),
    ],
)
def test_an_extra_brings_what_it_is_for(extra: str, wanted: set[str]) -> None:
    assert brought_by("armillary", frozenset([extra])) >= wanted


def test_all_brings_every_part_with_msgspec_pydantic_and_a_driver_of_sqlite() -> None:
    brought = brought_by("armillary", frozenset(["all"]))
    assert brought >= parts() | {"msgspec", "pydantic", "aiosqlite"}


def test_every_name_of_the_front_door_is_of_a_part_that_the_framework_or_its_error_names() -> None:
    from armillary.web._names import EXTRAS, PARTS

    brought = brought_by("armillary")
    for part in set(PARTS.values()):
        assert (f"armillary-{part.replace('_', '-')}" in brought) is (part not in EXTRAS), part
