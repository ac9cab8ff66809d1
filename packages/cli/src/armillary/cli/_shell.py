"""`armillary shell`: Python with the application and a client at hand."""

from __future__ import annotations

import code
import sys
from contextlib import ExitStack
from typing import Any

import click

from ._errors import CommandError
from ._import_string import load_application
from ._options import application_options


@click.command()
@application_options
@click.option("-c", "--command", "statement", help="Run this statement and leave.")
@click.option("--no-lifespan", is_flag=True, help="Do not run the lifespan of the application.")
def shell(reference: str | None, app_dir: str, statement: str | None, no_lifespan: bool) -> None:
    """Open Python with `app` and `client`, which sends requests to it without a server.

    The lifespan has run, so databases are open; it ends when you leave.
    """
    loaded = load_application(reference, app_dir)
    try:
        from armillary.testing import TestClient
    except ModuleNotFoundError as exc:
        raise CommandError('the shell needs a client; run: pip install "armillary-cli[shell]"') from exc
    with ExitStack() as stack:
        client = TestClient(loaded.app)
        if not no_lifespan:
            try:
                stack.enter_context(client)
            except Exception as exc:
                raise CommandError(
                    f"the lifespan of {loaded.reference} raised {type(exc).__name__}: {exc}; correct it, or leave it "
                    "out with --no-lifespan"
                ) from exc
        names: dict[str, Any] = {**vars(loaded.module), "app": loaded.app, "client": client}
        if statement is not None:
            exec(compile(statement, "<command>", "single"), names)  # noqa: S102 - it is what the user typed
            return
        if sys.stdin.isatty():
            import readline
            import rlcompleter

            readline.set_completer(rlcompleter.Completer(names).complete)
            readline.parse_and_bind("tab: complete")
        banner = f'app is {loaded.reference}; client sends requests to it: client.get("/")'
        code.interact(banner, local=names, exitmsg="")
