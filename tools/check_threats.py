"""Hold the tables of known flaws and faults to the tests they name.

Usage: `python tools/check_threats.py`. Every test that `docs/security/threats.md` and `docs/reliability/faults.md`
name, as `path` or as `path::name`, must exist and may not be skipped. Prints one line per finding and exits with 1 if
there is any.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from charter import ROOT

PAGE = "docs/security/threats.md"
FAULTS = "docs/reliability/faults.md"
NAMED = re.compile(r"`((?:packages|integration-tests|tools)/[^`:]+)(?:::([^`]+))?`")


def check_threats(root: Path = ROOT, page: str = PAGE) -> Iterator[str]:
    """Yield a sentence for each row of a page without a test, and for each test that is not there."""
    for number, line in enumerate((root / page).read_text("utf-8").splitlines(), 1):
        if not line.startswith("| ") or line.startswith(("| ---", "| flaw ", "| fault ")):
            continue
        named = NAMED.findall(line)
        if not named:
            yield f"{page}:{number} names no test"
        for path, name in named:
            yield from (f"{page}:{number} names {finding}" for finding in _check_test(root, path, name))


def _check_test(root: Path, path: str, name: str) -> Iterator[str]:
    file = root / path
    if not name:
        if not (file.is_file() or any(file.glob("test_*.py"))):
            yield f"{path}, which is not there"
        return
    if not file.is_file():
        yield f"{path}, which is not there"
        return
    tests = {found.name: found for found in ast.walk(ast.parse(file.read_text("utf-8"))) if _is_test(found)}
    test = tests.get(name.rpartition("::")[2])
    if test is None:
        yield f"{path}::{name}, and the file has no such test"
    elif any("skip" in ast.unparse(decorator) for decorator in test.decorator_list):
        yield f"{path}::{name}, which is skipped"


def _is_test(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")


def main() -> None:
    """Check the pages of this checkout."""
    findings = [*check_threats(), *check_threats(page=FAULTS)]
    if findings:
        raise SystemExit("\n".join([*findings, f"{len(findings)} findings"]))


if __name__ == "__main__":
    main()
