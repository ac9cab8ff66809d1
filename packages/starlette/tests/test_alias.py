"""`install()` and `uninstall()`: the name `starlette`, installed and released."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

import armillary.starlette


@pytest.fixture
def without_starlette() -> Iterator[None]:
    """Forget every module named starlette, and bring back afterwards what was there."""
    installed = any(type(finder).__name__ == "AliasFinder" for finder in sys.meta_path)
    armillary.starlette.uninstall()
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "starlette"}
    yield
    armillary.starlette.uninstall()
    sys.modules.update(before)
    if installed:
        armillary.starlette.install(force=True)


@pytest.fixture
def alias(without_starlette: None) -> None:
    armillary.starlette.install()


def test_a_module_is_the_same_object_under_both_names(alias: None) -> None:
    routing = importlib.import_module("starlette.routing")
    assert routing is importlib.import_module("armillary.starlette.routing")
    assert sys.modules["starlette.routing"] is sys.modules["armillary.starlette.routing"]


def test_an_aliased_module_keeps_its_own_spec(alias: None) -> None:
    module = importlib.import_module("starlette.status")
    assert module.__name__ == "armillary.starlette.status"
    assert module.__spec__ is not None
    assert module.__spec__.name == "armillary.starlette.status"


def test_the_version_provided_is_reported_by_the_package_and_its_metadata(alias: None) -> None:
    starlette = importlib.import_module("starlette")
    assert starlette.__version__ == "1.10.0"
    assert importlib.metadata.version("starlette") == "1.10.0"


def test_other_distributions_keep_their_own_metadata(alias: None) -> None:
    assert importlib.metadata.version("armillary-starlette") == armillary_version()


def armillary_version() -> str:
    return importlib.metadata.distribution("armillary-starlette").version


def test_a_missing_module_names_the_version_provided(alias: None) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"starlette\.graphql.*Starlette 1\.10\.0") as info:
        importlib.import_module("starlette.graphql")
    assert info.value.name == "starlette.graphql"


def test_a_missing_name_in_a_from_import_names_the_version_provided(alias: None) -> None:
    with pytest.raises(ImportError, match=r"'TeapotResponse' from 'starlette\.responses'.*1\.10\.0"):
        exec("from starlette.responses import TeapotResponse")  # noqa: S102


def test_asking_whether_a_name_is_missing_does_not_raise(alias: None) -> None:
    responses = importlib.import_module("starlette.responses")
    assert not hasattr(responses, "TeapotResponse")
    assert getattr(responses, "TeapotResponse", None) is None


def test_installing_twice_changes_nothing(alias: None) -> None:
    before = list(sys.meta_path)
    armillary.starlette.install()
    assert sys.meta_path == before


def test_uninstall_gives_the_name_back(alias: None) -> None:
    importlib.import_module("starlette.status")
    armillary.starlette.uninstall()
    assert not [name for name in sys.modules if name.partition(".")[0] == "starlette"]


def test_uninstalling_without_an_installation_changes_nothing(without_starlette: None) -> None:
    before = list(sys.meta_path)
    armillary.starlette.uninstall()
    assert sys.meta_path == before


def test_an_imported_starlette_is_rejected_and_left_as_it_is(without_starlette: None) -> None:
    real = sys.modules["starlette"] = ModuleType("starlette")
    try:
        with pytest.raises(RuntimeError, match=r"already imported.*force=True"):
            armillary.starlette.install()
        assert sys.modules["starlette"] is real
    finally:
        del sys.modules["starlette"]


def test_force_sets_an_imported_starlette_aside_until_uninstall(without_starlette: None) -> None:
    real = sys.modules["starlette"] = ModuleType("starlette")
    armillary.starlette.install(force=True)
    assert importlib.import_module("starlette") is armillary.starlette
    armillary.starlette.uninstall()
    assert sys.modules.pop("starlette") is real
