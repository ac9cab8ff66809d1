"""Whether a request is for a page of a single-page app, or for something that is not there.

A page is what a person navigates to; the response to a script, a style sheet or data that is missing must be a
404 and never a page. The rules, the first that applies:

| Sec-Fetch-Dest | Accept | extension | page |
| --- | --- | --- | --- |
| document, iframe, frame, fencedframe | any | any | yes |
| script, style, image and any other but `empty` | any | any | no |
| `empty` (fetch), or none | prefers text/html | any | yes |
| `empty` | anything else | any | no |
| none | none, or only `*/*` | of a known file type | no |
| none | none, or only `*/*` | none, or an unknown one | yes |
| none | anything else | any | no |

Browsers send Sec-Fetch-Dest over HTTPS and to localhost. The last rows are for old ones, and for programs such as
curl and the crawlers behind link previews, which send `*/*`.
"""

from __future__ import annotations

from armillary.asgi_types import Scope
from armillary.datastructures import Headers, parse_accept, parse_media_type

from ._location import names_file

PAGE_REQUEST_VARY = "accept, sec-fetch-dest"
"""What the response to a missing path depends on."""

_PAGE_DESTINATIONS = frozenset(("document", "iframe", "frame", "fencedframe"))


def is_page_request(path: str, scope: Scope) -> bool:
    """Return whether a GET or HEAD of a missing path is for a page.

    Args:
        path: of the request; only its extension counts, and only if the headers say nothing.
        scope: with the request's headers: Sec-Fetch-Dest (W3C Fetch Metadata) and Accept (RFC 9110 section 12.5.1).

    >>> script = {"headers": [(b"sec-fetch-dest", b"script"), (b"accept", b"*/*")]}
    >>> is_page_request("users/ada", {"headers": []}), is_page_request("users/ada", script)
    (True, False)
    """
    headers = Headers(scope=scope)
    destination = headers.get("sec-fetch-dest", "").strip().lower()
    if destination not in ("", "empty"):
        return destination in _PAGE_DESTINATIONS
    accepted = parse_accept(",".join(headers.getlist("accept")))
    weights = {parse_media_type(value)[0]: weight for value, weight in reversed(accepted)}
    html = weights.get("text/html", 0.0)
    if html > 0 and html == max(weights.values()):
        return True
    says_nothing = not destination and weights.keys() <= {"*/*"}
    return says_nothing and not names_file(path)
