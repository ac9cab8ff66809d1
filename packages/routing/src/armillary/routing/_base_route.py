"""The base class of routes."""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import Receive, Scope, Send
from armillary.datastructures import URLPath
from armillary.exchange import has_registered_handlers

from ._endpoint import checked_callable
from ._fallback_responses import respond_not_found
from ._match import Match
from ._matched_scope import extended_scope
from ._policy import RoutingPolicy


class BaseRoute(RoutingPolicy):
    """A route: says whether it matches a scope, and handles the connections it matched.

    Subclass it with `matches` and `handle`, and `url_path_for` if it can be reversed. A router
    calls a route of unknown kind in its turn, exactly once per connection. Instances are also
    ASGI applications.
    """

    def check_callable(self, value: Any, parameter: str) -> Any:
        """Return an application or endpoint, or raise TypeError; override to take what cannot be called."""
        return checked_callable(value, parameter)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how far the route matches, and the keys it adds to the scope."""
        raise NotImplementedError(f"{type(self).__name__} needs a matches method")

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the route called `name`; `NoMatchFound` if it has another name."""
        raise NotImplementedError(f"{type(self).__name__} needs a url_path_for method")

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a connection that matched, in full or in part."""
        raise NotImplementedError(f"{type(self).__name__} needs a handle method")

    def raises(self, scope: Scope) -> bool:
        """Return whether 404 and 405 are raised as `HTTPException` rather than sent."""
        return has_registered_handlers(scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as an application: handle what matches, 404 or close 1000 for the rest."""
        match, child_scope = self.matches(scope)
        if match is Match.NONE:
            await respond_not_found(scope, send, self.raises(scope), self.errors_as_text)
            return
        await self.handle(self.extend_scope(scope, child_scope), receive, send)

    def extend_scope(self, scope: Scope, child_scope: Scope) -> Scope:
        """Return the scope with the keys a match adds.

        The routing keys go into the caller's scope, where outer middleware finds them later; a
        spec key that changes makes it a copy, since the caller still needs its own.
        """
        return extended_scope(scope, child_scope, in_place=self.scope_in_place)
