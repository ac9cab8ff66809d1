"""The commands: write a document, compare two, write a client."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ._yaml import to_yaml, yaml_library

Schema = dict[str, Any]

DESCRIPTION = """\
Write the OpenAPI document of an application, compare two documents, or write a TypeScript client. "asyncapi APP" writes
the AsyncAPI document of its WebSockets and streams of events. Each APP is "module:name"; where a document is taken, a
file in JSON or YAML will do as well.
"""


class CommandFailed(Exception):
    """Something the user named is not there or not right; the message says what."""


def main(arguments: Sequence[str]) -> int:
    """Run a command.

    Args:
        arguments: those of the command line: `APP`, `asyncapi APP`, `diff OLD NEW` or `typescript APP`.

    Returns:
        The status to exit with: 0; 1 if `diff` found breaking changes; 2 if something is wrong with the arguments.
    """
    names = ("write", "asyncapi", "diff", "typescript")
    given = [*arguments]
    if given and given[0] not in names and given[0] not in ("-h", "--help"):
        given = ["write", *given]
    options = parser().parse_args(given)
    try:
        status: int = options.run(options)
    except (CommandFailed, ImportError, ValueError, TypeError) as exc:
        sys.stderr.write(f"openapi: {exc}\n")
        return 2
    return status


def parser() -> ArgumentParser:
    found = ArgumentParser(prog="armillary openapi", description=DESCRIPTION)
    commands = found.add_subparsers(required=True, metavar="COMMAND")
    write = commands.add_parser("write", help="write the document (also without the word: armillary openapi app:app)")
    write.add_argument("app", help='the application, or an OpenAPI object: "module:name"')
    write.add_argument("--yaml", action="store_true", help="YAML instead of JSON")
    write.set_defaults(run=run_write)
    events = commands.add_parser("asyncapi", help="write the AsyncAPI document: WebSockets and streams of events")
    events.add_argument("app", help='the application, or an AsyncAPI object: "module:name"')
    events.add_argument("--yaml", action="store_true", help="YAML instead of JSON")
    events.set_defaults(run=run_asyncapi)
    diff = commands.add_parser("diff", help="list the changes; exit with 1 if some break clients")
    diff.add_argument("old", help="the document of before")
    diff.add_argument("new", help="the document of now")
    diff.add_argument("--json", action="store_true", help="JSON instead of lines")
    diff.set_defaults(run=run_diff)
    typescript = commands.add_parser("typescript", help="write types and a fetch client in TypeScript")
    typescript.add_argument("app", help="the application or the document")
    typescript.set_defaults(run=run_typescript)
    for command in (write, events, diff, typescript):
        command.add_argument("--app-dir", default=".", help="the folder of the module; by default this one")
    for command in (write, events, typescript):
        command.add_argument("--output", "-o", help="a file to write to, instead of standard output")
        command.add_argument("--title", default="API", help="if the application has no OpenAPI of its own")
        command.add_argument("--api-version", default="0.1.0", help="likewise")
    return found


def run_write(options: Namespace) -> int:
    put_document(application_document(options.app, options), options)
    return 0


def run_asyncapi(options: Namespace) -> int:
    from .document import AsyncAPI

    put_document(application_document(options.app, options, AsyncAPI), options)
    return 0


def put_document(document: Schema, options: Namespace) -> None:
    if options.yaml:
        put(to_yaml(document, sort_keys=False).decode(), options.output)
    else:
        put(json.dumps(document, ensure_ascii=False, indent=2) + "\n", options.output)


def run_diff(options: Namespace) -> int:
    from .changes import compare

    changes = compare(document_of(options.old, options), document_of(options.new, options))
    if options.json:
        put(json.dumps([change._asdict() for change in changes], ensure_ascii=False, indent=2) + "\n", None)
    else:
        for change in changes:
            put(f"{'breaking' if change.breaking else 'fine':8}  {change.operation}: {change.description}\n", None)
    return 1 if any(change.breaking for change in changes) else 0


def run_typescript(options: Namespace) -> int:
    from .clients import typescript_client

    put(typescript_client(document_of(options.app, options)), options.output)
    return 0


def put(text: str, output: str | None) -> None:
    if output is None:
        sys.stdout.write(text)
    else:
        Path(output).write_text(text, encoding="utf-8")


def document_of(source: str, options: Namespace) -> Schema:
    """Return the document in a file, or that of the application that "module:name" names."""
    path = Path(source)
    if not path.is_file():
        return application_document(source, options)
    text = path.read_text(encoding="utf-8")
    try:
        document: Any = json.loads(text)
    except ValueError:
        yaml = yaml_library(f"reading {source}")
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError as exc:
            raise CommandFailed(f"{source} is no OpenAPI document: {exc}") from exc
    if not isinstance(document, dict) or "openapi" not in document:
        raise CommandFailed(f"{source} is no OpenAPI document")
    return document  # pyright: ignore[reportUnknownVariableType]


def application_document(source: str, options: Namespace, kind: Any = None) -> Schema:
    """Return the document of an application, of its own object or of a new one.

    Args:
        source: "module:name".
        options: those of the command.
        kind: `OpenAPI`, by default, or `AsyncAPI`.
    """
    from .document import OpenAPI

    kind = kind or OpenAPI
    value = load(source, options.app_dir)
    if isinstance(value, kind):
        return dict(value.document())
    routes = getattr(value, "routes", None)
    if routes is None:
        raise CommandFailed(f"{source} has no routes: name an application, a router or an {kind.__name__} object")
    for route in routes:
        owner: Any = getattr(getattr(route, "endpoint", None), "__self__", None)
        if isinstance(owner, kind):
            return dict(owner.document())
    title = getattr(options, "title", "API")
    return dict(kind(value, title, getattr(options, "api_version", "0.1.0")).document())


def load(source: str, folder: str) -> Any:
    """Return what "module:name" names.

    Raises:
        CommandFailed: there is no such module or name.
    """
    module_name, separator, name = source.partition(":")
    if not separator or not name:
        raise CommandFailed(f"{source} is neither a file nor an application, which is written as module:name")
    sys.path.insert(0, str(Path(folder).resolve()))
    try:
        value: Any = import_module(module_name)
    except ModuleNotFoundError as exc:
        if exc.name is None or not f"{module_name}.".startswith(f"{exc.name}."):
            raise
        raise CommandFailed(
            f"there is no module {module_name} in {Path(folder).resolve()}; name it by --app-dir"
        ) from exc
    for part in name.split("."):
        if not hasattr(value, part):
            raise CommandFailed(f"{module_name} has no {name}")
        value = getattr(value, part)
    return value
