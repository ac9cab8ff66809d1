"""The `armillary` command: serve, list, check and explore an application, and begin a new one.

    armillary new NAME      a tested project: minimal, api, site or full
    armillary dev           serve while you write: reload, debug pages
    armillary run           serve in production, by uvicorn or granian
    armillary routes        what answers where
    armillary check         what is insecure, unreachable or missing
    armillary shell         Python with the application and a client

Other packages add commands by the entry-point group `armillary.commands`.

>>> from armillary.cli import main
>>> main(["--version"])  # doctest: +ELLIPSIS
armillary ...
0
"""

from ._errors import CommandError
from ._import_string import LoadedApplication, load_application
from ._main import main

__all__ = ["CommandError", "LoadedApplication", "load_application", "main"]
