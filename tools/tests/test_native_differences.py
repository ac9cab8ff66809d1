"""The list of differences between the drop-in and the native parts is complete, true, and what the page shows."""

from __future__ import annotations

import importlib
import pkgutil
import types
import warnings
from collections.abc import Iterator

import native_differences
import pytest
from native_differences import DIFFERENCES, PAGE, SAME_BEHAVIOUR, rewritten

import armillary.starlette

DROP_IN = "armillary.starlette"
IGNORED_MODULES = ("_bootstrap", "__main__", "pytest_plugin", "_alias", "_distribution")
IGNORED_NAMES = {"__module__", "__doc__", "__annotations__", "__orig_bases__", "__parameters__", "__slots__"}
IGNORED_NAMES |= {"__static_attributes__", "__firstlineno__", "__dict__", "__weakref__", "__abstractmethods__"}
IGNORED_NAMES |= {"_abc_impl", "__annotations_cache__", "__annotate_func__", "__annotate__", "__hash__"}


def drop_in_classes() -> Iterator[tuple[str, type]]:
    for info in pkgutil.walk_packages(armillary.starlette.__path__, f"{DROP_IN}."):
        if info.name.removeprefix(f"{DROP_IN}.").split(".")[0] in IGNORED_MODULES:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # importing a deprecated module warns
            module = importlib.import_module(info.name)
        for name, cls in vars(module).items():
            if isinstance(cls, type) and cls.__module__ == info.name and cls.__name__ == name:
                yield f"{info.name.removeprefix(f'{DROP_IN}.')}.{name}", cls


def native_base(cls: type, attribute: str) -> type | None:
    """Return the native class whose attribute a class of the drop-in overrides."""
    for base in cls.__mro__[1:]:
        if attribute in vars(base):
            return base if base.__module__.startswith("armillary.") and DROP_IN not in base.__module__ else None
    return None


def overrides() -> Iterator[str]:
    for path, cls in drop_in_classes():
        for attribute in set(vars(cls)) - IGNORED_NAMES:
            if native_base(cls, attribute) is not None:
                yield f"{path}.{attribute}"


OVERRIDES = sorted(overrides())
IMPLEMENTED_BY = [attribute_path for row in DIFFERENCES for attribute_path in row.implemented_by]


def test_every_override_is_a_row_of_the_list_or_declared_without_a_difference() -> None:
    assert set(OVERRIDES) - set(IMPLEMENTED_BY) - SAME_BEHAVIOUR == set()


def test_no_override_is_both() -> None:
    assert set(IMPLEMENTED_BY) & SAME_BEHAVIOUR == set()


def test_what_is_declared_without_a_difference_exists() -> None:
    assert SAME_BEHAVIOUR - set(OVERRIDES) == set()


@pytest.mark.parametrize("attribute_path", sorted(set(IMPLEMENTED_BY)))
def test_an_attribute_with_a_difference_is_not_the_native_one(attribute_path: str) -> None:
    path, _, attribute = attribute_path.rpartition(".")
    module, _, name = path.rpartition(".")
    cls = getattr(importlib.import_module(f"{DROP_IN}.{module}"), name)
    own = vars(cls)[attribute]
    base = native_base(cls, attribute)
    if attribute_path in OVERRIDES:
        assert base is not None
        assert isinstance(own, types.FunctionType) or own != vars(base)[attribute]


def test_the_table_of_the_page_is_current() -> None:
    text = PAGE.read_text("utf-8")
    assert text == rewritten(text), "run: python tools/native_differences.py"


def test_a_page_without_a_place_for_the_table_is_rejected() -> None:
    with pytest.raises(SystemExit, match="must hold the lines"):
        native_differences.rewritten("# Page\n")
