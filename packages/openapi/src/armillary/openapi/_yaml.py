"""PyYAML, which an extra brings, when something is read or written as YAML."""

from __future__ import annotations

from typing import Any


def yaml_library(purpose: str) -> Any:
    """Return the module `yaml`.

    Args:
        purpose: what needs it, for the error message.

    Raises:
        ImportError: PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as exc:
        raise ImportError(f"{purpose} needs PyYAML: pip install 'armillary-openapi[yaml]'") from exc
    return yaml


def to_yaml(document: dict[str, Any], *, sort_keys: bool = True) -> bytes:
    """Return a document as YAML in UTF-8, text beyond ASCII unescaped.

    Raises:
        ImportError: PyYAML is not installed.
    """
    yaml = yaml_library("writing a document as YAML")
    text: str = yaml.safe_dump(document, default_flow_style=False, allow_unicode=True, sort_keys=sort_keys)
    return text.encode("utf-8")
