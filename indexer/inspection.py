"""What a file holds, as a person or a program is told: by `credmatch inspect`, and after an upload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from indexer.ingest import Batch
from indexer.readers.formats import Record
from indexer.readers.json_text import encode
from indexer.readers.written import achievement_json, award_json, candidate_json, endorsement_json, refused
from matcher.records import (
    AchievementRecord,
    AwardRecord,
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

_LISTED = 4_000_000
"""How many characters an upload's answer lists of what was read, and at most one record more."""

_Listed = TypeVar("_Listed")


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
        if outcome.notice:
            yield outcome.notice
        yield from (refused(one.record, one.reason, one.where) for one in outcome.refused)


def report(records: Iterable[Record]) -> Json:
    """All that was found, by kind: what an upload answers.

    Of an award that comes again only the last version. Of awards, achievements and endorsements as many are
    listed as go into some megabytes, since thousands of awards may state one long achievement; `not_listed`
    says how many are not.
    """
    found = Found()
    awards: dict[str, AwardRecord] = {}
    achievements: list[AchievementRecord] = []
    endorsements: list[EndorsementRecord] = []
    told: dict[type[Record], list[Json]] = {Notice: [], Rejected: []}
    for record in records:
        found.add(record)
        match record:
            case CandidateRecord():
                awards.update((key_of_award(award, record.key), award) for award in record.awards)
            case AchievementRecord():
                achievements.append(record)
            case EndorsementRecord():
                endorsements.append(record)
            case Notice() | Rejected():
                body = record_json(record)
                del body["type"]
                told[type(record)].append(body)
    room = _Room()
    listed = {
        "awards": list(room.fill(awards.values(), room.award)),
        "achievements": list(room.fill(achievements, room.achievement)),
        "endorsements": list(room.fill(endorsements, _endorsement)),
    }
    counts = {"awards": len(awards), "achievements": len(achievements), "endorsements": len(endorsements)}
    return {
        "formats": list(found.formats),
        **listed,
        "not_listed": {name: number - len(listed[name]) for name, number in counts.items()},
        "notices": told[Notice],
        "rejected": told[Rejected],
    }


class _Room:
    """What is left of a report for what it lists. One achievement is written once for all its awards."""

    def __init__(self) -> None:
        self._left = _LISTED
        self._achievements: dict[AchievementRecord, tuple[Json, int]] = {}

    def fill(
        self, records: Iterable[_Listed], write: Callable[[_Listed], tuple[Json, int]]
    ) -> Iterator[Json]:
        """What the first of `records` are written as, while there is room."""
        for record in records:
            if self._left <= 0:
                return
            body, length = write(record)
            self._left -= length
            yield body

    def achievement(self, record: AchievementRecord) -> tuple[Json, int]:
        """An achievement and how many characters it takes."""
        if record not in self._achievements:
            body = achievement_json(record)
            self._achievements[record] = body, len(encode(body))
        return self._achievements[record]

    def award(self, record: AwardRecord) -> tuple[Json, int]:
        """An award, and how many characters it takes with its achievement."""
        achievement, length = self.achievement(record.achievement)
        body = award_json(record, achievement)
        return body, length + len(encode({**body, "achievement": None}))


def _endorsement(record: EndorsementRecord) -> tuple[Json, int]:
    body = endorsement_json(record)
    return body, len(encode(body))
