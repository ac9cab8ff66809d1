"""How child processes inherit the alias.

Servers start workers and reloaders as new interpreters. Each runs `sitecustomize` at start-up,
found on `PYTHONPATH`; a directory holding ours is put at the front of it. The variable of
`armillary.starlette_auto` is set too, for interpreters in front of which another program puts its own `sitecustomize`.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

BOOTSTRAP = str(Path(__file__).with_name("_bootstrap"))
SWITCH = "ARMILLARY_STARLETTE"


def inherit(environ: MutableMapping[str, str] = os.environ) -> None:
    """Make every Python started with this environment install the alias at start-up."""
    paths = [path for path in environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if BOOTSTRAP not in paths:
        environ["PYTHONPATH"] = os.pathsep.join([BOOTSTRAP, *paths])
    environ[SWITCH] = "1"
