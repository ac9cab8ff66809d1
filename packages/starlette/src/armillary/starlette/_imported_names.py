"""The names that Starlette's modules have because they import them, and where each is at home.

Programs import them from there all the same: `from starlette.requests import State`. They are facts about the
interface, held to the installed Starlette by a test, and loaded when one is asked for.
"""

from __future__ import annotations

from typing import Final

HOMES: Final[dict[str, str]] = {
    "anyio": "anyio=",
    "anyio.abc": "ObjectReceiveStream ObjectSendStream",
    "anyio.streams.stapled": "StapledObjectStream",
    "base64": "b64decode b64encode",
    "collections.abc": (
        "AsyncGenerator AsyncIterable AsyncIterator Awaitable Callable Collection Coroutine Generator "
        "ItemsView Iterable Iterator KeysView Mapping MutableMapping Sequence ValuesView"
    ),
    "concurrent.futures": "Future wait_futures=wait",
    "contextlib": ("AbstractAsyncContextManager AbstractContextManager aclosing asynccontextmanager contextlib="),
    "dataclasses": "dataclass field",
    "datetime": "datetime",
    "email.utils": "format_datetime formatdate parsedate",
    "enum": "Enum enum=",
    "errno": "errno=",
    "functools": "functools= partial",
    "hashlib": "hashlib=",
    "html": "html=",
    "http": "http=",
    "http.cookies": "http_cookies=",
    "importlib": "importlib=",
    "inspect": "inspect=",
    "ipaddress": "ipaddress=",
    "itsdangerous": "itsdangerous=",
    "itsdangerous.exc": "BadSignature",
    "jinja2": "jinja2=",
    "jinja2.utils": "pass_context",
    "json": "json=",
    "math": "math=",
    "mimetypes": "guess_type",
    "operator": "itemgetter",
    "opentelemetry": "metrics propagate trace",
    "opentelemetry.trace": "SpanKind Status StatusCode",
    "os": "PathLike os=",
    "pathlib": "Path",
    "python_multipart": "multipart=",
    "python_multipart.exceptions": "FormParserError",
    "python_multipart.multipart": "parse_options_header",
    "re": "Pattern re=",
    "secrets": "token_hex",
    "shlex": "shlex",
    "starlette._exception_handler": "ExceptionHandlers StatusHandlers wrap_app_handling_exceptions",
    "starlette._utils": (
        "AwaitableOrContextManager AwaitableOrContextManagerWrapper create_collapsing_task_group "
        "get_route_path is_async_callable parse_host_header"
    ),
    "starlette.authentication": "AuthCredentials AuthenticationBackend UnauthenticatedUser",
    "starlette.background": "BackgroundTask P",
    "starlette.concurrency": "T iterate_in_threadpool run_in_threadpool",
    "starlette.convertors": "CONVERTOR_TYPES",
    "starlette.datastructures": "Address Headers MutableHeaders QueryParams State URL URLPath",
    "starlette.exceptions": "HTTPException StarletteDeprecationWarning WebSocketException",
    "starlette.middleware.body_limit": "RequestBodyLimitMiddleware",
    "starlette.requests": "ClientDisconnect HTTPConnection Request",
    "starlette.responses": "PlainTextResponse RedirectResponse Response",
    "starlette.routing": "BaseRoute Host Mount Route",
    "starlette.status": "status=",
    "starlette.types": "ASGIApp AppType ExceptionHandler Message Receive Scope Send",
    "starlette.websockets": "WebSocket WebSocketClose",
    "stat": "stat=",
    "sys": "sys=",
    "traceback": "traceback=",
    "types": "GeneratorType types=",
    "typing": (
        "Any BinaryIO ClassVar Generic Literal NamedTuple NoReturn ParamSpec Protocol Self TYPE_CHECKING "
        "TypeGuard TypeVar TypedDict Union cast overload typing="
    ),
    "typing_extensions": "deprecated",
    "urllib.parse": "SplitResult parse_qsl quote unquote unquote_plus urlencode urljoin urlsplit",
    "uuid": "uuid=",
    "warnings": "warnings=",
    "yaml": "yaml=",
    "zlib": "zlib=",
}
"""Home modules to the names taken from them; `name=attribute` if it has another name there, `name=` for the module."""

