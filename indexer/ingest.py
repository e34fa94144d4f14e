"""Imports files of candidates: read, taken in by batches, and what is bad kept in quarantine.

Each batch is one transaction. An import that was cut short is finished by starting it again: what is stored
already is recognised and changes nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from indexer.readers.formats import Context, Record
from indexer.readers.limits import Limits
from indexer.readers.sources import open_records
from indexer.readers.written import refused
from matcher.records import (
    AchievementRecord,
    CandidateRecord,
    EndorsementRecord,
    Notice,
    Recognised,
    Rejected,
)
from matcher.store import quarantine
from matcher.store.achievement_intake import AchievementIntake
from matcher.store.database import Connection, Database
from matcher.store.endorsements import store_endorsements
from matcher.store.intake import Counts, store_achievements, store_candidates
from matcher.store.organisations import Organisation, organisation
from matcher.store.quarantine import Quarantined

_CANDIDATES = 500
_AWARDS = 5_000
_RAW = 10_000_000
"""A batch is complete with so many candidates, awards, or characters of bad records: memory is bounded, and
other writers wait about half a second for it."""

_NOTICES = 100
_REMEMBERED = 100_000
"""Of so many bad records at least it is known whether a further one is identical."""

_LIMITS = Limits()

Progress = Callable[[int, int], None]
"""Told how many awards were taken in so far, and how many there are in all: 0, as nobody knows."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did. `files` counts those whose format was recognised: an archive, and each file in it.
    `achievements` and `endorsements` count those that stand for themselves, known before or not.
    `quarantined` counts what these files hold that is bad, kept before or not; `identical` counts what is
    bad and the same as another of it, and so not kept again.

    `notices`: what is worth knowing of the files, the first hundred. `taken`: how many records were taken in,
    known before or not.
    """

    files: int = 0
    awards_added: int = 0
    awards_changed: int = 0
    awards_unchanged: int = 0
    achievements: int = 0
    endorsements: int = 0
    quarantined: int = 0
    identical: int = 0
    notices: tuple[Notice, ...] = ()
    taken: int = field(default=0, compare=False)

    @property
    def awards(self) -> int:
        """How many awards were taken in."""
        return self.awards_added + self.awards_changed + self.awards_unchanged

    def plus(
        self, counts: Counts, bad: Sequence[Rejected | Quarantined], batch: Batch, known: set[bytes]
    ) -> Report:
        """The report with what became of a further batch, of which `bad` was not taken in.

        `known`: what tells those apart that were bad before; it is added to, up to a bound.
        """
        new = {quarantine.fingerprint(one) for one in bad} - known
        if len(known) < _REMEMBERED:
            known |= new
        return Report(
            self.files + batch.files,
            self.awards_added + counts.awards_added,
            self.awards_changed + counts.awards_changed,
            self.awards_unchanged + counts.awards_unchanged,
            self.achievements + len(batch.achievements),
            self.endorsements + len(batch.endorsements),
            self.quarantined + len(new),
            self.identical + len(bad) - len(new),
            (*self.notices, *batch.notices, *counts.notices)[:_NOTICES],
            self.taken + batch.records - len(counts.refused),
        )


@dataclass(slots=True)
class Batch:
    """Records that are taken in together, and what could not be read."""

    candidates: list[CandidateRecord] = field(default_factory=list)
    achievements: list[AchievementRecord] = field(default_factory=list)
    endorsements: list[EndorsementRecord] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    awards: int = 0
    raw: int = 0
    files: int = 0
    file: str = ""

    def add(self, record: Record) -> None:
        match record:
            case CandidateRecord():
                self.candidates.append(record)
                self.awards += len(record.awards)
            case Rejected():
                self.rejected.append(record)
                self.raw += len(record.raw)
            case AchievementRecord():
                self.achievements.append(record)
            case EndorsementRecord():
                self.endorsements.append(record)
            case Notice():
                self.notices.append(record)
            case Recognised():
                self.files += record.file != self.file
                self.file = record.file

    @property
    def records(self) -> int:
        return len(self.candidates) + len(self.achievements) + len(self.endorsements)

    @property
    def full(self) -> bool:
        many = self.records + len(self.rejected) >= _CANDIDATES
        return many or self.awards >= _AWARDS or self.raw >= _RAW

    def store(
        self,
        connection: Connection,
        home: Organisation,
        achievements: AchievementIntake,
        *,
        authoritative: bool,
    ) -> tuple[Counts, list[Rejected]]:
        """Store all that was read; what became of its awards, and all that was refused here or before."""
        store_achievements(connection, home, self.achievements, achievements)
        store_endorsements(connection, home, self.endorsements)
        counts = store_candidates(
            connection, home, self.candidates, authoritative=authoritative, achievements=achievements
        )
        return counts, self.rejected + [refused(one.record, one.reason, one.where) for one in counts.refused]


@dataclass(frozen=True, slots=True)
class Options:
    """What is said of files that are imported, beside what stands in them.

    `candidate`: the key of the person that files are about which are about nobody in particular. `dates`: in
    which order dates like 03/04/2026 are (`readers/dates.py`, ORDERS), "" to refuse them. `newest`: what the
    files say counts even if it was said before and corrected since.
    """

    candidate: str = ""
    dates: str = ""
    newest: bool = False


NO_OPTIONS = Options()


def import_files(
    database: Database,
    organisation_key: str,
    paths: Sequence[Path],
    options: Options = NO_OPTIONS,
    *,
    limits: Limits = _LIMITS,
    progress: Progress | None = None,
) -> Report:
    """Import files of any format that we read, and folders and archives of them, into an organisation's pool.

    Raises NotFound where there is no such organisation, and Unavailable where the database does not answer;
    the batches before are stored.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
    context = Context("", home.zone, options.candidate, limits, dates=options.dates)
    found = (record for path in paths for record in open_records(path, context))
    return import_records(database, home, found, authoritative=options.newest, progress=progress)


def import_records(
    database: Database,
    home: Organisation,
    found: Iterable[Record],
    *,
    authoritative: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import records, as readers yield them, into an organisation's pool.

    As `import_files`; raises Unavailable.
    """
    achievements = AchievementIntake(home, authoritative=authoritative)
    report = Report()
    known: set[bytes] = set()
    with _collecting_by_hand():
        for number, batch in enumerate(_batches(found), 1):
            counts, bad = _store(database, home, batch, achievements, authoritative=authoritative)
            if batch.full and number & (number - 1) == 0:  # twice as many as when it was last noted
                database.note_growth()
            report = report.plus(counts, bad, batch, known)
            gc.collect(1)
            if progress:
                progress(report.awards, 0)
    return report


def _store(
    database: Database,
    home: Organisation,
    batch: Batch,
    achievements: AchievementIntake,
    *,
    authoritative: bool,
) -> tuple[Counts, list[Rejected]]:
    with database.write() as connection:
        counts, bad = batch.store(connection, home, achievements, authoritative=authoritative)
        quarantine.put(connection, home.id, bad)
    return counts, bad


def _batches(found: Iterable[Record]) -> Iterator[Batch]:
    batch = Batch()
    for record in found:
        batch.add(record)
        if batch.full:
            yield batch
            batch = Batch(file=batch.file)
    if batch.records or batch.rejected or batch.notices or batch.files:
        yield batch


@contextmanager
def _collecting_by_hand() -> Iterator[None]:
    """Leave looking for garbage in cycles to the block: in the midst of a batch nearly everything is alive,
    and looking at it again and again takes a quarter of an import."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
