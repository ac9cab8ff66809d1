"""Keys of the three scopes, their types, and which of them must be there.

HTTP and WebSocket specification 2.5, Lifespan 2.0, TLS extension 0.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

from ._error import fail
from ._fields import MISSING, check_bytes, check_field, check_text, kind_of
from ._headers import check_headers, is_one_shot

_HTTP_VERSIONS = ("1.0", "1.1", "2", "3")
_CORRECT_SERVER = "correct the server, or whatever built this scope"


def _check_asgi(where: str, scope: Mapping[str, Any]) -> None:
    asgi = check_field(where, scope, "asgi", (dict,), "a dict such as {'version': '3.0'}", required=True)
    version = check_text(f"{where}, key 'asgi'", asgi, "version", required=True)
    if version not in ("2.0", "3.0"):
        fail(where, f"the ASGI version is {version!r}", "it must be '3.0' or '2.0'")
    check_text(f"{where}, key 'asgi'", asgi, "spec_version")


def _check_address(where: str, scope: Mapping[str, Any], key: str, *, port_types: tuple[type, ...]) -> None:
    address = scope.get(key)
    if address is None:
        return
    if not isinstance(address, (list, tuple)) or len(address) != 2:  # pyright: ignore[reportUnknownArgumentType]
        fail(where, f"{key!r} is {address!r}", "it must be a pair (host, port), or None")
    host, port = address  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(host, str) or not isinstance(port, port_types) or isinstance(port, bool):
        fail(where, f"{key!r} is {address!r}", "the host must be a str and the port an int")


def _check_extensions(where: str, scope: Mapping[str, Any]) -> None:
    extensions = check_field(where, scope, "extensions", (dict, NoneType), "a dict of dicts, or None")
    if extensions is MISSING or extensions is None:
        return
    for name, options in extensions.items():
        if not isinstance(name, str) or not isinstance(options, dict):
            fail(where, f"the extension {name!r} is {kind_of(options)}", "each extension is a dict under its name")
    if "tls" in extensions:
        _check_tls(f"{where}, extension 'tls'", extensions["tls"])


def _check_tls(where: str, tls: Mapping[str, Any]) -> None:
    for key in ("server_cert", "client_cert_name", "client_cert_error"):
        check_field(where, tls, key, (str, NoneType), "a str or None")
    for key in ("tls_version", "cipher_suite"):
        check_field(where, tls, key, (int, NoneType), "an int or None")
    check_field(where, tls, "client_cert_chain", (list, tuple), "a list of str")


def _check_connection(where: str, scope: Mapping[str, Any]) -> None:
    version = check_text(where, scope, "http_version")
    if version is not MISSING and version not in _HTTP_VERSIONS:
        fail(where, f"'http_version' is {version!r}", f"it must be one of {', '.join(_HTTP_VERSIONS)}")
    if check_text(where, scope, "scheme") == "":
        fail(where, "'scheme' is empty", "leave it out or name the scheme")
    check_text(where, scope, "path", required=True)
    raw_path = check_field(where, scope, "raw_path", (bytes, NoneType), "a bytes object or None")
    if raw_path is not MISSING and raw_path is not None and b"?" in raw_path:
        fail(where, "'raw_path' holds the query string", "end it before the first '?'")
    check_bytes(where, scope, "query_string", required=scope["type"] == "http")
    check_text(where, scope, "root_path")
    if "headers" not in scope:
        fail(where, "the key 'headers' is missing", "set it to a list of (name, value) pairs of bytes")
    if not is_one_shot(scope["headers"]):
        check_headers(where, scope["headers"])
    _check_address(where, scope, "client", port_types=(int,))
    _check_address(where, scope, "server", port_types=(int, NoneType))
    check_field(where, scope, "state", (dict,), "a dict")
    _check_extensions(where, scope)


def _check_http(where: str, scope: Mapping[str, Any]) -> None:
    method = check_text(where, scope, "method", required=True)
    if method != method.upper():
        fail(where, f"the method {method!r} is not in upper case", _CORRECT_SERVER)
    _check_connection(where, scope)


def _check_websocket(where: str, scope: Mapping[str, Any]) -> None:
    _check_connection(where, scope)
    subprotocols = check_field(where, scope, "subprotocols", (list, tuple), "a list of str")
    if subprotocols is MISSING:
        return
    for subprotocol in subprotocols:
        if not isinstance(subprotocol, str):
            fail(where, f"the subprotocol {subprotocol!r} is {kind_of(subprotocol)}", "each must be a str")


def _check_lifespan(where: str, scope: Mapping[str, Any]) -> None:
    check_field(where, scope, "state", (dict,), "a dict")


_BY_TYPE = {"http": _check_http, "websocket": _check_websocket, "lifespan": _check_lifespan}


def check_scope(scope: Any) -> None:
    """Fail if a scope lacks a key or holds one of the wrong type.

    Scopes of an unknown type pass, as the specification lets servers define their own.
    """
    if not isinstance(scope, dict):
        fail("scope", f"it is {kind_of(scope)}", "call the application with a dict")
    scope_type = scope.get("type")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(scope_type, str):
        fail("scope", f"'type' is {kind_of(scope_type)}", "set it to 'http', 'websocket' or 'lifespan'")
    check = _BY_TYPE.get(scope_type)
    if check is not None:
        where = f"{scope_type} scope"
        _check_asgi(where, scope)  # pyright: ignore[reportUnknownArgumentType]
        check(where, scope)  # pyright: ignore[reportUnknownArgumentType]
