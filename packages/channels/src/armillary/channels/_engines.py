"""Which engine a URL means."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from ._engine import Engine, Settings
from ._memory import MemoryEngine


class _Known(NamedTuple):
    """Where the engine of a scheme is, and the extra that brings its library."""

    module: str
    kind: str
    extra: str


_REDIS = _Known("._redis", "RedisEngine", "redis")
_NATS = _Known("._nats", "NATSEngine", "nats")
_POSTGRESQL = _Known("._postgresql", "PostgreSQLEngine", "postgres")
_SCHEMES = {
    "redis": _REDIS,
    "rediss": _REDIS,
    "unix": _REDIS,
    "nats": _NATS,
    "tls": _NATS,
    "postgresql": _POSTGRESQL,
    "postgres": _POSTGRESQL,
}
_LIST = (
    "memory:// (one process), redis:// or rediss:// (armillary-channels[redis]), nats:// (armillary-channels[nats]), "
    "postgresql:// (armillary-channels[postgres])"
)


def make_engine(url: object, settings: Settings) -> Engine:
    """Return the engine of a URL, not connected yet.

    Raises:
        TypeError, ValueError: the URL is not one of an engine.
        ImportError: its library is missing; the message says what to install.
    """
    if not isinstance(url, str):
        raise TypeError(f"url is text such as 'redis://127.0.0.1:6379/0', got {url!r}")
    scheme, separator, rest = url.partition("://")
    if scheme == "memory" and separator:
        if rest:
            raise ValueError(f"url='memory://' has nothing after it, got {url!r}")
        return MemoryEngine(settings)
    known = _SCHEMES.get(scheme) if separator else None
    if known is None:
        raise ValueError(f"url={without_password(url)!r} has no known scheme; the engines are {_LIST}")
    try:
        module = import_module(known.module, __package__)
    except ImportError as exc:
        raise ImportError(f"{scheme}:// needs its library: pip install 'armillary-channels[{known.extra}]'") from exc
    engine: Engine = getattr(module, known.kind)(url, settings)
    return engine


def without_password(url: str) -> str:
    """Return a URL as errors and logs may show it.

    >>> without_password("redis://user:secret@10.0.0.1:6379/0")
    'redis://user:***@10.0.0.1:6379/0'
    """
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, address = authority.rpartition("@")
    if ":" in user:
        user = f"{user.partition(':')[0]}:***"
    return f"{scheme}{separator}{user}{at}{address}{slash}{path.partition('?')[0]}"
