"""How many processes a command may read the database with."""

from __future__ import annotations

import click

from indexer.loading import processors

with_processes = click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=processors,
    show_default="one a processor",
    help="Processes that read the database where the index is built anew.",
)
"""The option `--processes` of a command that builds the index."""
