"""`armillary check`: what is insecure, unreachable, not run or missing."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import click
from rich.text import Text

from ._console import output, print_json
from ._errors import is_user_file, place
from ._finding import Finding
from ._import_string import LoadedApplication, load_application
from ._options import application_options, json_option
from ._route_checks import check_routes
from ._security_checks import check_security
from ._source_checks import check_sources


@click.command()
@application_options
@json_option
@click.option("--strict", is_flag=True, help="Exit with 1 for advice too.")
@click.pass_context
def check(ctx: click.Context, reference: str | None, app_dir: str, as_json: bool, strict: bool) -> None:
    """Check APP for what is insecure, unreachable, not run or missing; exit with 1 if something is."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        loaded = load_application(reference, app_dir)
        findings = list(findings_about(loaded))
    findings += _deprecations(caught)
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        _print(loaded.reference, findings)
    ctx.exit(1 if any(finding.severity == "error" or strict for finding in findings) else 0)


def findings_about(loaded: LoadedApplication) -> Iterator[Finding]:
    """Yield everything found about an application, the most important first."""
    app = loaded.app
    yield from _construction(app)
    yield from check_security(app)
    yield from check_routes(app)
    yield from check_sources(loaded)


def _construction(app: Any) -> Iterator[Finding]:
    """Build the middleware, which otherwise happens at the first request."""
    build = getattr(app, "build_middleware_stack", None)
    if build is None:
        return
    try:
        build()
    except Exception as exc:
        sentence = f"the middleware cannot be constructed: {type(exc).__name__}: {exc}"
        yield Finding("middleware", "error", sentence, "correct the arguments in the list middleware=[...]")


def _deprecations(caught: list[warnings.WarningMessage]) -> Iterator[Finding]:
    for warning in caught:
        if issubclass(warning.category, DeprecationWarning) and is_user_file(warning.filename):
            where = place(warning.filename, warning.lineno)
            yield Finding("deprecated", "error", f"{where}: {warning.message}", "write what the sentence says instead")


def _print(reference: str, findings: list[Finding]) -> None:
    console = output()
    for finding in findings:
        style = "bold red" if finding.severity == "error" else "yellow"
        console.print(Text.assemble((finding.severity, style), f" {finding.kind}: {finding.sentence}"))
        console.print(Text(f"      fix: {finding.fix}", style="dim"))
    errors = sum(finding.severity == "error" for finding in findings)
    if findings:
        advice = len(findings) - errors
        counts = f"{errors} error{'s' * (errors != 1)}, {advice} piece{'s' * (advice != 1)} of advice"
        console.print(f"{reference}: {counts}.")
    else:
        console.print(f"{reference}: nothing to remark.")
