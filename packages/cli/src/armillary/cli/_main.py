"""The group of all commands: its own, and those that installed packages provide."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points, version

import click

from ._check import check
from ._console import print_error
from ._errors import CommandError
from ._new import new
from ._parts import COMMAND_PACKAGES
from ._routes import routes
from ._serve import dev, run
from ._shell import shell

_OWN: tuple[click.Command, ...] = (new, dev, run, routes, check, shell)
_SENTENCES = {"worker": "Run durable tasks.", "openapi": "Write the OpenAPI document."}


class _Commands(click.Group):
    """The commands of this package and, by the entry-point group `armillary.commands`, of others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.commands, *sorted(_entry_points().keys() - self.commands.keys())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            return found
        entry_point = _entry_points().get(cmd_name)
        return None if entry_point is None else _foreign_command(entry_point)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        package = COMMAND_PACKAGES.get(args[0])
        if package is not None and self.get_command(ctx, args[0]) is None:
            raise CommandError(
                f"the command {args[0]} is in {package}, which is not installed; run: pip install {package}"
            )
        return super().resolve_command(ctx, args)


def _entry_points() -> dict[str, EntryPoint]:
    return {found.name: found for found in entry_points(group="armillary.commands")}


def _foreign_command(entry_point: EntryPoint) -> click.Command:
    """Return a command that hands all its arguments to a function, and exits with the code it returns."""

    @click.command(
        entry_point.name,
        help=_SENTENCES.get(
            entry_point.name, f"Provided by {entry_point.dist.name if entry_point.dist else 'a package'}."
        ),
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
        add_help_option=False,
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    @click.pass_context
    def command(ctx: click.Context, arguments: tuple[str, ...]) -> None:
        try:
            function: Callable[[list[str]], int] = entry_point.load()
        except (ImportError, AttributeError) as exc:
            raise CommandError(f"the command {entry_point.name} cannot be loaded: {exc}") from exc
        ctx.exit(function(list(arguments)))

    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("armillary-cli"), prog_name="armillary", message="%(prog)s %(version)s")
@click.option("--traceback", "shows_traceback", is_flag=True, help="Show the traceback below the sentence of an error.")
def _armillary(shows_traceback: bool) -> None:
    """Serve, list, check and explore ASGI applications, and begin new ones."""


for _command in _OWN:
    _armillary.add_command(_command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the `armillary` command.

    Args:
        argv: the arguments after the command's name; those of the process by default.

    Returns:
        The exit code: 0; 1 when something is wrong, said in one sentence on the standard error; 2 for arguments that
        the command does not take.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        result = _armillary.main(arguments, prog_name="armillary", standalone_mode=False)
    except CommandError as exc:
        if "--traceback" in arguments:
            traceback.print_exception(exc)
        print_error(str(exc))
        return 1
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    return result if isinstance(result, int) else 0
