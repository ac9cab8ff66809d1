"""Run a program with `import starlette` served by Armillary.

usage: python [OPTION ...] -m armillary.starlette [-q] SCRIPT [ARG ...]
       python [OPTION ...] -m armillary.starlette [-q] -m MODULE [ARG ...]
       python [OPTION ...] -m armillary.starlette [-q] -c CODE [ARG ...]
       python [OPTION ...] -m armillary.starlette [-q] --report MODULE:APPLICATION

SCRIPT, MODULE and CODE run as they would under `python` with the same OPTIONs, and so do the interpreters they start
(server workers, reloaders). A console script is given by its path. One line on stderr says which Starlette serves;
-q leaves it out. --report imports an application, and prints what of it runs on which part and what falls back.
"""

from __future__ import annotations

import os
import sys
from typing import NamedTuple, NoReturn

from ._alias import serving
from ._environment import inherit

USAGE = (__doc__ or "").strip()
MODULE = "armillary.starlette"


class Command(NamedTuple):
    """What to run, parsed from the command line."""

    arguments: list[str]
    """As they go after the options of `python`."""
    quiet: bool


def parse(argv: list[str]) -> Command:
    """Parse the command line; a wrong one ends the process with status 2."""
    quiet = False
    rest = list(argv)
    while rest and rest[0] in ("-q", "--quiet"):
        quiet = True
        del rest[0]
    if not rest:
        fail("name a script, -m and a module, or -c and code")
    first = rest[0]
    if first in ("-h", "--help"):
        print(USAGE)
        raise SystemExit(0)
    if first == "--report":
        if len(rest) != 2 or ":" not in rest[1]:
            fail("--report needs a module and the name of its application, as in: --report app:app")
        return Command(["-m", f"{MODULE}._report_command", rest[1]], quiet)
    if first in ("-m", "-c"):
        if len(rest) == 1:
            fail({"-m": "-m needs the name of a module, as in: -m uvicorn app:app", "-c": "-c needs code"}[first])
    elif first.startswith("-") and first != "-":
        fail(f"unknown option {first!r}; options of python go before -m {MODULE}, those of the program after its name")
    elif first != "-" and not os.path.exists(first):
        fail(f"there is no file {first!r}; to run a module, write -m before its name{hint_at_script(first)}")
    return Command(rest, quiet)


def hint_at_script(name: str) -> str:
    """Return how to write a console script of this environment that is given by its name."""
    import shutil

    path = shutil.which(name, path=os.path.dirname(sys.executable))
    return f", and to run the command of that name, write {path}" if path else ""


def fail(message: str) -> NoReturn:
    print(f"{MODULE}: {message}\n\n{USAGE}", file=sys.stderr)
    raise SystemExit(2)


def interpreter_options(argv: list[str]) -> list[str]:
    """Return the options this interpreter was started with, before `-m armillary.starlette`.

    It ends the process with status 2 if they keep the interpreters that it starts from installing the alias.
    """
    rejected = {"-I": sys.flags.isolated, "-E": sys.flags.ignore_environment, "-S": sys.flags.no_site}
    for option, is_set in rejected.items():
        if is_set:
            fail(
                f"python {option} leaves out what puts Armillary in the place of Starlette, so that the program would "
                f"run on the real one; leave out {option}"
            )
    before = sys.orig_argv[1 : len(sys.orig_argv) - len(argv)]
    if before and before[-1] == MODULE:
        del before[-1]
    elif before and before[-1].endswith(f"m{MODULE}"):
        before[-1] = before[-1].removesuffix(MODULE)
    else:
        before = []
    if not before or not before[-1].endswith("m"):
        fail(
            f"it was started by another program than python; put it in front of that one: python -m {MODULE} -m ..., "
            "or set ARMILLARY_STARLETTE=1 with armillary-starlette-auto installed"
        )
    last = before.pop().removesuffix("m")  # "-m", or the "-um" of `python -um armillary.starlette`
    return before if last == "-" else [*before, last]


def main(argv: list[str]) -> None:
    """Replace this process by `python` with the program, which installs the alias at its start."""
    command = parse(argv)
    options = interpreter_options(argv)
    inherit()
    if not command.quiet:
        print(serving(), file=sys.stderr, flush=True)
    line = [sys.executable, *options, *command.arguments]
    if os.name == "nt":  # where exec gives the console back to the shell while the program still runs
        import subprocess

        raise SystemExit(subprocess.run(line, check=False).returncode)
    os.execv(sys.executable, line)


if __name__ == "__main__":
    main(sys.argv[1:])
