"""Compare the real Starlette with the drop-in: its names, kinds, signatures, members, bases; and effects of inputs.

Both are described and driven by processes of one environment, which imports the real one unless the alias is
installed.

usage: python integration-tests/starlette_interface/compare.py [--newest] [--python VERSION]

exit status: 0 if every difference is listed in differences.py.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))
sys.path.insert(0, str(HERE))

from differences import KNOWN, KNOWN_EFFECTS  # noqa: E402
from suite import make_environment, own_packages  # noqa: E402

Interface = dict[str, dict[str, Any]]

SUPPORT = ["httpx2", "itsdangerous", "python-multipart", "jinja2", "pyyaml", "opentelemetry-sdk"]
"""What modules of Starlette need to be imported."""


def printed_by(interpreter: str, program: str, *arguments: str, ours: bool = False) -> Any:
    """Return what a program of this folder prints, on the real Starlette or on the drop-in."""
    prefix = ("-m", "armillary.starlette", "-q") if ours else ()
    command = [interpreter, *prefix, str(HERE / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def differences(real: Interface, ours: Interface) -> dict[str, str]:
    """Return the place of each difference to what it is."""
    found: dict[str, str] = {}
    for module, theirs in real.items():
        for star, sign in ((set(theirs["star"]), "-"), (set(ours[module]["star"]), "+")):
            for name in star ^ {*theirs["star"], *ours[module]["star"]}:
                found[f"{module}.*.{name}"] = "only on the drop-in" if sign == "-" else "only on Starlette"
        for name, about in theirs["names"].items():
            where = f"{module}.{name}"
            for place, what in of_object(where, about, ours[module]["names"].get(name)):
                found[place] = what
    return found


def of_object(where: str, real: dict[str, Any], ours: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    if ours is None:
        yield where, "missing"
        return
    if real["kind"] != ours["kind"]:
        yield where, f"{ours['kind']} instead of {real['kind']}"
    if real["kind"].startswith("class ") and not real["kind"].endswith(f" {where}"):
        return  # described where it is at home
    yield from of_signature(where, real.get("signature"), ours.get("signature"))
    if "mro" in real:
        bases = [name for name in ours.get("mro", []) if not name.startswith("armillary.")]
        if bases != real["mro"]:
            yield f"{where}.__mro__", f"{bases} instead of {real['mro']}"
    for name, member in real.get("members", {}).items():
        yield from of_object(f"{where}.{name}", member, ours.get("members", {}).get(name))


def of_signature(where: str, real: list[Any] | None, ours: list[Any] | None) -> Iterator[tuple[str, str]]:
    """Report a difference to callers: the drop-in may take more, as long as nobody has to pass it."""
    if real is None or ours is None:
        return
    taken = [each for each in ours if each in real or not is_optional(each)]
    if taken != real:
        yield f"{where}()", f"{spelled(ours)} instead of {spelled(real)}"


def is_optional(parameter: dict[str, Any]) -> bool:
    return "default" in parameter or parameter["kind"] == "VAR_KEYWORD"


def spelled(parameters: list[dict[str, Any]]) -> str:
    signs = {"POSITIONAL_ONLY": "/", "VAR_POSITIONAL": "*args", "KEYWORD_ONLY": "*, ", "VAR_KEYWORD": "**kwargs"}
    return ", ".join(
        f"{signs.get(each['kind'], '')}{each['name']}" + (f"={each['default']}" if "default" in each else "")
        for each in parameters
    )


def effects_that_differ(real: dict[str, str], ours: dict[str, str]) -> dict[str, str]:
    """Return the inputs whose effects differ; a subclass of Starlette's exception is no difference."""
    return {
        expression: f"{ours[expression]} instead of {effect}"
        for expression, effect in real.items()
        if effect != ours[expression] and not raises_the_same(effect, ours[expression])
    }


def raises_the_same(real: str, ours: str) -> bool:
    """Return whether both are exceptions, the second of the class of the first."""
    if not (real.startswith("raises ") and ours.startswith("raises ")):
        return False
    status = real.split()[-1].isdigit()
    return real.split()[1] in ours.split() and (not status or real.split()[-1] == ours.split()[-1])


def unlisted(found: dict[str, str], known: dict[str, str]) -> list[str]:
    """Return the differences that no line of the list covers."""
    return [f"{place}: {what}" for place, what in found.items() if not any(fnmatchcase(place, each) for each in known)]


def unused(found: dict[str, str], known: dict[str, str]) -> list[str]:
    """Return the lines of the list that no difference needs any more."""
    return [each for each in known if not any(fnmatchcase(place, each) for place in found)]


def compare_interfaces(interpreter: str) -> dict[str, str]:
    real: Interface = printed_by(interpreter, "describe.py")
    return differences(real, printed_by(interpreter, "describe.py", *real, ours=True))


def compare_effects(interpreter: str) -> dict[str, str]:
    return effects_that_differ(printed_by(interpreter, "effects.py"), printed_by(interpreter, "effects.py", ours=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--newest", action="store_true", help="compare with the newest release of Starlette")
    parser.add_argument("--python", default=sys.executable, help="version or path of the interpreter to run on")
    arguments = parser.parse_args()
    interpreter = sys.executable
    if arguments.newest:
        packages = ["starlette", *SUPPORT, *own_packages()]
        interpreter = str(make_environment("interface", arguments.python, packages))
    new = 0
    for subject, found, known in (
        ("interface", compare_interfaces(interpreter), KNOWN),
        ("effects", compare_effects(interpreter), KNOWN_EFFECTS),
    ):
        lines = unlisted(found, known)
        print(*lines, f"{subject}: {len(found)} differences, {len(lines)} of them not listed", sep="\n")
        new += len(lines)
    return int(new > 0)


if __name__ == "__main__":
    sys.exit(main())
