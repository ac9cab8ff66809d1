"""What a server imports in each of its processes: the application that the environment names.

A process of a server begins empty, so the command hands over what is served by environment variables.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

from ._console import output, print_error
from ._errors import CommandError
from ._import_string import load_application

_VARIABLE = "ARMILLARY_CLI_SERVED"
_DOCUMENTATION_PATHS = ("/docs", "/docs/")


@dataclass
class ServedApplication:
    """What is served: an import string, the folder it is imported from, and how."""

    reference: str
    app_dir: str
    debug: bool = False
    url: str = ""
    trusted_proxies: list[str] = field(default_factory=list[str])

    def publish(self) -> None:
        """Hand it over to the processes that this one starts, and to `application` here."""
        os.environ[_VARIABLE] = json.dumps(asdict(self))


def application() -> Any:
    """Return the application to serve; the process ends with a sentence if it cannot be loaded."""
    served = ServedApplication(**json.loads(os.environ[_VARIABLE]))
    try:
        app = load_application(served.reference, served.app_dir).app
    except CommandError as exc:
        print_error(str(exc))
        sys.stderr.flush()
        raise SystemExit(1) from None
    if served.debug:
        if hasattr(app, "debug"):
            app.debug = True
        path = documentation_path(app)
        if path is not None:
            output().print(f"API documentation: [bold]{served.url}{path}[/bold]")
    if served.trusted_proxies:
        from armillary.security import ProxyHeadersMiddleware

        app = ProxyHeadersMiddleware(app, served.trusted_proxies)
    return app


def documentation_path(app: Any) -> str | None:
    """Return the path of the pages about an application's API, None if it has none at a usual path."""
    for route in getattr(app, "routes", ()):
        path = getattr(route, "path", None)
        if path in _DOCUMENTATION_PATHS:
            return str(path)
    return None
