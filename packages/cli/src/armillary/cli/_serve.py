"""`armillary dev` and `armillary run`: an application over a server."""

from __future__ import annotations

import os
from typing import Any

import click

from ._address import free_address, url_of
from ._console import output
from ._errors import CommandError
from ._import_string import find_reference, load_application
from ._middleware_list import has_middleware
from ._options import address_options, application_options
from ._served import ServedApplication
from ._servers import SERVERS, choose_server


@click.command()
@application_options
@address_options
@click.option("--no-reload", is_flag=True, help="Do not restart when a file changes.")
def dev(reference: str | None, app_dir: str, host: str, port: int, no_reload: bool) -> None:
    """Serve APP while you write it: debug pages, restart when a file changes."""
    choose_server("uvicorn")
    reference = find_reference(reference, app_dir)
    host, port = free_address(host, port)
    served = ServedApplication(reference, app_dir, debug=True, url=url_of(host, port))
    if no_reload:
        load_application(served.reference, app_dir)
    stops = "Ctrl-C stops it" if no_reload else "a changed file restarts it, Ctrl-C stops it"
    output().print(f"Serving {served.reference} on [bold]{served.url}[/bold] ({stops})")
    served.publish()
    SERVERS["uvicorn"](host, port, reload=None if no_reload else os.path.realpath(app_dir), workers=1, access_log=True)


@click.command()
@application_options
@address_options
@click.option("--server", type=click.Choice([*SERVERS]), help="By default the one that is installed, uvicorn first.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option(
    "--trusted-proxies",
    envvar="FORWARDED_ALLOW_IPS",
    metavar="ADDRESSES",
    help="Addresses and networks of the proxies whose X-Forwarded headers are believed, between commas.",
)
@click.option("--access-log/--no-access-log", default=True, show_default=True, help="Log each request.")
def run(
    reference: str | None,
    app_dir: str,
    host: str,
    port: int,
    server: str | None,
    workers: int,
    trusted_proxies: str | None,
    access_log: bool,
) -> None:
    """Serve APP in production."""
    chosen = choose_server(server)
    loaded = load_application(reference, app_dir)
    if getattr(loaded.app, "debug", False) is True:
        raise CommandError(
            f"{loaded.reference} has debug=True, whose error pages show source to everybody; leave it out, "
            "armillary dev sets it"
        )
    proxies = _proxies(trusted_proxies, loaded.app)
    host, port = free_address(host, port)
    served = ServedApplication(loaded.reference, app_dir, url=url_of(host, port), trusted_proxies=proxies)
    processes = f", {workers} processes" if workers > 1 else ""
    output().print(f"Serving {served.reference} on [bold]{served.url}[/bold] by {chosen}{processes}")
    served.publish()
    SERVERS[chosen](host, port, workers=workers, access_log=access_log)


def _proxies(text: str | None, app: Any) -> list[str]:
    """Return the addresses of the proxies to trust.

    Raises:
        CommandError: they are none, or they are read twice.
    """
    trusted = [item.strip() for item in (text or "").split(",") if item.strip()]
    if not trusted:
        return []
    if has_middleware(app, "ProxyHeadersMiddleware"):
        raise CommandError(
            "the application has ProxyHeadersMiddleware, which reads these headers; leave out --trusted-proxies "
            "(and FORWARDED_ALLOW_IPS)"
        )
    if "*" in trusted:
        raise CommandError(
            "--trusted-proxies: every client could then claim any address; name the proxy's, such as 10.0.0.0/8"
        )
    try:
        from armillary.security import ProxyPolicy
    except ModuleNotFoundError as exc:
        raise CommandError("--trusted-proxies needs armillary-security; run: pip install armillary-security") from exc
    try:
        ProxyPolicy(trusted, "x-forwarded", trust_host=False)
    except ValueError as exc:
        raise CommandError(f"--{str(exc).replace('trusted', 'trusted-proxies', 1)}") from exc
    return trusted
