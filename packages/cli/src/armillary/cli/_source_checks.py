"""Checks of the program's own files: packages that are not installed, and decorators without effect."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ._errors import is_user_file, place
from ._finding import Finding
from ._import_string import LoadedApplication
from ._parts import install_command
from ._servers import SERVERS

_SESSIONS = frozenset(("conn.session", "request.session", "websocket.session"))
_OF_SESSION = frozenset(("accessed", "modified", "too_late"))
_REGISTERING = frozenset(("get", "post", "put", "patch", "delete", "options", "query", "route", "websocket"))


def check_sources(loaded: LoadedApplication) -> Iterator[Finding]:
    """Yield what is missing for the application to be served, and for what its files use."""
    if not any(find_spec(server) for server in SERVERS):
        sentence = "no server is installed"
        yield Finding("missing package", "error", sentence, 'pip install "armillary-cli[uvicorn]"')
    top = loaded.module.__name__.partition(".")[0]
    for name, module in sorted(sys.modules.items()):
        filename = getattr(module, "__file__", None)
        is_of_program = name.partition(".")[0] == top or module is loaded.module
        if filename and filename.endswith(".py") and is_of_program and is_user_file(filename):
            yield from check_file(Path(filename))


def check_file(path: Path) -> Iterator[Finding]:
    """Yield what a file of the program uses that is not installed, also in functions, and what decorates in vain."""
    tree = ast.parse(path.read_text("utf-8"), str(path))
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("armillary.") and not _is_installed(name):
                yield _missing(path, node, f'imports "{name}", which is not installed', install_command(name))
        yield from _ineffective_decorators(path, node)
        yield from _lost_session_values(path, node)
        if _reads_form(node) and find_spec("python_multipart") is None:
            sentence = "reads a form, and the parser of forms is not installed"
            yield _missing(path, node, sentence, 'pip install "armillary-http[forms]"')


def _ineffective_decorators(path: Path, node: ast.AST) -> Iterator[Finding]:
    """Yield the decorators above the one that registers a function: the route has the function without them.

    Those of the same application or router register the function too, as `app.exception_handler` does.
    """
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    decorators = node.decorator_list
    names = [*map(_route_decorator, decorators)]
    for position, decorator in enumerate(decorators):
        below = next((at for at in range(position, len(names)) if names[at]), position)
        if below == position or _owner(decorator) == _owner(decorators[below]):
            continue
        shown = ast.unparse(decorator)
        sentence = (
            f"@{shown} is above @{names[below]}, which registers {node.name} without it: "
            "requests do not pass through it"
        )
        where = place(str(path), decorator.lineno)
        yield Finding("decorator order", "error", f"{where}: {sentence}", f"write @{shown} below @{names[below]}")


def _lost_session_values(path: Path, node: ast.AST) -> Iterator[Finding]:
    """Yield where `request.session.name = value` sets an attribute, which no session middleware saves."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        if not isinstance(target, ast.Attribute) or target.attr in _OF_SESSION:
            continue
        owner = target.value
        shown = ast.unparse(owner)
        if shown in _SESSIONS:
            where = place(str(path), target.lineno)
            sentence = f"{where}: {shown}.{target.attr} is set, which is not saved: a session is a dict"
            yield Finding("lost session value", "error", sentence, f"write {shown}[{target.attr!r}] = ...")


def _owner(decorator: ast.expr) -> str:
    """Return "app" of `app.get("/")`, and "" of a decorator that is no call of an attribute."""
    if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
        return ast.unparse(decorator.func.value)
    return ""


def _route_decorator(node: ast.expr) -> str:
    """Return a decorator such as `app.get("/")` as text, "" for any other."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return ""
    path = node.args[0]
    is_path = isinstance(path, ast.Constant) and isinstance(path.value, str) and path.value[:1] in ("", "/")
    return ast.unparse(node.func) + "(...)" if is_path and node.func.attr in _REGISTERING else ""


def _missing(path: Path, node: ast.AST, what: str, fix: str) -> Finding:
    where = place(str(path), getattr(node, "lineno", None))
    return Finding("missing package", "error", f"{where} {what}", fix)


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _reads_form(node: ast.AST) -> bool:
    """Return whether a node is `request.form(...)`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "form"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "request"
    )
