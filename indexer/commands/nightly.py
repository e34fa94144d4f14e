"""`credmatch nightly`: what an operator schedules once a day."""

from __future__ import annotations

from pathlib import Path

import click

from indexer.commands.output import json_line
from indexer.commands.processes import with_processes
from indexer.installation import opened
from indexer.nightly import Summary, nightly, write_metrics
from matcher.settings import read_settings

FAILED = 1
DIFFERED = 8


@click.command("nightly")
@click.option(
    "--metrics",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write a text file for Prometheus's node exporter.",
)
@with_processes
def nightly_(*, metrics: Path | None, processes: int) -> int:
    """Do what is due once a day, and write one JSON summary: read what waits, bring the index up to date or
    build it anew, verify and mend it, prune, report quarantine. Safe to start twice: the second does nothing.

    \b
    Examples:
      credmatch nightly
      credmatch nightly --metrics /var/lib/node_exporter/credmatch.prom

    \b
    Exit codes: 0 all well, or another run is at it; 1 a step failed (the summary says which and why);
    8 the index was damaged or differed from the database, and was mended; 5 the database does not answer at
    the start, or the metrics cannot be written.
    """
    if metrics is not None and not metrics.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {metrics.parent}", param_hint="--metrics")
    with opened(read_settings()) as parts:
        summary = nightly(parts, processes=processes)
    json_line(summary.json())
    if metrics is not None and not summary.skipped:
        write_metrics(summary, metrics)
    return exit_code(summary)


def exit_code(summary: Summary) -> int:
    """What a night ends with."""
    if not summary.ok:
        return FAILED
    return DIFFERED if summary.differing or summary.damaged else 0
