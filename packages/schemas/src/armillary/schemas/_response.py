"""An OpenAPI document as a response."""

from __future__ import annotations

from typing import Any

import yaml

from armillary.http import Response


class OpenAPIResponse(Response):
    """The document as YAML, with the media type `application/vnd.oai.openapi`.

    Args:
        content: the document, a dict.

    Raises:
        TypeError: the content is not a dict.
    """

    media_type = "application/vnd.oai.openapi"

    def render(self, content: Any) -> bytes:
        """Return the document as YAML with sorted keys."""
        if not isinstance(content, dict):
            raise TypeError(f"an OpenAPI document is a dict, got {type(content).__name__}")
        return yaml.safe_dump(content, default_flow_style=False, allow_unicode=True).encode("utf-8")
