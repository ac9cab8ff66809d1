"""The check of the options of `GraphQL`."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Final

from armillary.asgi_types import is_async_callable
from armillary.websockets import WebSocketLimits

from .documents._trusted_documents import TrustedDocuments
from .limits._costs import FieldCosts
from .limits._limits import GraphQLLimits

_CLASSES: Final = {
    "limits": (GraphQLLimits, "GraphQLLimits(max_depth=8)"),
    "costs": (FieldCosts, "FieldCosts({'Query.search': 10})"),
    "trusted_documents": (TrustedDocuments, "TrustedDocuments({'hello-1': '{ hello }'})"),
    "websocket_limits": (WebSocketLimits, "WebSocketLimits(idle_timeout=60)"),
}
_FLAGS: Final = ("batching", "uploads", "single_connection", "legacy_websocket")


def check_options(options: dict[str, Any]) -> None:
    """Check options by name, apart from the schema and the origins.

    Raises:
        TypeError: one is of the wrong type.
        ValueError: two contradict each other.
        ImportError: `uploads` needs what is not installed.
    """
    for name in ("context", "root_value"):
        if options[name] is not None and not callable(options[name]):
            raise _wrong(name, "a function of a GraphQLContext", options[name])
    on_connect = options["on_connect"]
    if on_connect is not None and not is_async_callable(on_connect):
        raise _wrong("on_connect", "an async function of a GraphQLContext; declare it with `async def`", on_connect)
    for name, (expected, example) in _CLASSES.items():
        if options[name] is not None and not isinstance(options[name], expected):
            raise _wrong(name, f"such as {example}", options[name])
    _check_store(options["persisted_queries"])
    if options["trusted_documents"] is not None and options["persisted_queries"] is not None:
        raise ValueError(
            "GraphQL takes trusted_documents or persisted_queries, not both: with the first, clients cannot add any"
        )
    for name in ("debug", "ide", *_FLAGS):
        if not isinstance(options[name], bool) and (name in _FLAGS or options[name] is not None):
            raise _wrong(name, "True or False" if name in _FLAGS else "True or False, or None", options[name])
    if not isinstance(options["title"], str):
        raise _wrong("title", "text", options["title"])
    if options["uploads"] and find_spec("python_multipart") is None:
        raise ImportError(
            "GraphQL with uploads=True needs python-multipart, which is not installed: "
            "pip install 'armillary-graphql[uploads]'"
        )


def check_public_errors(public_errors: Any) -> tuple[type[Exception], ...]:
    """Return the exception classes as a tuple.

    Raises:
        TypeError: it is no list of exception classes.
    """
    try:
        errors: list[Any] = [None] if isinstance(public_errors, type) else list(public_errors)
    except TypeError:
        errors = [None]
    if not all(isinstance(error, type) and issubclass(error, Exception) for error in errors):
        raise _wrong("public_errors", "a list of exception classes, such as [LookupError]", public_errors)
    return tuple(errors)


def _check_store(store: object) -> None:
    if store is None:
        return
    if isinstance(store, TrustedDocuments):
        raise _wrong("persisted_queries", "a store; pass these as trusted_documents=", store)
    for name in ("get", "put"):
        method = None if isinstance(store, type) else getattr(store, name, None)
        if method is None:
            what = f"an object with `get` and `put`, such as MemoryDocumentStore(); `{name}` is missing in"
            raise TypeError(f"GraphQL takes persisted_queries as {what} {store!r}")
        if not is_async_callable(method):
            raise TypeError(
                f"GraphQL takes persisted_queries as an object with async methods, such as MemoryDocumentStore(); "
                f"declare `{name}` of {store!r} with `async def`"
            )


def _wrong(name: str, expected: str, value: object) -> TypeError:
    return TypeError(f"GraphQL takes {name} as {expected}, got {value!r}")
