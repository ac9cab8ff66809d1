"""A checker that raises when a scope or message breaks the ASGI specification.

>>> from armillary.lint import lint
>>> async def app(scope, receive, send):
...     await send({"type": "http.response.start", "status": 204, "headers": []})
...     await send({"type": "http.response.body"})
>>> checked = lint(app)

Serve or test `checked` in place of `app`. Every breach raises `LintError`, an `AssertionError`
whose text says where it happened, what was wrong and what to do.
"""

from ._application import lint
from ._error import LintError

__all__ = ["LintError", "lint"]
