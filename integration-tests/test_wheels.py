"""Each package as its wheel: what is in it, what it brings, what importing it loads, and that it works alone.

The fast part imports wheels from a folder, beside the foreign distributions of this environment. The nightly part
installs each wheel into separate environments: plain, with the oldest versions it declares, and with its extras.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from charter import EVENT_LOOPS, META_PACKAGE, ROOT, load_charter, module_name, normalized
from documents import example_of, program_of
from footprint import PAGE, growth, kind_of, measure, read_page
from packaging.requirements import Requirement
from packaging.version import Version
from wheelhouse import Environment, allowed_siblings, build_wheels, requirement_of, what_it_brings
from workspace import Workspace

WORKSPACE = Workspace(ROOT, load_charter())
PACKAGES = sorted(WORKSPACE.packages)
PARTS = [name for name in PACKAGES if name != META_PACKAGE]
START_UP_FILES = ["armillary_starlette_auto.pth", "armillary_starlette_auto.start"]
EXTRAS = [(name, extra) for name in PACKAGES for extra in WORKSPACE.packages[name].optional]
every_package = pytest.mark.parametrize("name", PACKAGES)
every_part = pytest.mark.parametrize("name", PARTS)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of each package, in one folder."""
    return build_wheels(WORKSPACE, tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="module")
def unpacked(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The contents of each package's wheel, in a folder for each."""
    folders = {}
    for name, wheel in wheels.items():
        folders[name] = tmp_path_factory.mktemp(name)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folders[name])
    return folders


# --- what is in a wheel ----------------------------------------------------------------------


@every_package
def test_a_wheel_holds_its_licence_and_only_its_own_portion_of_the_namespace(
    wheels: dict[str, Path], name: str
) -> None:
    with zipfile.ZipFile(wheels[name]) as archive:
        held = archive.namelist()
        (licence,) = [path for path in held if path.endswith(".dist-info/licenses/LICENSE")]
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
    code = [path for path in held if ".dist-info/" not in path]
    home = module_name(name).replace(".", "/") + "/"
    assert {home + "__init__.py", home + "py.typed"} <= set(code)
    beside = [path for path in code if not path.startswith(home)]
    assert beside == (START_UP_FILES if name == "starlette-auto" else [])
    templates = home + "templates/"  # of the command, which makes programs with tests of their own
    assert [path for path in code if ("/tests/" in path or "/test_" in path) and not path.startswith(templates)] == []


@every_package
def test_the_metadata_of_a_wheel_is_that_of_its_project(unpacked: dict[str, Path], name: str) -> None:
    (metadata,) = unpacked[name].glob("*.dist-info/METADATA")
    text = metadata.read_text("utf-8")
    package = WORKSPACE.packages[name]
    declared = {str(requirement) for requirement in package.required}
    lines = [line.removeprefix("Requires-Dist: ") for line in text.splitlines() if line.startswith("Requires-Dist: ")]
    assert {str(Requirement(line)) for line in lines if "extra ==" not in line} == declared
    assert "License-Expression: BSD-3-Clause" in text
    assert "Requires-Python: >=3.11" in text


@every_package
def test_a_package_brings_no_sibling_that_the_charter_does_not_allow(name: str) -> None:
    brought, _ = what_it_brings(WORKSPACE, name)
    assert brought <= allowed_siblings(WORKSPACE.charter, name)
    with_extras, _ = what_it_brings(WORKSPACE, name, WORKSPACE.packages[name].optional)
    assert with_extras <= allowed_siblings(WORKSPACE.charter, name, with_extras=True)


# --- what an import loads --------------------------------------------------------------------

LOAD = """
import json, os, sys
home, folders, foreign, allowed = json.loads(sys.argv[1])
beyond = {entry.partition(".")[0] for entry in os.listdir(foreign)} - set(allowed)
sys.path[:0] = folders
sys.path.append(foreign)

class Gate:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        frame = sys._getframe(1)
        while frame.f_code.co_filename.startswith("<frozen importlib"):
            frame = frame.f_back
        if top in beyond and frame.f_globals["__name__"].startswith("armillary."):
            raise ModuleNotFoundError(f"{home} imports {name}, which it does not declare", name=name)

sys.meta_path.insert(0, Gate())
before = set(sys.modules)
__import__(home)
loaded = sorted(set(sys.modules) - before)
print(json.dumps({name: getattr(sys.modules[name], "__file__", None) for name in loaded}))
"""


