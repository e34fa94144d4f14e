"""`credmatch make-ready`: what a server needs before it answers, as `credmatch serve` starts it."""

from __future__ import annotations

import click

from app import Parts
from indexer.changes import catch_up
from indexer.commands.output import progress
from indexer.installation import opened
from indexer.sample.load import load_sample
from indexer.serve import end_with_parent
from matcher.errors import Unavailable
from matcher.logs import notice
from matcher.settings import read_settings
from matcher.store.changes import candidate_ids
from matcher.store.organisations import organisation

SAMPLE_CANDIDATES = 2_000
SAMPLE_SEED = 1


@click.command(hidden=True)
@click.option("--sample", is_flag=True, help="Where nobody is in the pool, load 2,000 fictional people.")
@click.option("--until-eof", is_flag=True, help="Stop when standard input ends.")
def make_ready(*, sample: bool, until_eof: bool) -> None:
    """Bring database, vocabulary and index up to date; `credmatch serve` starts with it.

    \b
    Example:
      credmatch make-ready --sample
    """
    if until_eof:
        end_with_parent()
    with opened(read_settings(), create=True) as parts:
        if sample:
            _load_sample(parts)
        try:
            catch_up(parts.database, parts.engine, parts.settings.organisation)
        except Unavailable as error:  # the follower catches up; until then those who search are told
            notice(f"credmatch: {error}; it starts without the search index")
        parts.vocabularies.get(parts.settings.organisation)  # compiled once, before every worker asks


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
