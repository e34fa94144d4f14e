"""The nightly job: what is due once a day, one step after the other, each whatever became of the last.

read      what waits to be read from its words; and anew, what an earlier model or vocabulary read
competencies  their index in Elasticsearch, where that is used, built anew where it is of others
index     caught up; or built anew where the day, the vocabulary, the model or the layout changed
switch    what was read anew counts from now on, all at once: the index bounds it already
verify    the index compared with the database row by row, and mended
prune     changes that no index needs any longer, and vectors of models that nobody uses
quarantine  how many records wait to be mended, why, and how many of them are new
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from app import Parts
from indexer.changes import catch_up
from indexer.readings import read_anew, read_pending, read_positions_anew, switch_readings
from indexer.rebuild import Terms, quiet, rebuild, today
from indexer.verifying import verify_index
from indexer.vocabulary import encode_pending
from matcher.errors import CredmatchError, Damaged, Unavailable
from matcher.logs import fields
from matcher.search.engine import IndexState
from matcher.store import quarantine
from matcher.store.changes import log_reaches, prune_changes
from matcher.store.condition import reading_models
from matcher.store.leases import leased
from matcher.store.organisations import organisation
from matcher.store.vocabularies import prune_vectors, shared_version

DAY = 86_400

NAMED = 20
"""People who differed, and reasons of quarantined records, that a summary names at most."""

_DAMAGED = "damaged"

Json = dict[str, Any]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Summary:
    """What a night did. `skipped`: another run was at it; `steps`: what each did, and why it failed."""

    organisation: str
    started: int
    seconds: float = 0.0
    skipped: bool = False
    steps: dict[str, Json] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether no step failed."""
        return not any("error" in step for step in self.steps.values())

    @property
    def differing(self) -> int:
        """How many people the index had wrong."""
        return int(self.steps.get("verify", {}).get("differing", 0))

    @property
    def damaged(self) -> bool:
        """Whether the index could not be read, and was built anew."""
        because = self.steps.get("index", {}).get("because", ())
        return _DAMAGED in because or _DAMAGED in self.steps.get("verify", {})

    def json(self) -> Json:
        """As one JSON object."""
        return {
            "organisation": self.organisation,
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.started)),
            "seconds": round(self.seconds, 3),
            "ok": self.ok,
            "skipped": self.skipped,
            "steps": self.steps,
        }


def nightly(parts: Parts, *, processes: int = 1) -> Summary:
    """Do all that is due, unless another run is at it; a step that fails is named and the rest goes on.

    What a run held that was killed just now is waited for.

    `processes`: how many read the database where the index is built anew. Raises Unavailable where the
    database does not answer at the start.
    """
    summary = Summary(parts.settings.organisation, int(time.time()))
    begun = time.monotonic()
    with leased(parts.database, f"nightly:{summary.organisation}", outlast=True) as mine:
        if mine:
            _Night(parts, processes, summary).all()
        else:
            summary.skipped = True
    summary.seconds = time.monotonic() - begun
    return summary


