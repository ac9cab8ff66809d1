"""URL, headers, query strings, cookies and connections, parsed from an ASGI scope.

Everything is parsed when first read, by parsers that do no I/O and import nothing beyond the
standard library. In any ASGI application:

>>> from armillary.datastructures import HTTPConnection
>>> scope = {
...     "type": "http", "scheme": "https", "path": "/search", "query_string": b"q=stars&page=2",
...     "headers": [(b"host", b"example.org"), (b"cookie", b"theme=dark")],
... }
>>> connection = HTTPConnection(scope)
>>> connection.url
URL('https://example.org/search?q=stars&page=2')
>>> connection.query_params["q"], connection.cookies
('stars', {'theme': 'dark'})
"""

from ._address import Address
from ._connection import HTTPConnection, StateT
from ._cookies import find_request_cookie, parse_cookies, parse_request_cookies
from ._etags import ETag, ETags, parse_etag, parse_etags
from ._forwarded import Forwarded, forwarded_hops, parse_forwarded
from ._header_encoding import encode_header, encode_headers, is_token
from ._headers import Headers, MutableHeaders
from ._host import MAX_PORT, ParsedHost, parse_host, requested_host
from ._list_header import MAX_LIST_SIZE, add_list_members, joined_lines, list_members
from ._media_type import parse_media_type
from ._multidict import ImmutableMultiDict, MultiDict
from ._path_patterns import PathPatterns
from ._query_params import QueryParams, parse_query
from ._request_paths import get_route_path, path_below, request_paths
from ._session import Session, SessionNotSaved
from ._state import State
from ._url import URL
from ._url_path import URLPath
from ._weighted import Weighted, parse_accept
from ._well_formed import encode_text, well_formed

__all__ = [
    "MAX_LIST_SIZE",
    "MAX_PORT",
    "URL",
    "Address",
    "ETag",
    "ETags",
    "Forwarded",
    "HTTPConnection",
    "Headers",
    "ImmutableMultiDict",
    "MultiDict",
    "MutableHeaders",
    "ParsedHost",
    "PathPatterns",
    "QueryParams",
    "Session",
    "SessionNotSaved",
    "State",
    "StateT",
    "URLPath",
    "Weighted",
    "add_list_members",
    "encode_header",
    "encode_headers",
    "encode_text",
    "find_request_cookie",
    "forwarded_hops",
    "get_route_path",
    "is_token",
    "joined_lines",
    "list_members",
    "parse_accept",
    "parse_cookies",
    "parse_etag",
    "parse_etags",
    "parse_forwarded",
    "parse_host",
    "parse_media_type",
    "parse_query",
    "parse_request_cookies",
    "path_below",
    "request_paths",
    "requested_host",
    "well_formed",
]
