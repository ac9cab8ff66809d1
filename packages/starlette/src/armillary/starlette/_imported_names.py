"""The names that Starlette's modules have because they import them, and where each is at home.

Programs import them from there all the same: `from starlette.requests import State`. They are facts about the
interface, held to the installed Starlette by a test, and loaded when one is asked for.
"""

from __future__ import annotations

import sys
from typing import Final

HAS_DEPRECATED: Final = sys.version_info >= (3, 13)
"""Whether `warnings` has the decorator that Starlette takes from typing_extensions otherwise."""

HOMES: Final[dict[str, str]] = {
    "io": "io=",
    "starlette.testclient": "httpx",
    "codecs": "codecs=",
    "tempfile": "SpooledTemporaryFile",
    "starlette.middleware.errors": "ServerErrorMiddleware",
    "starlette.middleware": "Middleware",
    "starlette.formparsers": "FormParser MultiPartException MultiPartParser",
    "starlette.middleware.exceptions": "ExceptionMiddleware",
    "__future__": "annotations",
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
    "starlette.authentication": "AuthenticationError AuthCredentials AuthenticationBackend UnauthenticatedUser",
    "starlette.background": "BackgroundTask P",
    "starlette.concurrency": "T iterate_in_threadpool run_in_threadpool",
    "starlette.convertors": "Convertor CONVERTOR_TYPES",
    "starlette.datastructures": "Address FormData Headers MutableHeaders QueryParams Secret State URL URLPath "
    "UploadFile",
    "starlette.exceptions": "HTTPException StarletteDeprecationWarning WebSocketException",
    "starlette.middleware.body_limit": "RequestBodyLimitMiddleware",
    "starlette.requests": "ClientDisconnect HTTPConnection Request",
    "starlette.responses": "FileResponse HTMLResponse PlainTextResponse RedirectResponse Response",
    "starlette.routing": "Router BaseRoute Host Mount Route",
    "starlette.status": "status=",
    "starlette.types": "Lifespan ASGIApp AppType ExceptionHandler Message Receive Scope Send",
    "starlette.websockets": "WebSocketDisconnect WebSocket WebSocketClose",
    "stat": "stat=",
    "sys": "sys=",
    "traceback": "traceback=",
    "types": "GeneratorType types=",
    "typing": (
        "Any BinaryIO ClassVar Generic Literal NamedTuple NoReturn ParamSpec Protocol Self TYPE_CHECKING "
        "TypeGuard TypeVar TypedDict Union cast overload typing="
    ),
    **({} if HAS_DEPRECATED else {"typing_extensions": "deprecated"}),
    "urllib.parse": "SplitResult parse_qsl quote unquote unquote_plus urlencode urljoin urlsplit",
    "uuid": "uuid=",
    "warnings": "warnings= deprecated" if HAS_DEPRECATED else "warnings=",
    "yaml": "yaml=",
    "zlib": "zlib=",
}
"""Home modules to the names taken from them; `name=attribute` if it has another name there, `name=` for the module."""