class Loading:
    """What importing each package loads, from the unpacked wheels of it and of the siblings it brings.

    Of the foreign distributions of this environment its modules see those that it declares, and what these require.
    """

    def __init__(self, unpacked: dict[str, Path]) -> None:
        self.unpacked = unpacked
        self._found: dict[str, dict[str, str | None]] = {}
        self._modules: dict[str, set[str]] = {}
        for module, distributions in packages_distributions().items():
            for distribution in distributions:
                self._modules.setdefault(normalized(distribution), set()).add(module)

    def folders(self, name: str) -> list[str]:
        siblings, _ = what_it_brings(WORKSPACE, name)
        return [str(self.unpacked[part]) for part in (name, *sorted(siblings))]

    def of(self, name: str) -> dict[str, str | None]:
        """Return the modules that importing a package loads, with their files."""
        if name not in self._found:
            _, outside = what_it_brings(WORKSPACE, name)
            allowed = {
                module
                for requirement in outside
                for distribution in closure_of(str(requirement))
                for module in self._modules.get(distribution, ())
            }
            question = [module_name(name), self.folders(name), sysconfig.get_path("purelib"), sorted(allowed)]
            # -S: the editable packages of this environment stay out of sight.
            command = [sys.executable, "-I", "-S", "-c", LOAD, json.dumps(question)]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
            )
            assert done.returncode == 0, done.stderr
            self._found[name] = json.loads(done.stdout)
        return self._found[name]


@pytest.fixture(scope="module")
def loading(unpacked: dict[str, Path]) -> Loading:
    return Loading(unpacked)


@cache
def closure_of(line: str) -> frozenset[str]:
    """Return the distributions of this environment that a requirement brings."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(line)]
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *requirement.extras):
            here = normalized(requirement.name), extra
            if here in seen:
                continue
            seen.add(here)
            found.add(here[0])
            try:
                below = [Requirement(each) for each in requires(here[0]) or []]
            except PackageNotFoundError:
                continue
            waiting += [each for each in below if each.marker is None or each.marker.evaluate({"extra": extra})]
    return frozenset(found)


@every_part
def test_importing_a_package_loads_only_what_the_charter_allows(loading: Loading, name: str) -> None:
    loaded = loading.of(name)
    ours = {".".join(module.split(".")[:2]) for module in loaded if module.startswith("armillary.")}
    assert ours <= {module_name(part) for part in allowed_siblings(WORKSPACE.charter, name) | {name}}
    if WORKSPACE.charter[name].pure:
        assert [module for module in loaded if kind_of(module) == "foreign"] == []
        assert [module for module in loaded if module.partition(".")[0] in EVENT_LOOPS] == []


@every_part
def test_importing_a_package_reads_the_wheels_and_no_other_copy(loading: Loading, name: str) -> None:
    folders = loading.folders(name)
    files = {module: file for module, file in loading.of(name).items() if module.startswith("armillary.") and file}
    assert module_name(name) in files
    assert [file for file in files.values() if not any(Path(file).is_relative_to(folder) for folder in folders)] == []


# --- the table of footprints -----------------------------------------------------------------


def test_the_page_has_a_row_for_each_package() -> None:
    assert sorted(read_page(PAGE.read_text("utf-8"))[1]) == PACKAGES


# --- alone, in separate environments -----------------------------------------------------


class Shelf:
    """Environments by package and kind, each made on first use."""

    def __init__(self, wheels: dict[str, Path], folder: Path) -> None:
        self.wheels = wheels
        self.links = next(iter(wheels.values())).parent
        self.folder = folder
        self._made: dict[tuple[str, str], Environment] = {}

    def get(self, name: str, kind: str, *install: str) -> Environment:
        if (name, kind) not in self._made:
            environment = Environment(self.folder / f"{name}-{kind}")
            environment.install("--find-links", self.links, *install)
            self._made[name, kind] = environment
        return self._made[name, kind]

    def plain(self, name: str, extras: Sequence[str] = ()) -> Environment:
        return self.get(name, "-".join(["plain", *extras]), requirement_of(WORKSPACE.packages[name], extras))

    def oldest(self, name: str, extras: Sequence[str] = ()) -> Environment:
        # Only what is named is resolved to its lowest version: so everything that is declared is named.
        _, outside = what_it_brings(WORKSPACE, name, extras)
        lowest = ("--resolution", "lowest-direct", *map(str, outside))
        return self.get(name, "-".join(["oldest", *extras]), requirement_of(WORKSPACE.packages[name], extras), *lowest)

    def full(self, name: str) -> Environment:
        package = WORKSPACE.packages[name]
        return self.get(name, "full", requirement_of(package, package.optional))


@pytest.fixture(scope="module")
def shelf(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(wheels, tmp_path_factory.mktemp("environments"))


KINDS: dict[str, Callable[[Shelf, str], Environment]] = {
    "plain": Shelf.plain,
    "oldest": Shelf.oldest,
    "full": Shelf.full,
}
every_kind = pytest.mark.parametrize("kind", KINDS)

INSTALLED = """
import json
from importlib.metadata import distributions
print(json.dumps({found.name: [found.requires or [], found.read_text("RECORD")] for found in distributions()}))
"""

# A name that stands on what an extra brings is an error that says which.
IMPORT = """
import importlib, sys
home = importlib.import_module(sys.argv[1])
for name in getattr(home, "__all__", ()):
    try:
        getattr(home, name)
    except ImportError as error:
        if "pip install" not in str(error):
            raise
