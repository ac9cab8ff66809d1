from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest


class Sent(NamedTuple):
    """What an endpoint sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def places(self) -> list[tuple[str, str]]:
        """Location and pointer of each error."""
        return [(error["location"], error["pointer"]) for error in self.json["errors"]]


class Sender:
    """Sends requests to an endpoint under the ASGI checker."""

    async def __call__(
        self,
        app: Any,
        query: str = "",
        /,
        *,
        method: str = "GET",
        path: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        data: Any = ...,
        **scope: Any,
    ) -> Sent:
        from testkit import call

        sent_fields = dict(headers or {})
        if data is not ...:
            body = json.dumps(data).encode()
            sent_fields.setdefault("content-type", "application/json")
            method = "POST" if method == "GET" else method
        if body is not None:
            sent_fields["content-length"] = str(len(body))
        sent = await call(
            app,
            "/",
            method=method,
            body=body or b"",
            query_string=query.encode("utf-8"),
            headers=[(name.lower().encode(), value.encode("latin-1")) for name, value in sent_fields.items()],
            path_params=path or {},
            **scope,
        )
        return Sent(sent.status, sent.headers, sent.body)


@pytest.fixture
def send() -> Sender:
    return Sender()
