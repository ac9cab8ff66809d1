"""An OpenAPI document as a response."""

from __future__ import annotations

from typing import Any

from armillary.http import Response

from ._yaml import to_yaml


class OpenAPIResponse(Response):
    """The document as YAML, with the media type `application/vnd.oai.openapi`.

    Args:
        content: the document, a dict.

    Raises:
        TypeError: the content is not a dict.
        ImportError: PyYAML is not installed; the extra `yaml` brings it.
    """

    media_type: str | None = "application/vnd.oai.openapi"

    def render(self, content: Any) -> bytes:
        """Return the document as YAML with sorted keys."""
        if not isinstance(content, dict):
            raise TypeError(f"an OpenAPI document is a dict, got {type(content).__name__}")
        document: dict[str, Any] = content  # pyright: ignore[reportUnknownVariableType]
        return to_yaml(document)
