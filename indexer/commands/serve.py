"""`credmatch serve`: pages and API, with everything that keeps them up to date."""

from __future__ import annotations

import click

from app import Parts
from indexer.changes import catch_up
from indexer.commands.output import progress
from indexer.installation import opened_for_server
from indexer.sample.load import load_sample
from indexer.serve import bind, check_exposure, serve
from matcher.settings import read_settings
from matcher.store.changes import candidate_ids
from matcher.store.organisations import organisation

SAMPLE_CANDIDATES = 2_000
SAMPLE_SEED = 1


@click.command("serve")
@click.option("--host", help="Address to bind.  [default: CREDMATCH_HOST, else 127.0.0.1]")
@click.option("--port", type=int, help="Port to bind.  [default: CREDMATCH_PORT, else 8080]")
@click.option("--workers", type=int, help="Web worker processes.  [default: CREDMATCH_WORKERS, else 2]")
@click.option(
    "--sample", is_flag=True, help="Where nobody is in the pool, first load 2,000 fictional people."
)
def serve_(*, host: str | None, port: int | None, workers: int | None, sample: bool) -> None:
    """Serve pages and API until Ctrl-C or SIGTERM.

    \b
    Examples:
      credmatch serve --sample
      CREDMATCH_ACCESS_TOKEN=... credmatch serve --host 0.0.0.0 --port 9000

    Anything but loopback is refused unless CREDMATCH_ACCESS_TOKEN is set; every request must then carry it.
    """
    stated = {"host": host, "port": port, "workers": workers}
    settings = read_settings(**{name: value for name, value in stated.items() if value is not None})
    check_exposure(settings)
    try:
        with bind(settings) as listener:
            with opened_for_server(settings) as parts:
                if sample:
                    _load_sample(parts)
                catch_up(parts.database, parts.engine, settings.organisation)
                parts.vocabularies.get(settings.organisation)  # compiled once, before every worker asks
            serve(settings, listener)
    except KeyboardInterrupt:
        click.echo("credmatch has stopped", err=True)


def _load_sample(parts: Parts) -> None:
    """Load the fictional pool where nobody is in the pool, or where loading it was cut short."""
    unfinished = parts.settings.data_dir / "sample-unfinished"
    with parts.database.read() as connection:
        home = organisation(connection, parts.settings.organisation)
        empty = not candidate_ids(connection, home.id, 0, 1)
    if not empty and not unfinished.exists():
        return
    unfinished.touch()
    with progress("loading a fictional pool", "people") as step:
        load_sample(parts, SAMPLE_CANDIDATES, SAMPLE_SEED, step)
    unfinished.unlink()
