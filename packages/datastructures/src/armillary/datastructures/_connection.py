"""What a request and a WebSocket have in common: a scope, read lazily."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, cast

from armillary.asgi_types import Receive, Scope

from ._address import Address
from ._cookies import parse_request_cookies
from ._headers import Headers
from ._lazy import LazyAttribute
from ._query_params import QueryParams
from ._session import Session
from ._state import State
from ._url import URL
from ._url_path import URLPath

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    StateT = TypeVar("StateT", bound=Mapping[str, Any] | State, default=State)
else:
    from typing import TypeVar

    StateT = TypeVar("StateT")


class HTTPConnection(Mapping[str, Any], Generic[StateT]):
    """An HTTP request or WebSocket as its scope describes it.

    Making one sets two attributes; everything else is parsed when first read. It is also a mapping
    over the scope, equal to itself only.

    Args:
        scope: an HTTP or WebSocket scope.
        receive: the connection's `receive`, to read messages from.

    The type parameter is that of `state`: a `TypedDict` of what the lifespan yields.

    >>> connection = HTTPConnection({"type": "http", "path": "/", "query_string": b"a=1", "headers": []})
    >>> connection.query_params["a"], connection["type"]
    ('1', 'http')
    """

    headers_class: ClassVar[type[Headers]] = Headers
    query_params_class: ClassVar[type[QueryParams]] = QueryParams
    url_class: ClassVar[type[URL]] = URL
    reversing_owner: ClassVar[str] = "an Armillary application"
    """Where `url_for` says that it can be used."""
    hosts_keep_port: ClassVar[bool] = True
    """Whether `url_for` gives routes of a host the port of this request."""

    scope: Scope

    def __init__(self, scope: Scope, receive: Receive | None = None) -> None:
        self.scope = scope
        self._receive = receive

    # A mapping compares by content; two connections are never the same one.
    def __eq__(self, other: object) -> bool:
        return object.__eq__(self, other)

    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType]

    def __len__(self) -> int:
        return len(self.scope)

    def __contains__(self, key: object) -> bool:
        return key in self.scope

    def __iter__(self) -> Iterator[str]:
        return iter(self.scope)

    def __getitem__(self, key: str) -> Any:
        return self.scope[key]

    @LazyAttribute
    def headers(self) -> Headers:
        """The request's header fields."""
        return self.headers_class(scope=self.scope)

    @LazyAttribute
    def url(self) -> URL:
        """The URL that was asked for."""
        return self.url_class(scope=self.scope)

    @LazyAttribute
    def base_url(self) -> URL:
        """The URL that the application is mounted at, with a slash at its end."""
        scope = self.scope
        root = scope.get("app_root_path", scope.get("root_path", ""))
        path = root if root.endswith("/") else root + "/"
        # The raw path spells the request's path, which may decode to the root and be another one.
        base = {**scope, "path": path, "raw_path": None, "query_string": b""}
        return self.url_class(scope=base)

    @LazyAttribute
    def query_params(self) -> QueryParams:
        """The parameters of the query string."""
        return self.query_params_class(self.scope.get("query_string", b""))

    @LazyAttribute
    def cookies(self) -> dict[str, str]:
        """The cookies of all Cookie headers."""
        sent = [value for name, value in self.headers.raw if name == b"cookie"]
        return self.parse_cookie_header(b"; ".join(sent).decode("latin-1")) if sent else {}

    @LazyAttribute
    def state(self) -> StateT:
        """What the lifespan yielded and middleware added, by attribute and by item."""
        return cast(StateT, State(self.scope.setdefault("state", {})))

    def parse_cookie_header(self, header: str) -> dict[str, str]:
        """Return the cookies of a Cookie header, which was decoded as Latin-1; override to read them otherwise.

        A name or value whose bytes are valid UTF-8 is read as that, since it is what browsers send.
        """
        return parse_request_cookies(header)

    @property
    def app(self) -> Any:
        """The application the connection was given to."""
        return self.scope["app"]

    @property
    def path_params(self) -> dict[str, Any]:
        """The converted parameters of the matched route."""
        params: dict[str, Any] = self.scope.get("path_params", {})
        return params

    @property
    def client(self) -> Address | None:
        """The peer's address; None if the server does not know it."""
        client = self.scope.get("client")
        return None if client is None else Address(*client)

    @property
    def session(self) -> Session:
        """The session; needs a session middleware around the application.

        Reading it is an access: the response then varies by cookie, whichever key is read.
        """
        session = self._installed("session", "SessionMiddleware")
        mark_accessed = getattr(session, "mark_accessed", None)
        if mark_accessed is not None:
            mark_accessed()
        return cast(Session, session)

    @property
    def auth(self) -> Any:
        """The credentials; needs an authentication middleware around the application."""
        return self._installed("auth", "AuthenticationMiddleware")

    @property
    def user(self) -> Any:
        """The user; needs an authentication middleware around the application."""
        return self._installed("user", "AuthenticationMiddleware")

    def _installed(self, key: str, middleware: str) -> Any:
        try:
            return self.scope[key]
        except KeyError:
            raise AssertionError(f"{middleware} must be installed to access request.{key}") from None

    def url_for(self, name: str, /, **path_params: Any) -> URL:
        """Return the absolute URL of a named route; one that is bound to a host has the port of this request.

        Args:
            name: the route's name, with the names of its mounts in front: "api:users".
            **path_params: the route's path parameters.

        Raises:
            RuntimeError: outside an application and a router.
        """
        scope = self.scope
        provider = scope.get("router") or scope.get("app")
        if provider is None or not hasattr(provider, "url_path_for"):
            raise RuntimeError(f"The `url_for` method can only be used inside {self.reversing_owner} or with a router.")
        base_url = self.base_url
        path = provider.url_path_for(name, **path_params)
        if self.hosts_keep_port and isinstance(path, URLPath):
            path = path.with_port_of(base_url)
        url: URL = path.make_absolute_url(base_url=base_url)
        return url
