"""What Prometheus reads at /metrics: what this server's workers counted, and how its parts are just now.

Each worker process counts into files of its own in one folder, and whichever is asked adds them up. What
belongs to the installation (the index's lag and age, the quarantine) is measured when it is asked for, by the
worker that answers, so no number is stale and no other process has to be asked.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from matcher.health import Copy, Health, Stored
from matcher.stages import Timing

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STAGE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_SCORED = (10, 50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000)

_DEAD = 0  # no process has this number
_LOCK = "lock"

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Metrics:
    """Counts answers and matches. `folder`: where several processes count together; None counts in here."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._counted = counted = CollectorRegistry()
        self._requests = Counter(
            "credmatch_requests", "Requests answered, by the rule of their address, never the address.",
            ("method", "route", "status"), registry=counted,
        )  # fmt: skip
        self._latency = Histogram(
            "credmatch_request_seconds", "Time to an answer.",
            ("method", "route"), registry=counted, buckets=_SECONDS,
        )  # fmt: skip
        self._stages = Histogram(
            "credmatch_match_stage_seconds", "Time of each stage of a match: plan, recall, score, explain.",
            ("stage",), registry=counted, buckets=_STAGE_SECONDS,
        )  # fmt: skip
        self._scored = Histogram(
            "credmatch_match_scored_candidates", "Candidates scored from the truth in a match.",
            registry=counted, buckets=_SCORED,
        )  # fmt: skip

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(method, route).observe(seconds)

    def matched(self, timing: Timing) -> None:
        """Count a match."""
        for stage, seconds in timing.seconds.items():
            self._stages.labels(stage).observe(seconds)
        self._scored.observe(timing.scored)

    def page(self, health: Health) -> bytes:
        """All of it in Prometheus's text format, with how the parts are just now."""
        registry = CollectorRegistry()
        registry.register(_State(health))
        now = generate_latest(registry)
        if self._folder is None:
            return generate_latest(self._counted) + now
        registry = CollectorRegistry()
        with _locked(self._folder, fcntl.LOCK_SH):
            MultiProcessCollector(registry, str(self._folder))
            return generate_latest(registry) + now


def keep_counts(folder: Path, process: int) -> None:
    """Add what a process that is gone counted to what all those counted, so that its files do not pile up."""
    with _locked(folder, fcntl.LOCK_EX):
        for file in folder.glob(f"*_{process}.db"):
            kept = MmapedDict(str(file.with_name(f"{file.name.partition('_')[0]}_{_DEAD}.db")))
            for key, value in _values(file):
                kept.write_value(key, kept.read_value(key)[0] + value, 0.0)
            kept.close()
            file.unlink()


def _values(file: Path) -> list[tuple[str, float]]:
    """What a file holds; nothing where its process was killed before it was whole."""
    try:
        return [(key, value) for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file))]
    except (struct.error, ValueError, RuntimeError):
        return []


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, how)
        yield
    finally:
        os.close(lock)


class _State(Collector):
    """The parts as they are at the moment; of one that does not answer only that."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """Measure."""
        stored = _asked(self._health.stored.ask)
        ready = stored is not None and stored.schema.current
        yield _gauge("database_up", "1 where the database answers and is migrated.", int(ready))
        copy = _asked(self._health.copy.ask) if ready else None
        answers = copy is not None and copy.state is not None
        yield _gauge("index_up", "1 where a search index answers.", int(answers))
        if stored is not None and ready:
            yield from _stored(stored)
        if copy is not None:
            yield from _copied(copy)


def _stored(stored: Stored) -> Iterator[Metric]:
    changes = "Number of the last change; its rate is that of imports and other changes."
    yield CounterMetricFamily("credmatch_changes", changes, value=stored.last_change)
    yield _gauge("quarantined_records", "Records that wait to be mended.", stored.quarantined)


def _copied(copy: Copy) -> Iterator[Metric]:
    now = time.time()
    changes = "Changes that the index does not have yet, counted up to 100,000."
    yield _gauge("index_behind_changes", changes, copy.behind.changes)
    if copy.behind.seconds is not None:
        yield _gauge("index_behind_seconds", "Age of the first such change.", copy.behind.seconds)
    if copy.state is not None:
        yield _gauge("index_candidates", "Candidates that the index holds.", copy.state.documents)
        yield _gauge("index_floor_age_seconds", "Age of the index's floor day.", now - copy.state.floor)
    if copy.description is not None and copy.description.built is not None:
        age = now - copy.description.built
        yield _gauge("index_generation_age_seconds", "Time since the index was built anew.", age)


def _gauge(name: str, meaning: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"credmatch_{name}", meaning, value=value)


def _asked(ask: Callable[[], _T]) -> _T | None:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - a broken part must not hide what the others say
        _log.warning("measuring: a part does not answer", exc_info=error)
        return None
