"""An application by its import string, "module:attribute", and a sentence for everything that can be wrong with it."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import os
import sys
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from ._errors import CommandError, is_user_file, place, user_place
from ._parts import install_command

_USUAL = ("app", "main", "asgi")
_EXAMPLE = 'write module:attribute, such as "app:app" for the variable app of app.py'


class LoadedApplication(NamedTuple):
    """An application, and where it came from.

    Attributes:
        app: the ASGI application.
        reference: its import string, such as "app:app".
        module: the module it was found in.
    """

    app: Any
    reference: str
    module: ModuleType


def load_application(reference: str | None = None, folder: str | Path = ".") -> LoadedApplication:
    """Import an application, or call the function without parameters that makes it.

    Args:
        reference: "module:attribute", or a file such as "app.py:app"; the attribute is `app` if left out. By default
            `app` of the table `[tool.armillary]` in pyproject.toml, else of app.py, main.py or asgi.py.
        folder: put in front of the import path.

    Raises:
        CommandError: it cannot be loaded; the text says why, where, and what to write.

    >>> load_application("nothing:app")
    Traceback (most recent call last):
        ...
    armillary.cli._errors.CommandError: there is no module "nothing" in ...; ...
    """
    reference = find_reference(reference, folder)
    module_name, _, attribute = reference.partition(":")
    module = _module(module_name, Path(folder))
    return LoadedApplication(_application(_attribute(module, attribute), reference), reference, module)


def find_reference(reference: str | None, folder: str | Path) -> str:
    """Return the import string in full, without importing its module, and put the folder into the import path.

    Raises:
        CommandError: there is no such folder, import string or module.
    """
    root = Path(folder)
    if not root.is_dir():
        raise CommandError(f"there is no folder {str(folder)!r}; --app-dir takes the folder that holds your module")
    module, attribute = _split(_usual_reference(root) if reference is None else reference)
    path = os.path.realpath(root)
    if path not in sys.path:
        sys.path.insert(0, path)
    top = module.partition(".")[0]
    if top not in sys.modules and importlib.util.find_spec(top) is None:
        raise _no_module(top, attribute, root)
    return f"{module}:{attribute}"


def _usual_reference(folder: Path) -> str:
    """Return the import string of the folder's application, by its pyproject.toml or by the usual names.

    Raises:
        CommandError: there is none.
    """
    settings = folder / "pyproject.toml"
    if settings.is_file():
        try:
            table = tomllib.loads(settings.read_text("utf-8")).get("tool", {}).get("armillary", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise CommandError(f"pyproject.toml cannot be read: {exc}") from exc
        configured = table.get("app")
        if configured is not None and not isinstance(configured, str):
            raise CommandError(f"pyproject.toml: [tool.armillary] app is {configured!r}; {_EXAMPLE}")
        if configured:
            return str(configured)
    for name in _USUAL:
        if (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file():
            return f"{name}:app"
    raise CommandError(
        f"no application is named, and there is no app.py or main.py in {folder.resolve()}; {_EXAMPLE}, "
        'or put app = "module:attribute" into the table [tool.armillary] of pyproject.toml'
    )


def _split(reference: str) -> tuple[str, str]:
    """Return module and attribute of an import string."""
    module, colon, attribute = reference.partition(":")
    if colon and not attribute:
        raise CommandError(f'"{reference}" names no attribute after the colon; {_EXAMPLE}')
    if module.endswith(".py") or "/" in module or os.sep in module:
        module = module.removesuffix(".py").replace(os.sep, "/").removeprefix("./").strip("/").replace("/", ".")
    if not module or not all(part.isidentifier() for part in module.split(".")):
        raise CommandError(f'"{reference}" is no import string; {_EXAMPLE}')
    return module, attribute or "app"


def _module(name: str, folder: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name is None or not (name == exc.name or name.startswith(exc.name + ".")):
            raise _missing_import(exc) from exc
        raise _no_module(exc.name, "app", folder) from exc
    except SyntaxError as exc:
        line = (exc.text or "").strip()
        shown = f": {line}" if line else ""
        raise CommandError(f"{user_place(exc)} is no Python, {exc.msg}{shown}; correct this line") from exc
    except ImportError as exc:
        # Python's own text names no fix; that of a library, such as what to install, is complete.
        own = str(exc).startswith("cannot import name") and str(exc).endswith(")")
        fix = "; correct the name, or break the circle of imports" if own else ""
        raise CommandError(f"{user_place(exc) or name} cannot import: {exc}{fix}") from exc
    except SystemExit as exc:
        raise CommandError(
            f'importing "{name}" ended the program; put what starts a server below if __name__ == "__main__":'
        ) from exc
    except Exception as exc:
        raise CommandError(f"{user_place(exc) or name} raised {_text(exc)}") from exc


def _no_module(name: str, attribute: str, folder: Path) -> CommandError:
    files = sorted([*folder.glob("*.py"), *(folder.glob("*/*.py") if "." in name else ())])
    here = [f"{'.'.join(path.relative_to(folder).with_suffix('').parts)}:{attribute}" for path in files]
    near = difflib.get_close_matches(f"{name}:{attribute}", here, 1)
    found = f"there is {', '.join(here[:5])}; or name the folder: --app-dir" if here else "name the folder: --app-dir"
    return CommandError(
        f'there is no module "{name}" in {folder.resolve()}; ' + (f'did you mean "{near[0]}"?' if near else found)
    )


def _missing_import(exc: ModuleNotFoundError) -> CommandError:
    missing = exc.name or ""
    return CommandError(
        f'{user_place(exc) or "a module"} imports "{missing}", which is not installed; run: {install_command(missing)}'
    )


def _attribute(module: ModuleType, attribute: str) -> Any:
    found: Any = module
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as exc:
            names = [name for name in vars(module) if not name.startswith("_")]
            near = difflib.get_close_matches(part, names, 1) or _applications(module)
            hint = f'did you mean "{module.__name__}:{near[0]}"?' if near else f"define {part} in it"
            raise CommandError(f"{_file(module)} has no attribute {part!r}; {hint}") from exc
    return found


def _applications(module: ModuleType) -> list[str]:
    """Return the names of what looks like an application in a module."""
    return [name for name, value in vars(module).items() if hasattr(value, "routes") and not inspect.isclass(value)]


def _application(found: Any, reference: str) -> Any:
    """Return an application, or what a function without parameters returns."""
    name = reference.partition(":")[2]
    if isinstance(found, ModuleType):
        raise CommandError(f'"{reference}" is a module; name the application in it, such as "{found.__name__}:app"')
    if inspect.isclass(found):
        raise CommandError(f'"{reference}" is a class; make an instance, app = {name}(...), and name that')
    if not callable(found):
        raise CommandError(
            f'"{reference}" is {found!r}, which is no ASGI application: name an instance of Armillary, '
            "or a function of scope, receive and send"
        )
    if not inspect.isroutine(found):
        return found
    needed = _required_parameters(found)
    if len(needed) == 3:
        return found
    code: Any = getattr(found, "__code__", None)
    where = name if code is None else place(code.co_filename, code.co_firstlineno)
    if needed:
        raise CommandError(
            f"{name}({', '.join(needed)}) in {where} is neither an application nor a factory: an application takes "
            "scope, receive and send; a factory takes nothing that has no default, and returns the application"
        )
    if inspect.iscoroutinefunction(found):
        raise CommandError(f"{name}() in {where} is a coroutine; write the factory with def, not async def")
    return _made(found, name, where)


def _made(factory: Callable[[], Any], name: str, where: str) -> Any:
    try:
        app = factory()
    except ModuleNotFoundError as exc:
        raise _missing_import(exc) from exc
    except Exception as exc:
        raise CommandError(f"{user_place(exc) or where} raised {_text(exc)} when {name}() was called") from exc
    if app is None:
        raise CommandError(f"{name}() in {where} returned None; return the application at its end")
    if not callable(app):
        raise CommandError(f"{name}() in {where} returned {app!r}, which is no ASGI application; return that")
    return app


def _required_parameters(function: Any) -> list[str]:
    try:
        parameters: Iterable[inspect.Parameter] = inspect.signature(function).parameters.values()
    except (TypeError, ValueError, NameError):  # an annotation that CPython 3.14 evaluates now
        return ["scope", "receive", "send"]
    return [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]


def _file(module: ModuleType) -> str:
    filename = module.__file__ or module.__name__
    return place(filename, None) if is_user_file(filename) else module.__name__


def _text(exc: Exception) -> str:
    text = str(exc).strip()
    return f"{type(exc).__name__}: {text}" if text else type(exc).__name__
