"""The table of `charter.toml`: what each package may import."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from circles import find_circles

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).resolve().with_name("charter.toml")

META_PACKAGE = "armillary"
# The published sources: project URLs and the links of READMEs begin with it.
REPOSITORY = "https://github.com/armillary-asgi/armillary"
EVENT_LOOPS = ("anyio", "asyncio", "sniffio", "trio", "uvloop")

# Modules whose name is not that of the distribution that brings them.
DISTRIBUTION_OF_MODULE = {
    "backports.zstd": "backports-zstd",
    "nats": "nats-py",
    "opentelemetry": "opentelemetry-api",
    "python_multipart": "python-multipart",
    "strawberry": "strawberry-graphql",
    "taskiq_pg": "taskiq-postgres",
    "yaml": "pyyaml",
    "zlib_ng": "zlib-ng",
}
# Distributions that another, declared one always brings, and whose modules are part of its interface.
BROUGHT_BY = {
    "cross-web": "strawberry-graphql",
    "graphql": "strawberry-graphql",
    "httpx": "armillary-testing",
    "httpx2": "armillary-testing",
    "markupsafe": "jinja2",
    "pydantic-core": "pydantic",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What one package may import; names of siblings are those of their folders."""

    name: str
    siblings: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    extra_siblings: frozenset[str] = frozenset()
    extra_outside: frozenset[str] = frozenset()
    pure: bool = False


def load_charter(table: Path = TABLE) -> dict[str, Row]:
    """Return the rows by package name, with `"*"` replaced by every package that has a row and does not name this one.

    Raises:
        TypeError: a value is no list.
        ValueError: a row names a sibling without a row, or rows allow a circle.
    """
    raw = tomllib.loads(table.read_text("utf-8"))
    modules = frozenset(raw) - {META_PACKAGE}

    def names(row: dict[str, object], key: str) -> frozenset[str]:
        value = row.get(key, [])
        if not isinstance(value, list):
            raise TypeError(f"{table.name}: {key} must be a list of names")
        return frozenset(modules if value == ["*"] else value)

    def siblings(name: str, row: dict[str, object]) -> frozenset[str]:
        found = names(row, "siblings") - {name}
        if row.get("siblings") == ["*"]:
            found -= {other for other in found if name in list(raw[other].get("siblings", []))}
        return found

    charter = {}
    for name, row in raw.items():
        charter[name] = Row(
            name,
            siblings(name, row),
            names(row, "outside"),
            names(row, "extra-siblings"),
            names(row, "extra-outside"),
            bool(row.get("pure", False)),
        )
        unknown = (charter[name].siblings | charter[name].extra_siblings) - modules
        if unknown:
            raise ValueError(f"{table.name}: [{name}] names siblings that have no row: {', '.join(sorted(unknown))}")
    for circle in find_circles({name: row.siblings | row.extra_siblings for name, row in charter.items()}):
        raise ValueError(f"{table.name}: the packages may import each other in a circle: {' -> '.join(circle)}")
    return charter


def module_name(package: str) -> str:
    """Return the import name of a package's folder.

    >>> module_name("armillary")  # the front door
    'armillary.web'
    >>> module_name("asgi-types")
    'armillary.asgi_types'
    """
    return "armillary." + ("web" if package == META_PACKAGE else package.replace("-", "_"))


def distribution_name(package: str) -> str:
    """Return the distribution name of a package's folder.

    >>> distribution_name("cors"), distribution_name("armillary")
    ('armillary-cors', 'armillary')
    """
    return package if package == META_PACKAGE else f"armillary-{package}"


def normalized(name: str) -> str:
    """Return a distribution name in the form that names are compared in.

    >>> normalized("Python_Multipart")
    'python-multipart'
    """
    return name.lower().replace("_", "-").replace(".", "-")


def distribution_of(module: str) -> str:
    """Return the distribution that brings a third-party module.

    >>> distribution_of("yaml.nodes"), distribution_of("anyio.abc")
    ('pyyaml', 'anyio')
    """
    for depth in (2, 1):
        known = DISTRIBUTION_OF_MODULE.get(".".join(module.split(".")[:depth]))
        if known is not None:
            return known
    return normalized(module.split(".")[0])
