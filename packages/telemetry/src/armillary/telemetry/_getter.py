"""Reading trace context from the headers of a scope."""

from __future__ import annotations

from opentelemetry.propagators.textmap import Getter

from armillary.asgi_types import Scope


class ScopeGetter(Getter[Scope]):
    """Reads headers of a scope for a propagator; several of a name are joined by commas."""

    def get(self, carrier: Scope, key: str) -> list[str] | None:
        name = key.lower().encode("latin-1")
        values = [value.decode("latin-1") for found, value in carrier["headers"] if found == name]
        return [",".join(values)] if values else None

    def keys(self, carrier: Scope) -> list[str]:
        return [name.decode("latin-1") for name, _ in carrier["headers"]]
