"""How fast JSON Lines are imported: read, validated, stored with the change log, into an empty SQLite.

    python -m benchmarks.intake --candidates 100000 --seed 1

imports a quarter of the fictional pool into one database, then all of it into another, and that a second
time. The second pass must change nothing, and the peak of memory must not grow with the file:
`memory_growth_bytes` is the peak of the whole pool over that of the quarter. An import is one thread:
`first_pass_cpu_ms` is what it took of a processor, whatever else the machine had to do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import arguments, peak_memory, report, say
from indexer.ingest import Report, import_files
from indexer.sample.pool import generate
from indexer.vocabulary import load_shipped
from matcher.store.changes import last_change
from matcher.store.database import Database
from matcher.store.organisations import create_organisation, organisation

_KEY = "default"
_TELL_EVERY = 100_000


def main() -> None:
    """Measure, and print the figures."""
    asked = arguments(__doc__.splitlines()[0])
    with TemporaryDirectory(prefix="credmatch-intake-") as name:
        folder = Path(name)
        pool, quarter = folder / "pool.jsonl", folder / "quarter.jsonl"
        _write(pool, asked.candidates, asked.seed)
        _write(quarter, max(1, asked.candidates // 4), asked.seed)
        with _empty(folder / "quarter.db") as database:
            _import(database, quarter)
        before = peak_memory()
        with _empty(folder / "pool.db") as database:
            used = time.process_time()
            first, first_seconds = _import(database, pool)
            used = time.process_time() - used
            changes = _changes(database)
            second, second_seconds = _import(database, pool)
            if (second.awards_unchanged, _changes(database)) != (first.awards, changes):
                raise SystemExit(f"the second pass changed something: {second}")
        report(
            {
                "candidates": asked.candidates,
                "seed": asked.seed,
                "awards": first.awards,
                "file_bytes": pool.stat().st_size,
                "database_bytes": (folder / "pool.db").stat().st_size,
                "changes_logged": changes,
                "first_pass_ms": first_seconds * 1_000,
                "first_pass_cpu_ms": used * 1_000,
                "awards_a_second": first.awards / first_seconds,
                "second_pass_ms": second_seconds * 1_000,
                "second_pass_awards_a_second": second.awards / second_seconds,
                "peak_memory_bytes": peak_memory(),
                "memory_growth_bytes": peak_memory() - before,
            }
        )


def _write(path: Path, candidates: int, seed: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in generate(candidates, seed))
    say(f"wrote {candidates:,} candidates, {path.stat().st_size:,} bytes")


@contextmanager
def _empty(path: Path) -> Iterator[Database]:
    """A database with the vocabulary that ships and one organisation."""
    database = Database(f"sqlite:///{path}")
    try:
        database.migrate()
        load_shipped(database)
        with database.write() as connection:
            create_organisation(connection, _KEY)
        yield database
    finally:
        database.close()


def _import(database: Database, path: Path) -> tuple[Report, float]:
    told = 0

    def progress(done: int, _: int) -> None:
        nonlocal told
        if done - told >= _TELL_EVERY:
            told = done
            say(f"{done:,} awards, {done / (time.perf_counter() - started):,.0f} a second")

    started = time.perf_counter()
    done = import_files(database, _KEY, [path], progress=progress)
    seconds = time.perf_counter() - started
    say(f"{path.name}: {done} in {seconds:.1f} s")
    return done, seconds


def _changes(database: Database) -> int:
    with database.read() as connection:
        return last_change(connection, organisation(connection, _KEY).id)


if __name__ == "__main__":
    main()
