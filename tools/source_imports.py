"""Read from source text what a package imports, and when."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement.

    Attributes:
        module: the absolute dotted name.
        names: what a `from` import takes from it.
        path, line: its place.
        eager: whether it runs when its module is imported, and may not fail: it is in no function, under no
            `if TYPE_CHECKING` and in no `try` that handles ImportError.
        typing_only: whether it is under `if TYPE_CHECKING`.
    """

    module: str
    names: tuple[str, ...]
    path: Path
    line: int
    eager: bool
    typing_only: bool

    def paths(self) -> tuple[str, ...]:
        """Return the dotted paths that are imported: the module's, or that of each name taken from it."""
        return tuple(f"{self.module}.{name}" for name in self.names) or (self.module,)


class _Reader(ast.NodeVisitor):
    def __init__(self, path: Path, package: str) -> None:
        self.path = path
        self.package = package
        self.found: list[Import] = []
        self._lazy = 0
        self._typing = 0

    def _add(self, module: str, names: tuple[str, ...], line: int) -> None:
        eager = not (self._lazy or self._typing)
        self.found.append(Import(module, names, self.path, line, eager, bool(self._typing)))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, (), node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            above = self.package.split(".")
            base = above[: len(above) - node.level + 1]
            module = ".".join([*base, module] if module else base)
        self._add(module, tuple(alias.name for alias in node.names), node.lineno)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "import_module" and node.args and isinstance(node.args[0], ast.Constant):
            name = node.args[0].value
            if isinstance(name, str) and not name.startswith("."):
                self._add(name, (), node.lineno)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        self._lazy += 1
        self.generic_visit(node)
        self._lazy -= 1

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_Lambda = visit_FunctionDef

    def visit_If(self, node: ast.If) -> None:
        typing_only = ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        self.visit(node.test)
        self._typing += typing_only
        for child in node.body:
            self.visit(child)
        self._typing -= typing_only
        for child in node.orelse:
            self.visit(child)

    def visit_Try(self, node: ast.Try) -> None:
        handles_missing = any(_handles_import_error(handler) for handler in node.handlers)
        self._lazy += handles_missing
        for child in node.body:
            self.visit(child)
        self._lazy -= handles_missing
        for child in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(child)


def _handles_import_error(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(kind) in ("ImportError", "ModuleNotFoundError", "Exception") for kind in types)


def read_imports(path: Path, package: str) -> list[Import]:
    """Return the imports of one file.

    Args:
        path: the file.
        package: the dotted name of the package that relative imports in it start from.

    Raises:
        SyntaxError: if the file is not Python.
    """
    reader = _Reader(path, package)
    reader.visit(ast.parse(path.read_text("utf-8"), str(path)))
    return reader.found


def modules_below(source: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield the dotted name, the package for relative imports and the file of each module below a `src` folder."""
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        package = ".".join(parts[:-1])
        yield (package if parts[-1] == "__init__" else ".".join(parts)), package, path


def eager_modules(imports: dict[str, list[Import]], start: str) -> set[str]:
    """Return the modules of a package that are loaded by importing `start`."""
    loaded: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in loaded or name not in imports:
            continue
        loaded.add(name)
        for found in imports[name]:
            if found.eager:
                waiting.append(found.module)
                waiting.extend(f"{found.module}.{taken}" for taken in found.names)
    return loaded


def inner_imports(imports: dict[str, list[Import]]) -> dict[str, set[str]]:
    """Return for each module of a package those of the same package that it imports, at any time.

    A module's own packages are not among them, although importing it loads them first: they are if it takes a name
    from them that is no module.
    """
    return {
        name: {path if path in imports else path.rpartition(".")[0] for found in statements for path in found.paths()}
        & imports.keys()
        for name, statements in imports.items()
    }
