"""What every benchmark shares: its arguments, its one line of figures, and how it measures."""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a benchmark is asked for: how many candidates, the seed of its sample pool, and where it can be
    chosen, the PostgreSQL that it runs on ("" for SQLite), and whether it takes the pool that is there."""

    candidates: int
    seed: int
    postgresql: str = ""
    stored: bool = False


def arguments(description: str, *, databases: bool = False, stored: bool = False) -> Arguments:
    """Read `--candidates N --seed S` from the command line, with `databases` `--postgresql URL` too, and with
    `stored` `--stored`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--candidates", type=int, default=20_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default: %(default)s")
    if databases:
        parser.add_argument("--postgresql", default="", metavar="URL", help="of who may create databases")
    if stored:
        parser.add_argument("--stored", action="store_true", help="take the pool that is there")
    given = parser.parse_args()
    if given.candidates < 1:
        parser.error("--candidates: must be at least 1")
    return Arguments(
        given.candidates, given.seed, getattr(given, "postgresql", ""), getattr(given, "stored", False)
    )


@contextmanager
def data_folder() -> Iterator[None]:
    """Work in the data folder that the environment names, else in one that is gone afterwards."""
    if "CREDMATCH_DATA_DIR" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="credmatch-benchmark-") as folder:
        os.environ["CREDMATCH_DATA_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["CREDMATCH_DATA_DIR"]


def report(figures: Mapping[str, float | int | str]) -> None:
    """Print the figures as the last line of standard output, one JSON object; floats to three digits."""
    rounded = {
        name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()
    }
    print(json.dumps(rounded), flush=True)


def say(text: str) -> None:
    """Tell on standard error how far the benchmark is."""
    print(text, file=sys.stderr, flush=True)


def peak_memory() -> int:
    """The most memory, in bytes, that this process held at any time (its resident set)."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` (0 to 1) of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
