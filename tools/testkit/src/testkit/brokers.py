"""Brokers and databases of the tests' own, which they kill and start again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import uuid
from pathlib import Path
from typing import Any

from testkit.services import OwnServer, free_port, missing_service, require_program


class NATSServer(OwnServer):
    """A NATS with JetStream, which keeps its streams over a restart."""

    def __init__(self, folder: Path) -> None:
        self._program = require_program("nats-server")
        super().__init__(folder)
        self.url = f"nats://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """Return what is run."""
        return [self._program, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder)]


class RabbitMQServer(OwnServer):
    """A RabbitMQ, which keeps durable queues over a restart. A start takes some seconds."""

    seconds = 120

    def __init__(self, folder: Path) -> None:
        scripts = sorted(Path("/usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server"))
        self._program = str(scripts[-1]) if scripts else missing_service("rabbitmq-server is not installed")
        super().__init__(folder)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        self._environment = {
            **os.environ,
            "HOME": str(folder),  # of Erlang's cookie
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"t{uuid.uuid4().hex[:10]}@localhost",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ALLOW_INPUT": "1",  # the process is the broker itself, with no shell around it
            "ERL_FLAGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        (folder / "rabbitmq.conf").write_text(f"listeners.tcp.local = 127.0.0.1:{self.port}\n")

    def command(self) -> list[str]:
        """Return what is run."""
        return [self._program, "-noinput"]

    def options(self) -> dict[str, Any]:
        """Return what it runs in."""
        return {"env": self._environment, "cwd": self.folder}


class PostgreSQLServer(OwnServer):
    """A PostgreSQL, which keeps what was committed over a restart.

    Args:
        folder: to be made; under a path that the user `postgres` may enter, if the tests run as root.
        settings: further settings of the server, such as "max_prepared_transactions=10".
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        self._settings = settings
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        located = shutil.which("initdb")
        if not found and located is None:
            missing_service("the programs of PostgreSQL are not installed")
        self._programs = found[-1].parent if found else Path(located or "").parent
        super().__init__(folder)
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        folder.mkdir(mode=0o700)
        if os.getuid() == 0:  # PostgreSQL does not run as root
            shutil.chown(folder, "postgres", "postgres")
        command: list[str | Path] = [
            self._programs / "initdb",
            "-D",
            folder,
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
        ]
        subprocess.run(command, check=True, timeout=120, stdout=subprocess.DEVNULL, **self.options())

    def command(self) -> list[str]:
        """Return what is run."""
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", *self._settings]
        arguments = [part for setting in settings for part in ("-c", setting)]
        return [str(self._programs / "postgres"), "-D", str(self.folder), "-p", str(self.port), *arguments]

    def options(self) -> dict[str, Any]:
        """Return who runs it."""
        if os.getuid() != 0:
            return {"cwd": "/"}
        return {"cwd": "/", "user": "postgres", "group": pwd.getpwnam("postgres").pw_gid, "extra_groups": []}

    def stop(self, number: int = signal.SIGQUIT) -> None:
        """End it as a crash would; SIGKILL would leave processes that are in the way of the next start."""
        super().stop(number)


class MariaDBServer(OwnServer):
    """A MariaDB with an empty database `test`, which keeps what was committed over a restart.

    Args:
        folder: of its data, which is there.
        settings: further options of the server, such as "--innodb-rollback-on-timeout=ON".
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        self._settings = settings
        self._program = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin") or missing_service(
            "mariadbd is not installed"
        )
        super().__init__(folder)
        self.url = f"mariadb://root@127.0.0.1:{self.port}/test"
        self._user = ["--user=root"] if os.getuid() == 0 else []
        command = [require_program("mariadb-install-db"), "--no-defaults", f"--datadir={folder}", *self._user]
        options = ["--auth-root-authentication-method=normal"]
        subprocess.run([*command, *options], check=True, timeout=120, stdout=subprocess.DEVNULL)

    def command(self) -> list[str]:
        """Return what is run."""
        where = [f"--datadir={self.folder}", f"--port={self.port}", f"--socket={self.folder}/socket"]
        return [self._program, "--no-defaults", "--bind-address=127.0.0.1", *where, *self._user, *self._settings]
