"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def application_options(function: F) -> F:
    """Add the argument APP and the option --app-dir."""
    function = click.option(
        "--app-dir", default=".", show_default=True, metavar="FOLDER", help="The folder that holds the module."
    )(function)
    return click.argument("reference", metavar="[APP]", required=False)(function)


def address_options(function: F) -> F:
    """Add the options --host and --port."""
    function = click.option(
        "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
    )(function)
    return click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")(function)


json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")