"""

IMPORT_ALL = """
import importlib, pkgutil, sys, warnings
warnings.simplefilter("ignore", UserWarning)
home = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(home.__path__, home.__name__ + "."):
    if not found.name.endswith(".__main__"):
        importlib.import_module(found.name)
"""


@pytest.mark.nightly
@every_kind
@every_part
def test_a_package_is_imported_alone(shelf: Shelf, name: str, kind: str) -> None:
    environment = KINDS[kind](shelf, name)
    environment.run(IMPORT_ALL if kind == "full" else IMPORT, module_name(name))


def extras_to_install(name: str) -> list[str]:
    """Return the extras in the first `pip install` of a package's README."""
    package = WORKSPACE.packages[name]
    found = re.search(
        rf"pip install ['\"]?{package.project['name']}(?:\[([a-z0-9,-]+)\])?(?![\w-])", package.text("README.md")
    )
    assert found is not None, f"packages/{name}/README.md does not say how to install {package.project['name']}"
    return found[1].split(",") if found[1] else []


@pytest.mark.nightly
@every_kind
@every_package
def test_the_example_of_the_readme_runs_on_what_the_readme_installs(shelf: Shelf, name: str, kind: str) -> None:
    readme = WORKSPACE.packages[name].text("README.md")
    extras = extras_to_install(name)
    if kind == "full":
        shelf.full(name).run(program_of(readme))
    else:
        (shelf.oldest if kind == "oldest" else shelf.plain)(name, extras).run(example_of(readme))


@pytest.mark.nightly
@every_kind
@every_package
def test_what_is_installed_is_what_was_built(shelf: Shelf, name: str, kind: str) -> None:
    installed = KINDS[kind](shelf, name).ask(INSTALLED)
    for distribution, (_, record) in installed.items():
        sibling = WORKSPACE.folders.get(normalized(distribution))
        if sibling is None:
            continue
        with zipfile.ZipFile(shelf.wheels[sibling]) as archive:
            (path,) = [held for held in archive.namelist() if held.endswith(".dist-info/RECORD")]
            hashed = {line for line in archive.read(path).decode().splitlines() if "sha256=" in line}
        assert hashed <= set(record.splitlines()), f"{distribution} is not the wheel of this checkout"


