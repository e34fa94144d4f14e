"""What commands write: results to standard output, progress and notes to standard error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_UNLIMITED = 10_000

Step = Callable[[int, int], None]
"""Told how much is done, and how much there is in all (0 where nobody knows)."""


def json_line(body: object) -> None:
    """Write one JSON document on a line of its own."""
    click.echo(json.dumps(body, ensure_ascii=False))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows under their columns' names; what is too wide for a terminal wraps there."""
    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        shown.add_row(*(Text(str(cell)) for cell in row))  # as it is: no markup, no :emoji: of a key
    console = Console()
    if not console.is_terminal:
        console = Console(width=_UNLIMITED, soft_wrap=True)
    console.print(shown) if shown.row_count else console.print("(none)")


@contextmanager
def progress(what: str, unit: str) -> Iterator[Step]:
    """Show a bar with count and rate on standard error while the block runs (in a file: its last state)."""
    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rate, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(what, total=None, rate="")

        def step(done: int, total: int) -> None:
            elapsed = bars.tasks[0].elapsed or 0
            rate = f"{done / elapsed:,.0f} {unit}/s" if elapsed else ""
            bars.update(task, completed=done, total=total or None, rate=rate)

        yield step


def count(number: int, one: str, many: str) -> str:
    """A number with the word for what it counts."""
    return f"{number:,} {one if number == 1 else many}"


def failed(message: str, code: int) -> int:
    """Say on one line of standard error what failed; the exit code."""
    click.echo(f"credmatch: {' '.join(message.split())}", err=True)
    return code
