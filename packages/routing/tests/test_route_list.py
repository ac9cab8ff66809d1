"""Lists of routes whose indexes depend on each other."""

from __future__ import annotations

import gc

from armillary.asgi_types import Receive, Scope, Send
from armillary.routing import Route, RouteList


class Endpoint:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


def test_a_list_that_depends_on_another_drops_its_index_when_that_one_changes() -> None:
    inner, outer = RouteList(), RouteList()
    outer.compile()
    inner.add_dependent(outer)
    inner.append(Route("/x", Endpoint()))
    assert outer.compiled is None


def test_a_list_does_not_keep_those_that_depend_on_it() -> None:
    inner, outer = RouteList(), RouteList()
    inner.add_dependent(outer)
    del outer
    gc.collect()
    inner.append(Route("/x", Endpoint()))
    assert len(inner) == 1
