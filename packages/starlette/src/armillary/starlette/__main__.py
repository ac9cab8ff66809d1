"""Run a program with `import starlette` served by Armillary.

usage: python -m armillary.starlette [-q] SCRIPT [ARG ...]
       python -m armillary.starlette [-q] -m MODULE [ARG ...]

SCRIPT and MODULE run as they would under `python`, and so do the interpreters they start
(server workers, reloaders). One line on stderr says which Starlette serves; -q leaves it out.
"""

from __future__ import annotations

import os
import runpy
import sys
from importlib.metadata import version
from typing import NamedTuple, NoReturn

import armillary.starlette

from ._environment import inherit

USAGE = (__doc__ or "").strip()


class Command(NamedTuple):
    """What to run, parsed from the command line."""

    target: str
    is_module: bool
    arguments: list[str]
    quiet: bool


def parse(argv: list[str]) -> Command:
    """Parse the command line; a wrong one ends the process with status 2."""
    quiet = False
    rest = list(argv)
    while rest and rest[0].startswith("-"):
        flag = rest.pop(0)
        if flag in ("-h", "--help"):
            print(USAGE)
            raise SystemExit(0)
        if flag in ("-q", "--quiet"):
            quiet = True
        elif flag == "-m":
            if not rest:
                fail("-m needs the name of a module, as in: -m uvicorn app:app")
            return Command(rest[0], True, rest[1:], quiet)
        else:
            fail(f"unknown option {flag!r}; options of the program go after its name")
    if not rest:
        fail("name a script, or -m and a module")
    return Command(rest[0], False, rest[1:], quiet)


def fail(message: str) -> NoReturn:
    print(f"armillary.starlette: {message}\n\n{USAGE}", file=sys.stderr)
    raise SystemExit(2)


def main(argv: list[str]) -> None:
    """Install the alias, here and for child processes, and run the program."""
    command = parse(argv)
    if not command.is_module and not os.path.exists(command.target):
        fail(f"there is no file {command.target!r}; to run a module, write -m before its name")
    armillary.starlette.install()
    inherit()
    if not command.quiet:
        provided, own = armillary.starlette.__version__, version("armillary-starlette")
        print(f"starlette {provided} is served by armillary-starlette {own}", file=sys.stderr)
    sys.argv = [command.target, *command.arguments]
    if command.is_module:
        # `python -m` has put the working directory at the front of sys.path already.
        runpy.run_module(command.target, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(command.target))
        runpy.run_path(command.target, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
