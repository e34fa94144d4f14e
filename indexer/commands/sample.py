"""`credmatch sample`: a fictional pool of any size."""

from __future__ import annotations

import sys
from typing import TextIO

import click

from app import Parts
from indexer.changes import catch_up
from indexer.commands.output import count, progress
from indexer.commands.stored import stored
from indexer.installation import opened
from indexer.sample.load import load_sample
from indexer.sample.people import KEY_PREFIX
from indexer.sample.pool import generate
from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.settings import read_settings
from matcher.store.candidates import count_others
from matcher.store.organisations import organisation


@click.command()
@click.option("--candidates", type=click.IntRange(min=1), required=True, help="How many people.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed gives other people.")
@click.option("--output", type=click.File("w", encoding="utf-8", lazy=True), help="Where to write them.")
@click.option("--load", is_flag=True, help="Load them, with a dozen positions, instead of writing them.")
@click.option("--among-others", is_flag=True, help="Load them even where the pool holds other people.")
def sample(*, candidates: int, seed: int, output: TextIO | None, load: bool, among_others: bool) -> None:
    """Write fictional people with credentials, a JSON document a line; the same ones for the same seed.

    \b
    Examples:
      credmatch sample --candidates 2000 --load
      credmatch sample --candidates 1000000 --seed 7 --output pool.jsonl
    """
    if load and output is not None:
        raise click.UsageError("--load loads them into the database: it takes no --output")
    if load:
        with opened(read_settings(), create=True) as parts:
            if not among_others:
                _refuse_others(parts)
            with progress("loading the fictional pool", "people") as step:
                load_sample(parts, candidates, seed, step)
            with stored():
                catch_up(parts.database, parts.engine, parts.settings.organisation)
        return
    (output or sys.stdout).writelines(f"{line}\n" for line in generate(candidates, seed))


def _refuse_others(parts: Parts) -> None:
    with parts.database.read() as connection:
        home = organisation(connection, parts.settings.organisation)
        others = count_others(connection, home.id, KEY_PREFIX)
    if others:
        people = count(others, "person who is not", "people who are not")
        raise InvalidInput(
            said(
                "the pool holds %(people)s of the sample; --among-others loads it all the same", people=people
            )
        )
