"""The name `starlette`, provided by this package while the alias is installed.

One finder on `sys.meta_path` does four things: it provides this package's module objects under
Starlette's names, it reports the distribution `starlette` at the version provided, it gives
missing modules and names an error that names the version, and it activates accelerators.

A module keeps one identity: `starlette.routing` and `armillary.starlette.routing` are the same
object, so classes compare equal however they were imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ._accelerators import ACCELERATED, find_accelerated
from ._identity import give_names_back, take_names
from ._missing import explain_missing_names

ALIAS = "starlette"
TARGET = __name__.rpartition(".")[0]
PLUGIN = f"{TARGET}.pytest_plugin"
"""The one public module that Starlette does not have."""
PRIVATE = ("starlette._exception_handler", "starlette._utils")
"""The private modules that Starlette has too, and that popular packages import from."""


def is_alias(name: str) -> bool:
    """Return whether `name` is `starlette` or a module below it."""
    return name == ALIAS or name.startswith(f"{ALIAS}.")


class AliasLoader(Loader):
    """Loads `armillary.starlette.x` for `starlette.x`."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.target_spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.target)
        self.target_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just replaced the module's own spec with the alias's.
        module.__spec__ = self.target_spec
        alias = self.target.replace(TARGET, ALIAS, 1)
        take_names(module, alias)
        explain_missing_names(module, alias, starlette_version())
        if self.target == TARGET:
            log_serving()
        else:
            alias_imported_modules()

    def get_code(self, fullname: str) -> Any:
        """Return the target's code object, so that `python -m starlette.x` can run it."""
        spec = importlib.util.find_spec(self.target)
        return spec.loader.get_code(self.target) if spec and spec.loader else None  # type: ignore[attr-defined]


class AliasFinder(MetaPathFinder):
    """Finds `starlette` and everything below it, before every other finder."""

    serves_starlette = True

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not is_alias(fullname):
            return find_accelerated(fullname) if fullname in ACCELERATED else None
        own_name = TARGET + fullname[len(ALIAS) :]
        found = None if own_name == PLUGIN else importlib.util.find_spec(own_name)
        if found is None:
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: {TARGET} provides Starlette {starlette_version()}, which lacks it",
                name=fullname,
            )
        spec = ModuleSpec(
            fullname,
            AliasLoader(own_name),
            origin=found.origin,
            is_package=found.submodule_search_locations is not None,
        )
        spec.has_location = True
        return spec

    def find_distributions(self, context: Any = None) -> Iterable[Any]:
        """Return the metadata of the Starlette provided; called by `importlib.metadata`."""
        if context is None or context.name is None or context.name.lower() != ALIAS:
            return []
        from ._distribution import AliasDistribution

        return [AliasDistribution(ALIAS, starlette_version())]


def starlette_version() -> str:
    """Return the version of Starlette that this package provides."""
    version: str = sys.modules[TARGET].__version__
    return version


def alias_imported_modules() -> None:
    """Give every public module of this package that is imported its alias too, as Starlette's imports each other."""
    for name, module in list(sys.modules.items()):
        alias = name.replace(TARGET, ALIAS, 1)
        if not name.startswith(f"{TARGET}.") or alias in sys.modules or name == PLUGIN:
            continue
        if "._" in name and alias not in PRIVATE:
            continue
        if not getattr(module.__spec__, "_initializing", False):
            importlib.import_module(alias)


def remove_finders() -> None:
    """Take every finder that serves `starlette` off `sys.meta_path`."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not getattr(finder, "serves_starlette", False)]


def serving() -> str:
    """Return the sentence that says which Starlette serves."""
    from importlib.metadata import version

    return f"starlette {starlette_version()} is served by armillary-starlette {version('armillary-starlette')}"


def log_serving() -> None:
    import logging

    logger = logging.getLogger(TARGET)
    if logger.isEnabledFor(logging.INFO):
        logger.info("%s", serving())


_finder = AliasFinder()
_displaced: dict[str, ModuleType] = {}


def install(*, force: bool = False) -> None:
    """Make `import starlette` import this package, in this process alone.

    Calling it again changes nothing.

    Args:
        force: with False (the default) a Starlette that is already imported raises, since its
            classes are in use already. With True it is set aside until
            `uninstall()`; modules that imported from it keep those objects.

    Raises:
        RuntimeError: the real Starlette is already imported.

    """
    if _finder in sys.meta_path:
        return
    present = {name: module for name, module in sys.modules.items() if is_alias(name)}
    if present and not force:
        raise RuntimeError(
            f"starlette is already imported from {getattr(present.get(ALIAS), '__file__', None)!r}; call "
            f"{TARGET}.install() before the first import of it, run the program with "
            f"'python -m {TARGET}', or pass force=True"
        )
    for name in present:
        del sys.modules[name]
    _displaced.update(present)
    remove_finders()  # one of armillary.starlette_auto, which has called this function or is not needed any more
    sys.meta_path.insert(0, _finder)
    importlib.invalidate_caches()


def uninstall() -> None:
    """Release the name `starlette`; what `install(force=True)` set aside is restored.

    Calling it without an installation changes nothing.
    """
    if _finder not in sys.meta_path:
        return
    remove_finders()
    for name in [name for name in sys.modules if is_alias(name)]:
        del sys.modules[name]
    give_names_back()
    sys.modules.update(_displaced)
    _displaced.clear()
