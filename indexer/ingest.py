"""Imports files of candidates: read, taken in by batches, and what is bad kept in quarantine.

Each batch is one transaction. An import that was cut short is finished by starting it again: what is stored
already is recognised and changes nothing.
"""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.readers.detect import open_records, read_stream
from indexer.refused import rejected
from matcher.records import CandidateRecord, Rejected
from matcher.store import quarantine
from matcher.store.achievement_intake import AchievementIntake
from matcher.store.database import Database
from matcher.store.intake import Counts, store_candidates
from matcher.store.organisations import Organisation, organisation

_CANDIDATES = 500
_AWARDS = 5_000
_RAW = 10_000_000
"""A batch is complete with so many candidates, awards, or characters of bad records: memory is bounded, and
other writers wait about half a second for it."""

Progress = Callable[[int, int], None]
"""Told how many awards were taken in so far, and how many there are in all: 0, as nobody knows."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did. `quarantined` counts what these files hold that is bad, kept before or not."""

    files: int = 0
    awards_added: int = 0
    awards_changed: int = 0
    awards_unchanged: int = 0
    quarantined: int = 0

    @property
    def awards(self) -> int:
        """How many awards were taken in."""
        return self.awards_added + self.awards_changed + self.awards_unchanged

    def plus(self, counts: Counts, quarantined: int) -> Report:
        """The report with what became of a further batch."""
        return Report(
            self.files,
            self.awards_added + counts.awards_added,
            self.awards_changed + counts.awards_changed,
            self.awards_unchanged + counts.awards_unchanged,
            self.quarantined + quarantined,
        )


@dataclass(slots=True)
class _Batch:
    """Records with the file that each comes from, and what could not be read."""

    records: list[CandidateRecord] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    awards: int = 0
    raw: int = 0

    def add(self, found: CandidateRecord | Rejected, file: str) -> None:
        if isinstance(found, Rejected):
            self.rejected.append(found)
            self.raw += len(found.raw)
        else:
            self.records.append(found)
            self.files.append(file)
            self.awards += len(found.awards)

    @property
    def full(self) -> bool:
        many = len(self.records) + len(self.rejected) >= _CANDIDATES
        return many or self.awards >= _AWARDS or self.raw >= _RAW


def import_files(
    database: Database,
    organisation_key: str,
    paths: Sequence[Path],
    *,
    candidate: str = "",
    authoritative: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import files of any format that we read into an organisation's pool.

    `candidate`: the key of the person that files are about which are about nobody in particular. With
    `authoritative` what the files say counts even if it was said before and corrected since.
    Raises NotFound where there is no such organisation, and Unavailable where the database does not answer;
    the batches before are stored.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
    found = ((str(path), one) for path in paths for one in open_records(path, home.zone, candidate=candidate))
    report = import_records(database, home, found, authoritative=authoritative, progress=progress)
    return replace(report, files=len(paths))


def import_records(
    database: Database,
    home: Organisation,
    found: Iterable[tuple[str, CandidateRecord | Rejected]],
    *,
    authoritative: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import records into an organisation's pool, each with the name of the file that it comes from.

    As `import_files`; raises Unavailable.
    """
    achievements = AchievementIntake(home, authoritative=authoritative)
    report = Report()
    with _collecting_by_hand():
        for batch in _batches(found):
            report = _store(database, home, batch, achievements, report, authoritative=authoritative)
            gc.collect(1)
            if progress:
                progress(report.awards, 0)
    return report


def retry_quarantined(
    database: Database, organisation_key: str, ids: Sequence[int] | None = None, *, candidate: str = ""
) -> Report:
    """Import the kept records with these ids (all without `ids`) again; those that succeed are kept no more.

    What is still bad stays as it is; `quarantined` counts it. `candidate` as for `import_files`.
    Raises NotFound where there is no such organisation or record.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
    report = Report()
    for id_ in _kept_ids(database, home) if ids is None else ids:
        report = _retry(database, home, id_, candidate, report)
    return report


def _kept_ids(database: Database, home: Organisation) -> list[int]:
    ids: list[int] = []
    with database.read() as connection:
        while page := quarantine.list_(connection, home.id, after=ids[-1] if ids else 0):
            ids += [kept.id for kept in page]
    return ids


def _store(
    database: Database,
    home: Organisation,
    batch: _Batch,
    achievements: AchievementIntake,
    report: Report,
    *,
    authoritative: bool,
) -> Report:
    with database.write() as connection:
        counts = store_candidates(
            connection, home, batch.records, authoritative=authoritative, achievements=achievements
        )
        refused = [rejected(refusal, batch.files[refusal.place]) for refusal in counts.refused]
        quarantine.put(connection, home.id, batch.rejected + refused)
    return report.plus(counts, len(batch.rejected) + len(refused))


def _retry(database: Database, home: Organisation, id_: int, candidate: str, report: Report) -> Report:
    with database.write() as connection:
        kept = quarantine.show(connection, home.id, id_)
        batch = _Batch()
        stream = io.BytesIO(kept.raw.encode())
        for found in read_stream(stream, kept.file, home.zone, candidate=candidate):
            batch.add(found, kept.file)
        counts = store_candidates(connection, home, batch.records)
        bad = [*batch.rejected, *(rejected(refusal, kept.file) for refusal in counts.refused)]
        if batch.records and not bad:
            quarantine.remove(connection, home.id, [id_])
    return report.plus(counts, len(bad))


def _batches(found: Iterable[tuple[str, CandidateRecord | Rejected]]) -> Iterator[_Batch]:
    batch = _Batch()
    for file, one in found:
        batch.add(one, file)
        if batch.full:
            yield batch
            batch = _Batch()
    if batch.records or batch.rejected:
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
