"""nginx, for tests of what stands behind it or beside it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from testkit.services import OwnServer, missing_service

_CONFIGURATION: Final = """
daemon off;
master_process off;
pid {root}/nginx.pid;
error_log {root}/error.log warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    {http}
}}
"""


class NginxServer(OwnServer):
    """An nginx of a test's own.

    Args:
        folder: for its files.

    Attributes:
        http: what its `http` block says, set before it starts; it listens on `port`.
    """

    def __init__(self, folder: Path) -> None:
        program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            missing_service("nginx is not installed; Debian has it as nginx-light")
        super().__init__(folder)
        self._program = program
        self.http = ""

    def command(self) -> list[str]:
        """Return what is run."""
        configuration = self.folder / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(root=self.folder, http=self.http), "utf-8")
        return [self._program, "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", str(configuration)]
