"""What an access log adds to a request: our middleware around a bare callable, against Starlette's plain text.

Records go to a handler that keeps nothing: what writing a line costs is the program's choice of
handler and the same for every logger.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from frame import BARE, Application, BenchmarkRequest, Contest, bare_application

LOGGER = "armillary.benchmark"


def _starlette() -> Application:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    async def plaintext(request: Request) -> Response:
        return PlainTextResponse("Hello, world!")

    return Starlette(routes=[Route("/", plaintext)])


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the contest with a request id made, checked and sent back, and the one without."""
    from armillary.logging import AccessLogMiddleware

    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [logging.NullHandler()]
    bare = bare_application(b"Hello, world!", b"text/plain; charset=utf-8")
    for name, header in (("access log", "X-Request-ID"), ("access log, no id", None)):
        logged = AccessLogMiddleware(bare, LOGGER, request_id_header=header)
        applications = {BARE: bare, "armillary": logged, "starlette": _starlette()}
        yield name, Contest(BenchmarkRequest("/", expected=b"Hello, world!"), applications)
