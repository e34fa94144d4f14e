"""How fast JSON Lines are imported: read, validated, stored with the change log, into an empty database.

    python -m benchmarks.intake --candidates 100000 --seed 1
    python -m benchmarks.intake --candidates 100000 --seed 1 --postgresql postgresql://USER@HOST/DATABASE

imports a quarter of the fictional pool into one database, then all of it into another, and that a second
time, each in a process of its own. The second pass must change nothing, and the peak of memory must not grow
with the file: `memory_growth_bytes` is the peak of the whole pool over that of the quarter. An import is one
thread: `first_pass_cpu_ms` is what it took of a processor, whatever else the machine had to do.
"""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.measure import arguments, peak_memory, report, say
from indexer.ingest import Report, import_files
from indexer.sample.pool import generate
from indexer.vocabulary import load_shipped
from matcher.store.changes import last_change
from matcher.store.database import Database
from matcher.store.organisations import create_organisation, organisation

_KEY = "default"
_TELL_EVERY = 100_000


@dataclass(frozen=True, slots=True)
class _Pass:
    """One import: what it did, the changes in the log after it, seconds, and its process's peak in bytes."""

    report: Report
    changes: int
    seconds: float
    cpu_seconds: float
    peak: int


@dataclass(frozen=True, slots=True)
class _Place:
    """A file of records, and its database: an SQLite file beside it, or one of `server`."""

    path: Path
    server: str

    @property
    def file(self) -> Path:
        return self.path.with_suffix(".jsonl")

    @property
    def name(self) -> str:
        """Of the database on the server, the same in every process."""
        return f"{self.path.parent.name}-{self.path.name}"

    @property
    def url(self) -> str:
        if not self.server:
            return f"sqlite:///{self.path.with_suffix('.db')}"
        return make_url(self.server).set(database=self.name).render_as_string(hide_password=False)

    def create(self, template: str) -> None:
        self._administer(f'CREATE DATABASE "{self.name}" TEMPLATE "{template}"')

    def drop(self) -> None:
        self._administer(f'DROP DATABASE "{self.name}"')

    def size(self) -> int:
        """Bytes of the database."""
        if not self.server:
            return self.path.with_suffix(".db").stat().st_size
        with psycopg.connect(self.server) as connection:
            [size] = connection.execute("SELECT pg_database_size(%s)", (self.name,)).fetchone() or (0,)
        return int(size)

    def _administer(self, statement: str) -> None:
        if self.server:
            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(statement.encode())


def main() -> None:
    """Measure, and print the figures."""
    asked = arguments(__doc__.splitlines()[0], databases=True)
    one_each = ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1)
    with TemporaryDirectory(prefix="credmatch-intake-") as name, one_each as process:
        folder = Path(name)
        pool, quarter = (
            _Place(folder / "pool", asked.postgresql),
            _Place(folder / "quarter", asked.postgresql),
        )
        process.submit(_make_empty, pool, quarter).result()
        process.submit(_write, pool, asked.candidates, asked.seed).result()
        process.submit(_write, quarter, max(1, asked.candidates // 4), asked.seed).result()
        small, first, second = (process.submit(_import, path).result() for path in (quarter, pool, pool))
        if (second.report.awards_unchanged, second.changes) != (first.report.awards, first.changes):
            raise SystemExit(f"the second pass changed something: {second}")
        report(
            {
                "candidates": asked.candidates,
                "seed": asked.seed,
                "awards": first.report.awards,
                "file_bytes": pool.file.stat().st_size,
                "database_bytes": pool.size(),
                "changes_logged": first.changes,
                "first_pass_ms": first.seconds * 1_000,
                "first_pass_cpu_ms": first.cpu_seconds * 1_000,
                "awards_a_second": first.report.awards / first.seconds,
                "second_pass_ms": second.seconds * 1_000,
                "second_pass_awards_a_second": second.report.awards / second.seconds,
                "peak_memory_bytes": first.peak,
                "memory_growth_bytes": first.peak - small.peak,
            }
        )
        pool.drop()
        quarter.drop()


def _make_empty(first: _Place, second: _Place) -> None:
    """Databases with the vocabulary that ships and one organisation."""
    first.create("template1")
    database = Database(first.url)
    database.migrate()
    load_shipped(database)
    with database.write() as connection:
        create_organisation(connection, _KEY)
    database.close()
    if first.server:
        second.create(first.name)
    else:
        shutil.copy(first.path.with_suffix(".db"), second.path.with_suffix(".db"))


def _write(place: _Place, candidates: int, seed: int) -> None:
    with place.file.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in generate(candidates, seed))
    say(f"{place.path.name}: {candidates:,} candidates written")


def _import(place: _Place) -> _Pass:
    told = 0

    def progress(done: int, _: int) -> None:
        nonlocal told
        if done - told >= _TELL_EVERY:
            told = done
            say(f"{done:,} awards, {done / (time.perf_counter() - started):,.0f} a second")

    database = Database(place.url)
    started, used = time.perf_counter(), time.process_time()
    done = import_files(database, _KEY, [place.file], progress=progress)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    with database.read() as connection:
        changes = last_change(connection, organisation(connection, _KEY).id)
    database.close()
    say(f"{place.path.name}: {done} in {seconds:.1f} s")
    return _Pass(done, changes, seconds, used, peak_memory())


if __name__ == "__main__":
    main()
