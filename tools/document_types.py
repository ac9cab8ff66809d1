"""Type-check the ```python blocks of the documentation and of the READMEs, by mypy and pyright.

The blocks of a document are one program, as when they run. Prose is checked as a user's program is, with one relief: a
function may be left without annotations, since `async def app(scope, receive, send)` says more without them. mypy is
strict apart from that, pyright is in its standard mode. Both look into functions without annotations.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from documents import ROOT, documents, program_of

FOLDER = ROOT / ".cache" / "document-types"
UNANNOTATED = (
    "--allow-untyped-defs",
    "--allow-incomplete-defs",
    "--allow-untyped-calls",
    "--allow-untyped-decorators",
    # Libraries of documents that run in the environment of the frameworks.
    "--ignore-missing-imports",
)
PYRIGHT = """{
  "include": ["."], "pythonVersion": "3.11", "typeCheckingMode": "standard", "venvPath": "../..", "venv": ".venv",
  "reportMissingImports": false, "reportPossiblyUnboundVariable": false, "reportTypedDictNotRequiredAccess": false
}
"""


def module_name(document: Path) -> str:
    """Return the name that a document's program is checked under.

    >>> module_name(ROOT / "docs" / "guides" / "aws-lambda.md")
    'docs__guides__aws_lambda'
    """
    return "__".join(document.relative_to(ROOT).with_suffix("").parts).replace("-", "_").replace(".", "_")


def write_programs(package: str) -> dict[str, str]:
    """Write the programs of all documents, or those of a package; return the document of each file name."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER / "pyrightconfig.json").write_text(PYRIGHT, "utf-8")
    only = {ROOT / "docs" / "packages" / f"{package}.md", ROOT / "packages" / package / "README.md"}
    written: dict[str, str] = {}
    for document in documents():
        program = program_of(document.read_text("utf-8"))
        if program.strip() and (not package or document in only):
            name = f"{module_name(document)}.py"
            (FOLDER / name).write_text(program, "utf-8")
            written[name] = str(document.relative_to(ROOT))
    return written


def check(package: str = "") -> int:
    """Print what the checkers find, with file and line of the document; return how many of them found something."""
    written = write_programs(package)
    if not written:
        return 0
    failed = 0
    for command in (["mypy", *UNANNOTATED, str(FOLDER)], ["pyright", "-p", str(FOLDER)]):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
        )
        output = done.stdout + done.stderr
        for name, document in written.items():
            output = output.replace(f"{FOLDER / name}", document).replace(
                f"{FOLDER.relative_to(ROOT) / name}", document
            )
        print(output, end="")
        failed += done.returncode != 0
    return failed


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("package", nargs="?", default="", help="only the README and the page of this package")
    return check(parser.parse_args().package)


if __name__ == "__main__":
    sys.exit(main())
