"""How fast JSON Lines are imported: read, validated, stored with the change log, into an empty SQLite.

    python -m benchmarks.intake --candidates 100000 --seed 1

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


def main() -> None:
    """Measure, and print the figures."""
    asked = arguments(__doc__.splitlines()[0])
    one_each = ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1)
    with TemporaryDirectory(prefix="credmatch-intake-") as name, one_each as process:
        folder = Path(name)
        pool, quarter = folder / "pool", folder / "quarter"
        process.submit(_make_empty, [pool.with_suffix(".db"), quarter.with_suffix(".db")]).result()
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
                "file_bytes": pool.with_suffix(".jsonl").stat().st_size,
                "database_bytes": pool.with_suffix(".db").stat().st_size,
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


def _make_empty(paths: list[Path]) -> None:
    """Databases with the vocabulary that ships and one organisation."""
    database = Database(f"sqlite:///{paths[0]}")
    database.migrate()
    load_shipped(database)
    with database.write() as connection:
        create_organisation(connection, _KEY)
    database.close()
    for path in paths[1:]:
        shutil.copy(paths[0], path)


def _write(path: Path, candidates: int, seed: int) -> None:
    with path.with_suffix(".jsonl").open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in generate(candidates, seed))
    say(f"{path.name}: {candidates:,} candidates written")


def _import(path: Path) -> _Pass:
    told = 0

    def progress(done: int, _: int) -> None:
        nonlocal told
        if done - told >= _TELL_EVERY:
            told = done
            say(f"{done:,} awards, {done / (time.perf_counter() - started):,.0f} a second")

    database = Database(f"sqlite:///{path.with_suffix('.db')}")
    started, used = time.perf_counter(), time.process_time()
    done = import_files(database, _KEY, [path.with_suffix(".jsonl")], progress=progress)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    with database.read() as connection:
        changes = last_change(connection, organisation(connection, _KEY).id)
    database.close()
    say(f"{path.name}: {done} in {seconds:.1f} s")
    return _Pass(done, changes, seconds, used, peak_memory())


if __name__ == "__main__":
    main()
