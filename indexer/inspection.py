"""What a file holds, as a person or a program is told: by `credmatch inspect`, and after an upload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from indexer.ingest import Batch
from indexer.readers.formats import Record
from indexer.readers.written import achievement_json, candidate_json, endorsement_json, refused
from matcher.records import (
    AchievementRecord,
    CandidateRecord,
    EndorsementRecord,
    Notice,
    Recognised,
    Rejected,
)
from matcher.store.database import Database
from matcher.store.identity import key_of_award
from matcher.store.preview import Outcome, Preview

Json = dict[str, Any]


def record_json(record: Record) -> Json:
    """A record as {"type", ...}: a candidate or an achievement in the shape that can be imported."""
    match record:
        case CandidateRecord():
            place = record.place
            at = {"file": place.file, "line": place.line, "where": place.where}
            return {"type": "candidate", **at, **candidate_json(record)}
        case AchievementRecord():
            return {"type": "achievement", "achievement": achievement_json(record)}
        case EndorsementRecord():
            return {"type": "endorsement", **endorsement_json(record)}
        case Recognised():
            return {"type": "recognised", "file": record.file, "format": record.format}
        case Notice():
            return {"type": "notice", "file": record.file, "line": record.line, "text": record.text}
        case Rejected():
            at = {"file": record.file, "line": record.line, "where": record.where}
            return {"type": "rejected", **at, "reason": record.reason}


@dataclass(slots=True)
class Found:
    """How much was found in files. `formats`: how often each was recognised, the outermost first.

    `again`: how many of the awards are ones that were found before.
    """

    formats: Counter[str] = field(default_factory=Counter)
    candidates: int = 0
    awards: int = 0
    again: int = 0
    achievements: int = 0
    endorsements: int = 0
    frameworks: int = 0
    competencies: int = 0
    rejected: int = 0

    def counted(self, records: Iterable[Record]) -> Iterator[Record]:
        """`records`, each counted as it passes."""
        for record in records:
            self.add(record)
            yield record

    def add(self, record: Record) -> None:
        """Count a record."""
        match record:
            case CandidateRecord():
                self.candidates += 1
                self.awards += len(record.awards)
            case AchievementRecord():
                self.achievements += 1
            case EndorsementRecord():
                self.endorsements += 1
            case Recognised():
                self.formats[record.format] += 1
            case Rejected():
                self.rejected += 1


def as_stored(
    records: Iterable[Record], database: Database, preview: Preview, found: Found
) -> Iterator[Record]:
    """`records` as an import would take them in, each with what it would refuse of it behind it.

    `found` is told of awards that come again.
    """
    batch, waiting = Batch(), list[Record]()
    for record in records:
        batch.add(record)
        waiting.append(record)
        if batch.full:
            yield from _looked_at(waiting, batch, database, preview, found)
            batch, waiting = Batch(), []
    yield from _looked_at(waiting, batch, database, preview, found)


def _looked_at(
    records: Iterable[Record], batch: Batch, database: Database, preview: Preview, found: Found
) -> Iterator[Record]:
    outcomes: Iterator[Outcome] = iter(())
    if batch.candidates:
        with database.read() as connection:
            outcomes = iter(preview.look(connection, batch.candidates))
    for record in records:
        if not isinstance(record, CandidateRecord):
            yield record
            continue
        outcome = next(outcomes)
        found.again += outcome.again
        if outcome.record:
            yield replace(outcome.record, key=outcome.key)
        yield from (refused(one.record, one.reason, one.where) for one in outcome.refused)


def report(records: Iterable[Record]) -> Json:
    """All that was found, by kind: what an upload answers.

    Of an award that comes again only the last version.
    """
    found = Found()
    awards: dict[str, Json] = {}
    kinds: Json = {"achievement": [], "endorsement": [], "notice": [], "rejected": []}
    for record in records:
        found.add(record)
        body = record_json(record)
        if isinstance(record, CandidateRecord):
            keys = (key_of_award(award, record.key) for award in record.awards)
            awards.update(zip(keys, body.get("awards", ()), strict=True))
        elif (kind := body.pop("type")) in kinds:
            kinds[kind].append(body)
    return {
        "formats": list(found.formats),
        "awards": list(awards.values()),
        "achievements": [body["achievement"] for body in kinds["achievement"]],
        "endorsements": kinds["endorsement"],
        "notices": kinds["notice"],
        "rejected": kinds["rejected"],
    }
