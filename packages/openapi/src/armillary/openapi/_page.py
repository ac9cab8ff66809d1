"""A page that shows a document: one HTML file that loads no scripts, fonts or other files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from armillary.http import HTMLResponse, Request, Response

from ._generator import BaseSchemaGenerator

STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d8dee6, #3a424d); --soft: light-dark(#f5f7f9, #1d2229); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.75rem; margin: 0; }
h1 small { font-weight: 400; opacity: .7; font-size: 1rem; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; }
summary { padding: .6rem .8rem; cursor: pointer; overflow-wrap: anywhere; }
summary code { font-size: 1rem; }
summary b { display: inline-block; min-width: 4.5rem; }
.body { border-top: 1px solid var(--line); padding: .2rem .8rem .8rem; }
h2 { font-size: 1rem; margin: 1rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .35rem .6rem .35rem 0; vertical-align: top; }
pre { background: var(--soft); padding: .6rem .8rem; border-radius: .4rem; overflow-x: auto; margin: .3rem 0; }
""".strip()

METHOD_ORDER = ("get", "query", "post", "put", "patch", "delete", "head", "options", "trace")


class SchemaPage:
    """An endpoint that shows the application's OpenAPI document as HTML.

    Args:
        generator: makes the document from the application's routes, at each request.

    >>> from armillary.routing import Route
    >>> from armillary.openapi import SchemaGenerator
    >>> schemas = SchemaGenerator({"openapi": "3.2.0", "info": {"title": "Users", "version": "1"}})
    >>> route = Route("/docs", SchemaPage(schemas).show, include_in_schema=False)
    """

    def __init__(self, generator: BaseSchemaGenerator) -> None:
        self.generator = generator

    async def show(self, request: Request[Any]) -> Response:
        """Return a response with the page."""
        page = render_page(self.generator.get_schema(request.app.routes))
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def render_page(schema: dict[str, Any]) -> str:
    """Return the page; every text of the document is escaped."""
    info = schema.get("info", {})
    title, version = escape(str(info.get("title", "API"))), escape(str(info.get("version", "")))
    about = f"<p>{escape(str(info['description']))}</p>" if "description" in info else ""
    operations = "".join(render_operations(schema.get("paths", {})))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><h1>{title} <small>{version}</small></h1>{about}{operations or '<p>No operations.</p>'}</body></html>"
    )


def render_operations(paths: dict[str, Any]) -> Iterator[str]:
    for path in sorted(paths):
        for method in METHOD_ORDER:
            if method in paths[path]:
                yield render_operation(path, method, paths[path][method])


def render_operation(path: str, method: str, operation: dict[str, Any]) -> str:
    summary = escape(str(operation.get("summary", "")))
    sections = [f"<p>{escape(str(operation['description']))}</p>"] if "description" in operation else []
    if operation.get("parameters"):
        rows = "".join(map(render_parameter, operation["parameters"]))
        sections.append(f"<h2>Parameters</h2><table>{rows}</table>")
    if "requestBody" in operation:
        sections.append(f"<h2>Request body</h2>{render_value(operation['requestBody'])}")
    responses = operation.get("responses", {})
    if responses:
        sections.append("<h2>Responses</h2>" + "".join(render_response(code, responses[code]) for code in responses))
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code> {summary}</summary>"
        f'<div class="body">{"".join(sections)}</div></details>'
    )


def render_parameter(parameter: dict[str, Any]) -> str:
    if "$ref" in parameter:
        return f'<tr><td colspan="4"><code>{escape(str(parameter["$ref"]))}</code></td></tr>'
    name, place = escape(str(parameter.get("name", ""))), escape(str(parameter.get("in", "")))
    schema: dict[str, Any] = parameter.get("schema") or {}
    kind = escape(str(schema.get("type", "")))
    need = "required" if parameter.get("required") else "optional"
    about = escape(str(parameter.get("description", "")))
    return f"<tr><td><code>{name}</code></td><td>{place}, {need}</td><td>{kind}</td><td>{about}</td></tr>"


def render_response(code: Any, response: dict[str, Any] | None) -> str:
    response = response or {}
    about = escape(str(response.get("description", "")))
    rest = {key: value for key, value in response.items() if key != "description"}
    return f"<p><b>{escape(str(code))}</b> {about}</p>{render_value(rest) if rest else ''}"


def render_value(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False, default=str))}</pre>"
