"""What commands write: results to standard output, progress and notes to standard error."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from matcher.logs import notice

_UNLIMITED = 10_000

Step = Callable[[int, int], None]
"""Told how much is done, and how much there is in all (0 where nobody knows)."""


def json_line(body: object) -> None:
    """Write one JSON document on a line of its own."""
    text = json.dumps(body, ensure_ascii=False)
    # Half of a surrogate pair, which JSON may escape, is no text that can be written as it is.
    click.echo(text if _writable(text) else json.dumps(body))


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
    """Show a bar with count and rate on standard error while the block runs; none where it has nothing to do.

    Where standard error is no terminal, one line at the end says how far it came.
    """
    console = Console(stderr=True)
    with _drawn(console, what, unit) if console.is_terminal else _written(what, unit) as step:
        yield step


@contextmanager
def _written(what: str, unit: str) -> Iterator[Step]:
    started = time.monotonic()
    last: tuple[int, int] | None = None

    def step(done: int, total: int) -> None:
        nonlocal last
        last = done, total

    try:
        yield step
    finally:
        if last is not None and any(last):
            done, total = last
            of = f" of {total:,}" if total else ""
            notice(f"{what}: {done:,}{of} {unit}{_rate(done, started, unit)}")


@contextmanager
def _drawn(console: Console, what: str, unit: str) -> Iterator[Step]:
    speed = TextColumn("{task.fields[rate]}")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        speed,
        TimeElapsedColumn(),
    )
    started = time.monotonic()
    bars = Progress(*columns, console=console)
    task = bars.add_task(what, total=None, rate="")

    def step(done: int, total: int) -> None:
        if done or total:
            bars.start()
        bars.update(
            task, completed=done, total=total or None, rate=_rate(done, started, unit).removeprefix(", ")
        )

    try:
        yield step
    finally:
        bars.stop()


def _rate(done: int, started: float, unit: str) -> str:
    """How many a second, where that is one at least."""
    a_second = round(done / max(time.monotonic() - started, 0.001))
    return f", {a_second:,} {unit}/s" if a_second else ""


def count(number: int, one: str, many: str) -> str:
    """A number with the word for what it counts."""
    return f"{number:,} {one if number == 1 else many}"


def failed(message: str, code: int) -> int:
    """Say on one line of standard error what failed; the exit code."""
    notice(f"credmatch: {' '.join(message.split())}")
    return code
