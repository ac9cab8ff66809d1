"""The processes of one measurement: a broker, servers, and nginx in front of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from testkit.brokers import NATSServer
from testkit.services import OwnServer, RedisServer, free_port, wait_for_port

HERE = Path(__file__).parent
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log crit;
events {{ worker_connections 15000; }}
http {{
    access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    upstream servers {{ {servers} }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://servers; proxy_http_version 1.1; proxy_read_timeout 1h;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
        }}
    }}
}}
"""


def program(name: str) -> str:
    """Return the path of a program.

    Raises:
        SystemExit: it is not installed.
    """
    return shutil.which(name) or sys.exit(f"{name} is not installed")


def broker(engine: str, folder: Path) -> OwnServer:
    """Return a Redis or NATS of the run's own, which keeps as much as it does by default."""
    program("redis-server" if engine == "redis" else "nats-server")
    return RedisServer(folder) if engine == "redis" else NATSServer(folder)


class Stack:
    """Servers behind an nginx.

    Args:
        app: the module of the application.
        count: of server processes.
        url: of the broker.
        folder: for what nginx writes.
    """

    def __init__(self, app: str, count: int, url: str, folder: Path) -> None:
        self.port = free_port()
        self._ports = [free_port() for _ in range(count)]
        self._app, self._url, self._folder = app, url, folder
        self._running: dict[str, list[subprocess.Popen[bytes]]] = {"servers": [], "nginx": []}

    def __enter__(self) -> Stack:
        environment = {**os.environ, "SCALE_URL": self._url}
        for port in self._ports:
            command = ["uvicorn", f"{self._app}:app", "--port", str(port), "--loop", "uvloop", "--http", "httptools"]
            command += ["--ws", "websockets-sansio", "--ws-ping-interval", "3600", "--log-level", "error"]
            self._start("servers", [sys.executable, "-m", *command], port, HERE, environment)
        servers = " ".join(f"server 127.0.0.1:{port};" for port in self._ports)
        config = self._folder / "nginx.conf"
        config.write_text(NGINX.format(folder=self._folder, servers=servers, port=self.port))
        self._start("nginx", [program("nginx"), "-c", str(config)], self.port, self._folder, dict(os.environ))
        return self

    def _start(self, kind: str, command: list[str], port: int, folder: Path, environment: dict[str, str]) -> None:
        process = subprocess.Popen(command, cwd=folder, env=environment)
        self._running[kind].append(process)
        wait_for_port(port, process)

    def __exit__(self, *_: object) -> None:
        with ExitStack() as stack:
            for process in [one for processes in self._running.values() for one in processes]:
                stack.callback(process.wait)
                process.terminate()
                stack.callback(_kill_late, process)

    def cpu_seconds(self) -> dict[str, float]:
        """Return the processor time that servers and nginx have taken."""
        return {kind: sum(_cpu_of(one.pid) for one in processes) for kind, processes in self._running.items()}


def _kill_late(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()


def _cpu_of(pid: int) -> float:
    """Return the processor time of a process and its children, in seconds."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_cpu_of(int(child)) for child in children)
