"""`python -m armillary.graphql module:schema` prints a schema in the schema definition language."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from importlib import import_module

from strawberry import Schema

from ._app import GraphQL


def load_schema(target: str) -> Schema:
    """Return the schema that "module:name" names, or the schema of the application it names.

    Raises:
        ValueError: it names neither.
    """
    module_name, separator, name = target.partition(":")
    if not separator or not name:
        raise ValueError(f"expected module:name, got {target!r}")
    try:
        value = import_module(module_name)
        for part in name.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{target}: {error}") from None
    if isinstance(value, GraphQL):
        return value.schema
    if not isinstance(value, Schema):
        raise ValueError(f"{target} is neither a strawberry.Schema nor a GraphQL application")
    return value


def main(arguments: list[str] | None = None) -> int:
    """Print the schema, or write it to a file; return the exit status."""
    parser = ArgumentParser(prog="python -m armillary.graphql", description="Print a GraphQL schema as text.")
    parser.add_argument("schema", help="where the strawberry.Schema or GraphQL application is: module:name")
    parser.add_argument("--output", help="a file to write the schema to, instead of standard output")
    options = parser.parse_args(arguments)
    sys.path.insert(0, "")
    try:
        text = load_schema(options.schema).as_str()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if options.output is None:
        print(text)
    else:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
