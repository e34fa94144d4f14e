"""`credmatch sample`: a fictional pool of any size."""

from __future__ import annotations

from pathlib import Path

import click

from indexer.commands.output import progress
from indexer.installation import opened
from indexer.sample.load import load_sample
from indexer.sample.pool import generate
from matcher.settings import read_settings

SEED = 1
"""The seed of the pool that `serve --sample` loads."""


@click.command()
@click.option("--candidates", type=click.IntRange(min=1), required=True, help="How many people.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another seed gives other people.")
@click.option("--output", type=click.File("w", encoding="utf-8", lazy=True), default="-", help="Not to standard output.")
@click.option("--load", is_flag=True, help="Load the pool and a dozen positions instead of writing it.")
def sample(*, candidates: int, seed: int, output: click.utils.LazyFile, load: bool) -> None:
    """Write fictional people with credentials, a JSON document a line; the same for the same seed.

    \b
    Examples:
      credmatch sample --candidates 2000 --load
      credmatch sample --candidates 1000000 --seed 7 --output pool.jsonl
    """
    if not load:
        for line in generate(candidates, seed):
            output.write(f"{line}\n")
        return
    with opened(read_settings()) as parts, progress("loading the fictional pool", "candidates") as step:
        load_sample(parts, candidates, seed, step)
