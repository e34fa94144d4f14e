"""How long `credmatch reindex` takes, and what memory, with a quarter of a pool and with all of it.

    python -m benchmarks.rebuild --candidates 100000
    python -m benchmarks.servers -- python -m benchmarks.rebuild --candidates 100000

The first on SQLite and the embedded engine, the second from PostgreSQL to Elasticsearch; in general on what
CREDMATCH_DATABASE_URL and CREDMATCH_ELASTICSEARCH_URL name, whose organisation must be empty. Timed is the
whole process, its start and the reading back of every row included. Memory is what the process and those
that it starts hold together at any time, files that they map left out: `reindex` maps the index that it
writes, and the system takes those pages back when it needs them.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
import time

import psutil
from sqlalchemy import text

from app import Parts
from benchmarks.measure import arguments, data_folder, report, say
from benchmarks.pool import fill
from indexer.installation import opened
from matcher.search.elastic_access import access_of
from matcher.search.elastic_client import Cluster
from matcher.settings import Settings, read_settings
from matcher.store.database import Connection

_LOOK_SECONDS = 0.2
_REINDEX = [sys.executable, "-m", "indexer.cli", "reindex", "--json"]


class Memory(threading.Thread):
    """The most bytes that a process and its descendants held together. Ends with the process."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(process)
        self.peak = 0

    def run(self) -> None:
        """Look again and again."""
        while self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE:
            try:
                family = [self._process, *self._process.children(recursive=True)]
                self.peak = max(self.peak, sum(_held(process) for process in family))
            except psutil.NoSuchProcess:
                continue
            time.sleep(_LOOK_SECONDS)


def _held(process: psutil.Process) -> int:
    """Bytes of a process without the files that it maps, where the system tells them apart."""
    memory = process.memory_info()
    held: int = memory.rss - getattr(memory, "shared", 0)
    return held


def main() -> None:
    """Fill a quarter, rebuild, fill the rest, rebuild, report."""
    asked = arguments(__doc__.splitlines()[0])
    with data_folder():
        quarter, _ = measure(max(1, asked.candidates // 4), asked.seed)
        whole, engine = measure(asked.candidates, asked.seed)
    figures: dict[str, float | int | str] = {"engine": engine, "candidates": asked.candidates}
    figures |= {"seed": asked.seed, **whole}
    report(figures | {f"quarter_{name}": value for name, value in quarter.items()})


def measure(candidates: int, seed: int) -> tuple[dict[str, float | int], str]:
    """The figures of a rebuild with so many people, and which engine it was."""
    with opened(read_settings(), create=True) as parts:
        fill(parts, candidates, seed, int(time.time()))
    begun, used = time.perf_counter(), _cpu_seconds()
    process = subprocess.Popen(_REINDEX, stdout=subprocess.PIPE)
    memory = Memory(process.pid)
    memory.start()
    written, _ = process.communicate()
    seconds = time.perf_counter() - begun
    if process.returncode or json.loads(written)["documents"] != candidates:
        raise SystemExit(f"reindex ended with {process.returncode}: {written.decode()}")
    memory.join()
    say(f"{candidates:,} people: {seconds:.1f} s")
    with opened(read_settings()) as parts, parts.database.read() as connection:
        database = _database_bytes(connection)
        index = _index_bytes(parts)
        engine = type(parts.engine).__name__
    figures: dict[str, float | int] = {
        "seconds": seconds,
        "cpu_seconds": _cpu_seconds() - used,
        "peak_memory_bytes": memory.peak,
        "database_bytes": database,
        "index_bytes": index,
        "index_bytes_per_candidate": index / candidates,
    }
    return figures, engine


def _cpu_seconds() -> float:
    """What processes that have ended took of a processor, with theirs; servers are not among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _database_bytes(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        statement = "SELECT pg_database_size(current_database())"
    else:
        statement = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    size: int = connection.execute(text(statement)).scalar_one()
    return size


def _index_bytes(parts: Parts) -> int:
    """Bytes of the generation that answers."""
    settings = parts.settings
    if settings.elasticsearch_url:
        return stored_bytes(settings, f"{settings.elasticsearch_prefix}.{settings.organisation}")
    state = parts.engine.state(settings.organisation)
    (folder,) = settings.index_dir.rglob(state.generation if state else "")
    return sum(path.stat().st_size for path in folder.iterdir())


def stored_bytes(settings: Settings, index: str) -> int:
    """Bytes of an index of Elasticsearch on one node, copies on others left out."""
    cluster = Cluster(access_of(settings))
    cluster.ask("POST", f"/{index}/_flush")
    size: int = cluster.ask("GET", f"/{index}/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"]
    cluster.close()
    return size


if __name__ == "__main__":
    main()
