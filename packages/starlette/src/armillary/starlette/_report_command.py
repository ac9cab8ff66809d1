"""`python -m armillary.starlette --report app:app`, in the process that installed the alias at its start."""

from __future__ import annotations

import sys
from functools import reduce
from importlib import import_module
from typing import Any

from armillary.starlette import report


def main(reference: str) -> None:
    """Import an application and print its report; a wrong reference ends the process with status 2."""
    module, _, attribute = reference.partition(":")
    try:
        app: Any = reduce(getattr, attribute.split("."), import_module(module))
    except (ImportError, AttributeError) as exc:
        sys.stderr.write(f"--report {reference}: {exc}\n")
        raise SystemExit(2) from None
    sys.stdout.write(f"{report(app)}\n")


if __name__ == "__main__":
    main(sys.argv[1])