class _Night:
    def __init__(self, parts: Parts, processes: int, summary: Summary) -> None:
        self._parts = parts
        self._terms = Terms(processes, parts.settings.reindex_failures)
        self._summary = summary
        self._key = parts.settings.organisation
        self._waiting: int | None = None  # readings that do not count yet, once all are read
        self._rebuilt = False

    def all(self) -> None:
        for name, do in (
            ("read", self._read),
            ("competencies", self._competencies),
            ("index", self._index),
            ("switch", self._switch),
            ("verify", self._verify),
            ("prune", self._prune),
            ("quarantine", self._quarantine),
        ):
            self._step(name, do)

    def _step(self, name: str, do: Callable[[], Json]) -> None:
        begun = time.monotonic()
        try:
            done = do()
        except (CredmatchError, OSError) as error:
            done = {"error": str(error)}
            _log.error("nightly: %s failed", name, extra=fields(error=str(error)))
        self._summary.steps[name] = {**done, "seconds": round(time.monotonic() - begun, 3)}

    def _read(self) -> Json:
        """Encode and read what waits. The organisation's vocabulary is one, whoever reads."""
        database, vocabularies = self._parts.database, self._parts.vocabularies
        done = {
            "competencies": encode_pending(database, vocabularies, self._key),
            "achievements": read_pending(database, vocabularies, self._key),
            "positions": read_positions_anew(database, vocabularies, self._key),
        }
        self._waiting = read_anew(database, vocabularies, self._key)
        return {**done, "anew": self._waiting}

    def _competencies(self) -> Json:
        return {"built": self._parts.vocabularies.get(self._key).ensure_narrowing()}

    def _index(self) -> Json:
        because = self._reasons()
        if because:
            return self._build(because)
        state = catch_up(self._parts.database, self._parts.engine, self._key)
        return {"built": False, **({} if state is None else _state(state))}

    def _build(self, because: list[str]) -> Json:
        database, engine = self._parts.database, self._parts.engine
        with database.read() as connection:
            version = shared_version(connection)
        built = rebuild(database, engine, self._key, version, quiet, self._terms)
        self._rebuilt = True
        return {"built": True, "because": because, **_state(built.state), "failed": built.failed}

    def _reasons(self) -> list[str]:
        """Why the index is to be built anew; nothing where it is only to catch up."""
        try:
            state = self._parts.engine.state(self._key)
        except Damaged:
            return [_DAMAGED]
        except Unavailable:  # red, or closed: only building anew is sure to help
            return ["unreachable"]
        if state is None:
            return ["none"]
        with self._parts.database.read() as connection:
            home = organisation(connection, self._key)
            reached = log_reaches(connection, home.id, state.change_number, state.logged)
            version = shared_version(connection)
        found = {
            "day": state.floor < today(home),
            "vocabulary": state.vocabulary.partition(".own-")[0] != version,
            "readings": bool(self._waiting),
            "log": not reached,
        }
        return [why for why, so in found.items() if so]

    def _switch(self) -> Json:
        """What was read anew counts, if the index was built since it was read."""
        if not (self._waiting and self._rebuilt):
            return {"achievements": 0}
        changed = switch_readings(self._parts.database, self._parts.vocabularies, self._key)
        catch_up(self._parts.database, self._parts.engine, self._key)
        return {"achievements": changed}

    def _verify(self) -> Json:
        """Compare all rows, of an index that is built anew where they cannot be read or mended."""
        try:
            return self._compared()
        except Damaged as error:
            _log.error("nightly: %s", error)
            self._build([_DAMAGED])
            return {_DAMAGED: str(error), **self._compared()}

    def _compared(self) -> Json:
        found = list(verify_index(self._parts.database, self._parts.engine, self._key, quiet, repair=True))
        found.sort(key=lambda one: one.repaired)  # who is still wrong is named first
        left = sum(not one.repaired for one in found)
        done: Json = {
            "differing": len(found),
            "repaired": len(found) - left,
            "people": [
                {"candidate": one.key, "what": one.what, "why": one.why, "repaired": one.repaired}
                for one in found[:NAMED]
            ],
        }
        return {**done, "error": f"the index is still wrong about {left:,} of them"} if left else done

    def _prune(self) -> Json:
        database = self._parts.database
        state = self._parts.engine.state(self._key)
        with database.read() as connection:
            home = organisation(connection, self._key)
            models = reading_models(connection, home.id)
        model = self._parts.vocabularies.encoder.model
        kept = self._parts.settings.changes_days * DAY
        needed = 0 if state is None else state.change_number
        changes = prune_changes(database, home.id, seconds=kept, needed=needed)
        if models.keys() - {model} or self._waiting is None or self._waiting:
            return {"changes": changes, "vectors": 0}  # another model may still be in use
        with database.write() as connection:
            return {"changes": changes, "vectors": prune_vectors(connection, home.id, model)}

    def _quarantine(self) -> Json:
        with self._parts.database.read() as connection:
            home = organisation(connection, self._key)
            counts = quarantine.count_by_reason(connection, home.id)
            new = quarantine.count_since(connection, home.id, self._summary.started - DAY)
        reasons = dict(Counter(counts).most_common(NAMED))
        return {"records": sum(counts.values()), "new": new, "reasons": reasons}


def _state(state: IndexState) -> Json:
    return {
        "generation": state.generation,
        "change_number": state.change_number,
        "documents": state.documents,
        "vocabulary": state.vocabulary,
    }


def write_metrics(summary: Summary, path: Path) -> None:
    """Write a summary as a text file for Prometheus's node exporter, whole or not at all. Raises OSError."""
    registry = CollectorRegistry()
    labels = {"organisation": summary.organisation}

    def gauge(name: str, says: str, value: float, **more: str) -> None:
        known = gauges.get(name)
        if known is None:
            known = gauges[name] = Gauge(
                f"credmatch_nightly_{name}", says, [*labels, *more], registry=registry
            )
        known.labels(**labels, **more).set(value)

    gauges: dict[str, Gauge] = {}
    gauge("started_timestamp_seconds", "When the last run started.", summary.started)
    gauge("duration_seconds", "How long the last run took.", summary.seconds)
    gauge("ok", "1 where no step of the last run failed.", summary.ok)
    gauge("differing_people", "People whom the index had wrong.", summary.differing)
    gauge("damaged_index", "1 where the index could not be read, and was built anew.", summary.damaged)
    counts = summary.steps.get("quarantine", {})
    gauge("quarantined_records", "Records that wait to be mended.", counts.get("records", 0))
    gauge("quarantined_new_records", "Of these, those of the last day.", counts.get("new", 0))
    for name, step in summary.steps.items():
        gauge("step_ok", "1 where the step did not fail.", "error" not in step, step=name)
        gauge("step_seconds", "How long the step took.", step["seconds"], step=name)
    write_to_textfile(str(path), registry)
