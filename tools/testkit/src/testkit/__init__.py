"""What the tests of all packages share; `-p testkit.plugin` loads its fixtures.

It imports no part of Armillary: a package that drives applications with it declares `armillary-lint` for its tests.
"""

from __future__ import annotations

from testkit.applications import CopyingMiddleware, echo
from testkit.backends import ASYNCIO, TRIO, UVLOOP
from testkit.brokers import MariaDBServer, NATSServer, PostgreSQLServer, RabbitMQServer
from testkit.connection import Connection, SentMessages, call, request_messages
from testkit.mistakes import Mistake, check_message
from testkit.network import Network
from testkit.nginx import NginxServer
from testkit.node import install_npm_packages
from testkit.scopes import http_scope, lifespan_scope, websocket_scope
from testkit.services import (
    RedisServer,
    free_port,
    missing_service,
    own_postgresql_database,
    require_port,
    require_program,
    wait_for_port,
)
from testkit.turns import FAIR_TURN, is_fair, longest_run
from testkit.work import count_instructions, count_lines

__all__ = [
    "ASYNCIO",
    "FAIR_TURN",
    "TRIO",
    "UVLOOP",
    "Connection",
    "CopyingMiddleware",
    "MariaDBServer",
    "Mistake",
    "NATSServer",
    "Network",
    "NginxServer",
    "PostgreSQLServer",
    "RabbitMQServer",
    "RedisServer",
    "SentMessages",
    "call",
    "check_message",
    "count_instructions",
    "count_lines",
    "echo",
    "free_port",
    "http_scope",
    "install_npm_packages",
    "is_fair",
    "lifespan_scope",
    "longest_run",
    "missing_service",
    "own_postgresql_database",
    "request_messages",
    "require_port",
    "require_program",
    "wait_for_port",
    "websocket_scope",
]
