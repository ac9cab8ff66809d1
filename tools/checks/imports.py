"""Checks of what a package imports: from siblings, from outside, and among its own modules."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from charter import (
    BROUGHT_BY,
    EVENT_LOOPS,
    META_PACKAGE,
    Row,
    distribution_name,
    distribution_of,
    module_name,
    normalized,
)
from circles import find_circles
from source_imports import Import, eager_modules, inner_imports
from workspace import Package, Workspace

# Modules whose stubs every type checker carries.
KNOWN_TO_TYPE_CHECKERS = ("_typeshed", "typing_extensions")
# With what Python 3.14 adds, which an older one that checks does not know.
STANDARD_LIBRARY = sys.stdlib_module_names | {"annotationlib"}


def check_imports(workspace: Workspace, package: Package, row: Row) -> Iterator[str]:
    """Check the imports of a package's sources."""
    yield from _imports_are_declared(package)
    yield from _declared_is_imported(workspace, package)
    yield from _private_modules_are_private(package)
    yield from _no_circle(package)
    if row.pure:
        yield from _pure(workspace, package, row)


def _imports_are_declared(package: Package) -> Iterator[str]:
    own = module_name(package.name)
    required = {normalized(requirement.name) for requirement in package.required}
    optional = {normalized(requirement.name) for _, requirement in package.requirements()} - required
    loaded = eager_modules(package.imports, own)
    for module, imports in package.imports.items():
        for found in imports:
            provider = _provider(found, own)
            if provider is None or provider in required or BROUGHT_BY.get(provider) in required:
                continue
            if provider == META_PACKAGE:
                yield f"{package.place(found)} imports the bare namespace armillary"
            elif provider not in optional and BROUGHT_BY.get(provider) not in optional:
                yield f"{package.place(found)} imports {found.module}, but {provider} is not declared"
            elif found.eager and module in loaded:
                yield (
                    f"{package.place(found)} imports {found.module} whenever {own} is imported, "
                    f"but {provider} is only an extra"
                )


def _declared_is_imported(workspace: Workspace, package: Package) -> Iterator[str]:
    above = {distribution_name(row.name) for row in workspace.charter.values() if package.name in row.siblings}
    own = module_name(package.name)
    used = {_provider(found, own) for imports in package.imports.values() for found in imports}
    used |= {BROUGHT_BY.get(name or "") for name in used}
    for extra, requirement in package.requirements():
        name = normalized(requirement.name)
        if extra and name in above:
            continue  # what stands on this package, which it cannot import
        if name not in used and name != normalized(package.project.get("name", "")):
            subject = f"the extra {extra!r} declares" if extra else "declares"
            yield f"{subject} {requirement.name}, but nothing in src imports it"


def _provider(found: Import, own: str) -> str | None:
    """Return the distribution that an import needs, None for the standard library and the package itself."""
    parts = found.module.split(".")
    if parts[0] in STANDARD_LIBRARY or (found.typing_only and parts[0] in KNOWN_TO_TYPE_CHECKERS):
        return None
    if parts[0] != "armillary":
        return distribution_of(found.module)
    if parts[:2] == own.split("."):
        return None
    if len(parts) == 1:
        siblings = [name for name in found.names if f"armillary.{name}" != own]
        return distribution_name(siblings[0].replace("_", "-")) if siblings else META_PACKAGE
    return distribution_name(parts[1].replace("_", "-"))


def _private_modules_are_private(package: Package) -> Iterator[str]:
    """What begins with an underscore is free to change in any release of the package that has it."""
    own = module_name(package.name)
    for imports in package.imports.values():
        for found in imports:
            for target in dict.fromkeys(_first_private(path) for path in found.paths()):
                if target is not None and not target.startswith(f"{own}."):
                    sibling = ".".join(target.split(".")[:2])
                    yield (
                        f"{package.place(found)} imports {target}, which is private to "
                        f"{sibling.removeprefix('armillary.').replace('_', '-')}; import from {sibling}"
                    )


def _first_private(path: str) -> str | None:
    """Return the part of a dotted path in the namespace that ends with its first private name.

    >>> _first_private("armillary.cors._policy.Policy"), _first_private("armillary.cors.__all__")
    ('armillary.cors._policy', None)
    """
    top, *parts = path.split(".")
    for depth, part in enumerate(parts, 1):
        if top == "armillary" and part.startswith("_") and not part.endswith("__"):
            return ".".join([top, *parts[:depth]])
    return None


def _no_circle(package: Package) -> Iterator[str]:
    """Modules in a circle cannot be read, tested or moved one by one.

    Imports in functions count, since they are how a circle is hidden. So do those under `if TYPE_CHECKING`: a name
    that is there for type checkers only cannot be resolved by `typing.get_type_hints`, which injectors and
    documentation tools call.
    """
    own = module_name(package.name)
    for circle in find_circles(inner_imports(package.imports)):
        names = [name.removeprefix(f"{own}.") if name != own else "__init__" for name in circle]
        yield (
            f"its modules import each other in a circle: {' -> '.join(names)}; "
            "move what both need into a module below them"
        )


def _pure(workspace: Workspace, package: Package, row: Row) -> Iterator[str]:
    """A pure package loads no third party and no event loop, not even through its siblings or in a function."""
    subject = "is pure in tools/charter.toml, but its row allows"
    yield from (f"{subject} {name} from outside" for name in sorted(row.outside))
    yield from (f"{subject} {name}, which is not" for name in sorted(row.siblings) if not workspace.charter[name].pure)
    for imports in package.imports.values():
        for found in imports:
            if found.module.split(".")[0] in EVENT_LOOPS and not found.typing_only:
                yield (
                    f"{package.place(found)} imports {found.module}, but {package.name} is pure: it loads no event loop"
                )
