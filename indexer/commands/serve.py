"""`credmatch serve`: pages and API, with everything that keeps them up to date."""

from __future__ import annotations

import click

from indexer.serve import bind, check_exposure, serve, serve_follower
from matcher.logs import notice
from matcher.settings import read_settings


@click.command("serve")
@click.option("--host", help="Address to bind.  [default: CREDMATCH_HOST, else 127.0.0.1]")
@click.option("--port", type=int, help="Port to bind.  [default: CREDMATCH_PORT, else 8080]")
@click.option("--workers", type=int, help="Web worker processes.  [default: CREDMATCH_WORKERS, else 2]")
@click.option(
    "--sample", is_flag=True, help="Where nobody is in the pool, first load 2,000 fictional people."
)
@click.option(
    "--only",
    type=click.Choice(["web", "follower"]),
    help="A part of the server, where it is spread over several machines: pages and API, or what brings "
    "changes to the search index.",
)
def serve_(
    *, host: str | None, port: int | None, workers: int | None, sample: bool, only: str | None
) -> None:
    """Serve pages and API until Ctrl-C or SIGTERM.

    \b
    Examples:
      credmatch serve --sample
      CREDMATCH_ACCESS_TOKEN=... credmatch serve --host 0.0.0.0 --port 9000
      credmatch serve --only follower

    Anything but loopback is refused unless CREDMATCH_ACCESS_TOKEN is set; every request must then carry it.
    """
    stated = {"host": host, "port": port, "workers": workers}
    settings = read_settings(**{name: value for name, value in stated.items() if value is not None})
    if sample and only == "follower":
        raise click.UsageError("--sample is for what serves pages, not for --only follower")
    if only == "follower" and any(value is not None for value in stated.values()):
        raise click.UsageError("--only follower listens to nobody: it takes no --host, --port or --workers")
    try:
        if only == "follower":
            serve_follower(settings)
        check_exposure(settings)
        with bind(settings) as listener:
            serve(settings, listener, sample=sample, follower=only is None)
    except KeyboardInterrupt:
        notice("credmatch has stopped")
