"""How soon a change is found: from its commit until the index that answers holds it, under steady writing.

    python -m benchmarks.changes --candidates 100000 --rate 200 --seconds 60

Fills a pool, builds its index, starts `credmatch follow` as a process of its own, then commits `--rate`
changes a second, each a person's award that gets another expiry. Database, engine and data folder are those
of the environment, which must hold nobody yet, or what `benchmarks.rebuild` left there; without them SQLite
and the embedded engine, in a folder of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time

from sqlalchemy import select, update

from app import Parts
from benchmarks.measure import data_folder, percentile, report, say
from benchmarks.pool import fill
from indexer.changes import catch_up
from indexer.installation import opened
from matcher.settings import read_settings
from matcher.store import tables as t
from matcher.store.changes import last_change, log_changes
from matcher.store.organisations import organisation

_LOOK_SECONDS = 0.01
_LONGEST_WAIT = 60.0


class Watch(threading.Thread):
    """Looks which change the index holds by now; gives the seconds from each commit to its being found."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(daemon=True)
        self._parts = parts
        self._waiting: list[tuple[int, float]] = []
        self._done = False
        self.took: list[float] = []

    def committed(self, number: int) -> None:
        """A change was committed just now."""
        self._waiting.append((number, time.perf_counter()))

    def run(self) -> None:
        """Until no more will come and nothing waits any longer."""
        while self._waiting or not self._done:
            state = self._parts.engine.state(self._parts.settings.organisation)
            now = time.perf_counter()
            while self._waiting and state is not None and self._waiting[0][0] <= state.change_number:
                self.took.append(now - self._waiting.pop(0)[1])
            time.sleep(_LOOK_SECONDS)

    def all_found(self, seconds: float) -> list[float]:
        """What all changes took, once each is found; where one is not, for any reason, no figure is given."""
        self._done = True
        self.join(seconds)
        if self._waiting or self.is_alive():
            written = len(self.took) + len(self._waiting)
            sys.exit(f"of {written} changes {len(self._waiting)} were not found within {seconds:g} s")
        return self.took


def main() -> None:
    """Fill, build, write, watch, report."""
    parser = argparse.ArgumentParser(description="Time how soon a change is found.")
    parser.add_argument("--candidates", type=int, default=20_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--rate", type=int, default=200, help="changes a second; default: %(default)s")
    parser.add_argument("--seconds", type=int, default=30, help="for so long; default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default: %(default)s")
    asked = parser.parse_args()
    with data_folder(), opened(read_settings(), create=True) as parts:
        fill(parts, asked.candidates, asked.seed, int(time.time()))
        catch_up(parts.database, parts.engine, parts.settings.organisation)
        say("the index is built")
        took, late = measure(parts, asked.rate, asked.seconds)
        kind = type(parts.engine).__name__
    report(
        {
            "engine": kind,
            "candidates": asked.candidates,
            "changes": len(took),
            "rate": asked.rate,
            "behind_plan_p99_ms": percentile(late, 0.99) * 1_000,
            "found_p50_ms": percentile(took, 0.5) * 1_000,
            "found_p99_ms": percentile(took, 0.99) * 1_000,
            "found_max_ms": max(took) * 1_000,
        }
    )


def measure(parts: Parts, rate: int, seconds: int) -> tuple[list[float], list[float]]:
    """Seconds until each change was found, and how late each was written against the plan."""
    with parts.database.read() as connection:
        home = organisation(connection, parts.settings.organisation)
        a = t.awards.c
        held = connection.execute(
            select(a.id, a.candidate_id)
            .where(a.organisation_id == home.id)
            .order_by(a.id)
            .limit(rate * seconds)
        ).all()
    follower = subprocess.Popen([sys.executable, "-m", "indexer.cli", "follow"])
    watch = Watch(parts)
    watch.start()
    late: list[float] = []
    try:
        time.sleep(5)
        begun = time.perf_counter()
        for number, (award, candidate) in enumerate(held):
            due = begun + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            with parts.database.write() as connection:
                connection.execute(
                    update(t.awards)
                    .where(a.id == award)
                    .values(expires=int(time.time()) + 86_400 * (number % 500))
                )
                log_changes(connection, home.id, candidates=[candidate])
                change = last_change(connection, home.id)
            watch.committed(change)
            late.append(time.perf_counter() - due)
        return watch.all_found(_LONGEST_WAIT), late
    finally:
        follower.terminate()
        follower.wait(30)


if __name__ == "__main__":
    main()