@pytest.mark.nightly
@every_package
def test_a_package_brings_no_distribution_that_is_not_declared(shelf: Shelf, name: str) -> None:
    installed = shelf.plain(name).ask(INSTALLED)
    required = {normalized(found): lines for found, (lines, _) in installed.items()}
    siblings, outside = what_it_brings(WORKSPACE, name)
    waiting = [normalized(requirement.name) for requirement in outside]
    reached = {WORKSPACE.packages[part].project["name"] for part in (name, *siblings)}
    while waiting:
        here = waiting.pop()
        if here not in reached and here in required:
            reached.add(here)
            waiting += [normalized(Requirement(line).name) for line in required[here]]
    assert set(required) == reached


@pytest.mark.nightly
@every_part
def test_an_extra_that_is_installed_is_not_loaded_before_it_is_used(shelf: Shelf, name: str) -> None:
    plain, full = (read_modules(kind, name) for kind in (shelf.plain(name), shelf.full(name)))
    assert {found for found in full if kind_of(found) == "foreign"} <= plain


def read_modules(environment: Environment, name: str) -> set[str]:
    """Return the modules that importing a package loads in an environment, of the top level only."""
    program = (
        f"import sys; before = set(sys.modules); import {module_name(name)};"
        "loaded = set(sys.modules) - before; import json;"
        "print(json.dumps(sorted({found.partition('.')[0] for found in loaded})))"
    )
    return set(environment.ask(program))


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "extra"), EXTRAS)
def test_an_extra_brings_what_it_declares(shelf: Shelf, name: str, extra: str) -> None:
    package = WORKSPACE.packages[name]
    environment = shelf.get(name, f"extra-{extra}", requirement_of(package, [extra]))
    installed = environment.distributions()
    for requirement in package.optional[extra]:
        if requirement.marker is None or requirement.marker.evaluate():
            assert normalized(requirement.name) in installed
    environment.run(f"import {module_name(name)}")


@pytest.mark.nightly
@every_package
def test_the_oldest_declared_versions_are_what_was_tested(shelf: Shelf, name: str) -> None:
    installed = shelf.oldest(name).distributions()
    _, outside = what_it_brings(WORKSPACE, name)
    for requirement in outside:
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        version = Version(installed[normalized(requirement.name)])
        assert requirement.specifier.contains(version, prereleases=True)
        (lowest,) = [Version(part.version) for part in requirement.specifier if part.operator == ">="]
        # A patch release may be the first that is there at all, or that has a wheel.
        assert version.release[:1] == lowest.release[:1], f"{requirement} was tested with {version}"


@pytest.mark.nightly
@every_package
def test_a_package_has_not_grown_beyond_its_row(shelf: Shelf, name: str) -> None:
    python, rows = read_page(PAGE.read_text("utf-8"))
    same = python == f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = growth(rows[name], measure(shelf.plain(name), name), same_python=same)
    assert found == [], "; ".join(found) + " (if that is meant: make footprint)"


FRAMEWORK = (Path(__file__).parent / "served" / "whole_framework.py").read_text("utf-8")


@pytest.mark.nightly
def test_the_meta_package_alone_is_the_whole_framework(shelf: Shelf) -> None:
    environment = shelf.plain(META_PACKAGE)
    assert environment.run(FRAMEWORK) == "whole\n"
    siblings, _ = what_it_brings(WORKSPACE, META_PACKAGE)
    environment.run(
        "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]",
        *(module_name(name) for name in sorted(siblings)),
    )


@pytest.mark.nightly
def test_pip_installs_the_framework_from_the_same_wheels(shelf: Shelf, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "with-pip")
    environment.install("pip")
    target = requirement_of(WORKSPACE.packages[META_PACKAGE])
    install = "import runpy, sys; sys.argv[0] = 'pip'; runpy.run_module('pip', run_name='__main__')"
    environment.run(
        "import warnings; warnings.simplefilter('ignore')\n" + install,
        "install",
        "--quiet",
        "--find-links",
        str(shelf.links),
        target,
        seconds=300,
    )
    assert environment.run(FRAMEWORK) == "whole\n"
