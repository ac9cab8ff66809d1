"""Single blocks of templates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from jinja2 import Environment, Template, TemplateNotFound, nodes
from jinja2.runtime import Context


def block_context(template: Template, block: str, variables: Mapping[str, Any]) -> tuple[Context, Callable[..., Any]]:
    """Return the context to render a block in, and the function that renders it.

    The block may be the template's own or one it inherits, and may use `super()`.

    Args:
        template: a loaded template.
        block: the name of the block.
        variables: what the template is given.

    Raises:
        ValueError: neither the template nor those it extends have such a block.
    """
    context = template.new_context(dict(variables))
    for ancestor in _ancestors(template):
        for name, render in ancestor.blocks.items():
            context.blocks.setdefault(name, []).append(render)
    found = context.blocks.get(block)
    if not found:
        known = ", ".join(sorted(context.blocks)) or "none"
        raise ValueError(f"block={block!r} is not in template {template.name!r}; it has: {known}")
    return context, found[0]


def _ancestors(template: Template) -> Iterator[Template]:
    environment, seen = template.environment, {template.name}
    parent = _parent_name(environment, template.name)
    while parent is not None and parent not in seen:
        seen.add(parent)
        yield environment.get_template(parent)
        parent = _parent_name(environment, parent)


def _parent_name(environment: Environment, name: str | None) -> str | None:
    """Return the template that the named one extends, if that is written as a constant."""
    if environment.loader is None or name is None:
        return None
    try:
        source = environment.loader.get_source(environment, name)[0]
    except TemplateNotFound:
        return None
    for extends in environment.parse(source, name).find_all(nodes.Extends):
        if isinstance(extends.template, nodes.Const):
            parent: str = extends.template.value
            return environment.join_path(parent, name)
    return None


def render_block(template: Template, block: str, variables: Mapping[str, Any]) -> str:
    """Return one block of a template, rendered.

    Raises:
        ValueError: there is no such block.
    """
    context, render = block_context(template, block, variables)
    try:
        return template.environment.concat(render(context))
    except Exception:
        template.environment.handle_exception()


async def render_block_async(template: Template, block: str, variables: Mapping[str, Any]) -> str:
    """Return one block of a template of an async environment, rendered.

    Raises:
        ValueError: there is no such block.
    """
    context, render = block_context(template, block, variables)
    parts: AsyncIterator[str] = render(context)
    try:
        return template.environment.concat([part async for part in parts])
    except Exception:
        template.environment.handle_exception()
