"""The registry of what the parts of the toolkit share about one connection."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TypedDict

from ._application import ASGIApp, Send
from ._cached_body import CachedBody
from ._handler_types import ExceptionHandlers
from ._stop import StopSignal


# Annotations of this module are evaluated: as texts, which a TypedDict compiles one by one, they take longer to import.
class ScopeRecord(TypedDict, total=False):
    """The registry of `scope["armillary"]`.

    Keys:
        bodies: request bodies and how far they are read, newest last (http).
        csp_nonce: the nonce of this response's Content-Security-Policy (security).
        csrf_field: the name of the form field that sends the token back (security).
        csrf_token: the token a form must send back (security).
        csrf_token_read: whether it was read for a response of any content type (security).
        debug: whether error pages may show source text (errors, applications).
        exception_handlers: handlers registered by the application (errors, applications).
        forwarded_host: the name that a trusted proxy was asked for, a valid Host (security).
        lifespan_apps: the mounted applications whose lifespan is run (routing, applications).
        max_body_size: the limit in bytes on this request's body, None for no limit
            (applications, routing, security).
        origin_checked: whether an origin policy has allowed this WebSocket handshake (exchange).
        reported_exception: the exception that was already logged for this connection (errors).
        request_id: the id given to this request (logging).
        result_has_errors: whether the result being sent carries errors regardless of its status,
            as GraphQL's may; set before the response starts (graphql).
        route_path: the template of the matched route with its mounts, such as
            "/users/{id:int}" (routing).
        session: the session accessor of this connection (sessions).
        start_withheld: whether the start of the response was withheld after inner parts recorded it,
            so that another response can be sent (exchange).
        started_sends: the channels that a response has started on, held weakly (http).
        stopping: set when the server received a stop signal (applications, background).
        traced: whether a telemetry middleware has decided about this connection (telemetry).
        transactions: the transaction of this connection in each database, by its name (sqlalchemy).
    """

    bodies: list[CachedBody]
    csp_nonce: str
    csrf_field: str
    csrf_token: str
    csrf_token_read: bool
    debug: bool
    exception_handlers: ExceptionHandlers
    forwarded_host: str
    lifespan_apps: list[ASGIApp]
    max_body_size: int | None
    origin_checked: bool
    reported_exception: BaseException
    request_id: str
    result_has_errors: bool
    route_path: str
    session: MutableMapping[str, Any]
    start_withheld: bool
    started_sends: list[Callable[[], Send | None]]
    stopping: StopSignal
    transactions: Mapping[str, Any]
    traced: bool