IMPORTED: Final[dict[str, str]] = {
    "applications": (
        "AppType Awaitable Callable P ParamSpec Receive Request Response Scope Send State TypeVar URLPath "
    ),
    "authentication": (
        "Any Callable HTTPConnection HTTPException ParamSpec RedirectResponse Request Sequence WebSocket "
        "functools inspect is_async_callable urlencode "
    ),
    "background": "Sequence is_async_callable run_in_threadpool",
    "concurrency": "Coroutine Iterator StarletteDeprecationWarning anyio functools",
    "config": "Any Callable Iterator Mapping MutableMapping Path T TypeVar os overload warnings",
    "convertors": "Any ClassVar Generic T TypeVar math uuid",
    "datastructures": (
        "Any BinaryIO ItemsView Iterable Iterator KeysView Literal Mapping MutableMapping NamedTuple Scope "
        "Sequence SplitResult TypeVar ValuesView cast ipaddress itemgetter parse_host_header parse_qsl "
        "run_in_threadpool shlex urlencode urlsplit "
    ),
    "endpoints": (
        "Callable Generator Literal Message Receive Response Scope Send WebSocket is_async_callable json "
        "run_in_threadpool status "
    ),
    "exceptions": "Mapping http",
    "formparsers": (
        "FormParserError TYPE_CHECKING dataclass deprecated field multipart parse_options_header sys unquote_plus "
    ),
    "middleware": "Any Awaitable Callable Iterator P ParamSpec Protocol",
    "middleware.authentication": ("ASGIApp AuthCredentials AuthenticationBackend Callable Scope UnauthenticatedUser "),
    "middleware.base": "T TypeVar aclosing anyio",
    "middleware.body_limit": "HTTPException Headers Message PlainTextResponse cast",
    "middleware.cors": "ASGIApp Collection functools re",
    "middleware.errors": (
        "ASGIApp ExceptionHandler Message Receive Request Response Send html is_async_callable "
        "run_in_threadpool sys traceback "
    ),
    "middleware.exceptions": (
        "ExceptionHandlers HTTPException PlainTextResponse Request Response StatusHandlers WebSocket "
        "WebSocketException wrap_app_handling_exceptions "
    ),
    "middleware.gzip": "MutableHeaders NoReturn anyio zlib",
    "middleware.httpsredirect": "ASGIApp PlainTextResponse Receive RedirectResponse Scope Send URL",
    "middleware.opentelemetry": (
        "ASGIApp Message Mount Receive Scope Send Sequence SpanKind Status StatusCode URL metrics propagate re trace"
    ),
    "middleware.sessions": (
        "BadSignature HTTPConnection Message MutableHeaders Receive Scope Send b64decode b64encode "
        "itsdangerous json typing "
    ),
    "middleware.trustedhost": (
        "ASGIApp Headers PlainTextResponse Receive RedirectResponse Response Scope Send Sequence URL parse_host_header "
    ),
    "middleware.wsgi": "ObjectReceiveStream ObjectSendStream anyio create_collapsing_task_group math",
    "requests": (
        "Address AsyncGenerator AwaitableOrContextManager AwaitableOrContextManagerWrapper Generic Iterator "
        "Mapping Message NoReturn QueryParams Receive Scope Send State TYPE_CHECKING TypeVar aclosing anyio "
        "cast http_cookies parse_options_header sys "
    ),
    "responses": (
        "AsyncIterable AsyncIterator Awaitable BackgroundTask Callable ClientDisconnect Headers Iterable "
        "Literal Mapping Message MutableHeaders Receive Scope Send Sequence URL anyio asynccontextmanager "
        "create_collapsing_task_group datetime format_datetime formatdate guess_type hashlib "
        "iterate_in_threadpool os partial quote stat sys token_hex "
    ),
    "routing": (
        "AbstractAsyncContextManager AbstractContextManager CONVERTOR_TYPES Enum Generator Headers Pattern "
        "PlainTextResponse Receive RequestBodyLimitMiddleware Response Send StarletteDeprecationWarning "
        "TypeVar URLPath WebSocket WebSocketClose contextlib functools inspect parse_host_header traceback "
        "types wrap_app_handling_exceptions "
    ),
    "schemas": "Any BaseRoute Callable Host Mount NamedTuple Request Response Route inspect re yaml",
    "staticfiles": (
        "HTTPException Headers Receive RedirectResponse Response Send Union WebSocketClose anyio errno "
        "get_route_path importlib parsedate stat "
    ),
    "status": "StarletteDeprecationWarning warnings",
    "templating": "BackgroundTask PathLike Receive Scope Send TYPE_CHECKING URL jinja2 overload pass_context",
    "testclient": (
        "AbstractContextManager Future Generator GeneratorType Iterable Literal Message Self Sequence "
        "StapledObjectStream TypeGuard TypedDict anyio contextlib json math unquote urljoin wait_futures "
    ),
    "types": "AbstractAsyncContextManager Any Awaitable Callable Mapping MutableMapping TYPE_CHECKING",
    "websockets": "AsyncIterator Message Receive Response Scope Send cast enum json",
}
"""Modules of Starlette, without its own name, to the names they have of others."""
