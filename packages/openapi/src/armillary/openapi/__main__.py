"""`python -m armillary.openapi app:app` writes the document of an application; `armillary openapi` does the same."""

from __future__ import annotations

import sys

from ._commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