IMPORTED: Final[dict[str, str]] = {
    "applications": (
        "ASGIApp Any AppType Awaitable BaseRoute Callable ExceptionHandler ExceptionMiddleware Lifespan Mapping "
        "Middleware P ParamSpec Receive Request RequestBodyLimitMiddleware Response Router Scope Send Sequence "
        "ServerErrorMiddleware State TypeVar URLPath annotations"
    ),
    "authentication": (
        "Any Callable HTTPConnection HTTPException ParamSpec RedirectResponse Request Sequence WebSocket "
        "annotations functools inspect is_async_callable urlencode"
    ),
    "background": "Any Callable P ParamSpec Sequence annotations is_async_callable run_in_threadpool",
    "concurrency": (
        "AsyncIterator Callable Coroutine Iterable Iterator ParamSpec StarletteDeprecationWarning TypeVar "
        "annotations anyio functools warnings"
    ),
    "config": "Any Callable Iterator Mapping MutableMapping Path T TypeVar annotations os overload warnings",
    "convertors": "Any ClassVar Generic T TypeVar annotations math uuid",
    "datastructures": (
        "Any BinaryIO ItemsView Iterable Iterator KeysView Literal Mapping MutableMapping NamedTuple Scope "
        "Sequence SplitResult TypeVar ValuesView annotations cast ipaddress itemgetter parse_host_header parse_qsl "
        "run_in_threadpool shlex urlencode urlsplit"
    ),
    "endpoints": (
        "Any Callable Generator HTTPException Literal Message PlainTextResponse Receive Request Response Scope "
        "Send WebSocket annotations is_async_callable json run_in_threadpool status"
    ),
    "exceptions": "Mapping annotations http",
    "formparsers": (
        "AsyncGenerator Enum FormData FormParserError Headers SpooledTemporaryFile StarletteDeprecationWarning "
        "TYPE_CHECKING UploadFile annotations codecs dataclass deprecated field multipart parse_options_header sys "
        "unquote_plus"
    ),
    "middleware": "Any Awaitable Callable Iterator P ParamSpec Protocol annotations",
    "middleware.authentication": (
        "ASGIApp AuthCredentials AuthenticationBackend AuthenticationError Callable HTTPConnection "
        "PlainTextResponse Receive Response Scope Send UnauthenticatedUser annotations"
    ),
    "middleware.base": (
        "ASGIApp Any AsyncGenerator AsyncIterable Awaitable Callable ClientDisconnect Mapping Message "
        "MutableMapping Receive Request Response Scope Send T TypeVar aclosing annotations anyio "
        "create_collapsing_task_group"
    ),
    "middleware.body_limit": (
        "ASGIApp HTTPException Headers Message PlainTextResponse Receive Scope Send annotations cast"
    ),
    "middleware.cors": (
        "ASGIApp Collection Headers Message MutableHeaders PlainTextResponse Receive Response Scope Send "
        "annotations functools re"
    ),
    "middleware.errors": (
        "ASGIApp ExceptionHandler HTMLResponse Message PlainTextResponse Receive Request Response Scope Send "
        "annotations html inspect is_async_callable run_in_threadpool sys traceback"
    ),
    "middleware.exceptions": (
        "ASGIApp Any ExceptionHandler ExceptionHandlers HTTPException Mapping PlainTextResponse Receive Request "
        "Response Scope Send StatusHandlers WebSocket WebSocketException annotations wrap_app_handling_exceptions"
    ),
    "middleware.gzip": "ASGIApp Headers Message MutableHeaders NoReturn Receive Scope Send annotations anyio zlib",
    "middleware.httpsredirect": "ASGIApp PlainTextResponse Receive RedirectResponse Scope Send URL",
    "middleware.opentelemetry": (
        "ASGIApp Message Mount Receive Scope Send Sequence SpanKind Status StatusCode URL annotations metrics "
        "propagate re trace"
    ),
    "middleware.sessions": (
        "ASGIApp BadSignature HTTPConnection Literal Message MutableHeaders Receive Scope Secret Send annotations "
        "b64decode b64encode itsdangerous json typing"
    ),
    "middleware.trustedhost": (
        "ASGIApp Headers PlainTextResponse Receive RedirectResponse Response Scope Send Sequence URL annotations "
        "parse_host_header"
    ),
    "middleware.wsgi": (
        "Any Callable MutableMapping ObjectReceiveStream ObjectSendStream Receive Scope Send "
        "StarletteDeprecationWarning annotations anyio create_collapsing_task_group io math sys warnings"
    ),
    "requests": (
        "Address Any AsyncGenerator AwaitableOrContextManager AwaitableOrContextManagerWrapper FormData FormParser "
        "Generic HTTPException Headers Iterator Mapping Message MultiPartException MultiPartParser NoReturn "
        "QueryParams Receive Scope Send State TYPE_CHECKING TypeVar URL aclosing annotations anyio cast "
        "http_cookies json parse_options_header sys"
    ),
    "responses": (
        "Any AsyncIterable AsyncIterator Awaitable BackgroundTask Callable ClientDisconnect Headers Iterable "
        "Literal Mapping Message MutableHeaders Receive Scope Send Sequence URL annotations anyio "
        "asynccontextmanager create_collapsing_task_group datetime format_datetime formatdate guess_type hashlib "
        "http iterate_in_threadpool json os partial quote stat sys token_hex"
    ),
    "routing": (
        "ASGIApp AbstractAsyncContextManager AbstractContextManager Any Awaitable CONVERTOR_TYPES Callable "
        "Collection Convertor Enum Generator Headers Lifespan Middleware Pattern PlainTextResponse Receive "
        "RedirectResponse Request RequestBodyLimitMiddleware Response Scope Send Sequence "
        "StarletteDeprecationWarning TypeVar URL URLPath WebSocket WebSocketClose annotations asynccontextmanager "
        "contextlib functools get_route_path inspect is_async_callable parse_host_header re run_in_threadpool "
        "traceback types "
        "warnings wrap_app_handling_exceptions"
    ),
    "schemas": "Any BaseRoute Callable Host Mount NamedTuple Request Response Route annotations inspect re yaml",
    "staticfiles": (
        "FileResponse HTTPException Headers Receive RedirectResponse Response Scope Send URL Union WebSocketClose "
        "annotations anyio errno get_route_path importlib os parsedate stat"
    ),
    "status": "StarletteDeprecationWarning warnings",
    "templating": (
        "Any BackgroundTask Callable HTMLResponse Mapping PathLike Receive Request Scope Send Sequence "
        "TYPE_CHECKING URL annotations jinja2 overload pass_context"
    ),
    "testclient": (
        "ASGIApp AbstractContextManager Any Awaitable Callable Future Generator GeneratorType Iterable Literal "
        "Mapping Message Receive Scope Self Send Sequence StapledObjectStream StarletteDeprecationWarning "
        "TYPE_CHECKING TypeGuard TypedDict WebSocketDisconnect annotations anyio cast contextlib httpx inspect "
        "is_async_callable json math unquote urljoin wait_futures warnings"
    ),
    "types": "AbstractAsyncContextManager Any Awaitable Callable Mapping MutableMapping TYPE_CHECKING TypeVar",
    "websockets": (
        "Any AsyncIterator HTTPConnection Iterable Message Receive Response Scope Send annotations cast enum json"
    ),
}
"""Modules of Starlette, without its own name, to every name they have of others."""
