"""Imports again what was kept in quarantine: a record at a time, and never past what its whole file says."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

from indexer.ingest import NO_OPTIONS, Batch, Options, Report
from indexer.readers.detect import read_stream
from indexer.readers.formats import Context, Record
from indexer.readers.limits import Limits
from indexer.readers.one_person import People
from indexer.readers.sources import neighbours_of
from matcher.store import quarantine
from matcher.store.achievement_intake import AchievementIntake
from matcher.store.database import Database
from matcher.store.intake import Counts
from matcher.store.organisations import Organisation, organisation
from matcher.store.quarantine import Quarantined

_LIMITS = Limits()


def retry_quarantined(
    database: Database,
    organisation_key: str,
    ids: Sequence[int] | None = None,
    options: Options = NO_OPTIONS,
    *,
    limits: Limits = _LIMITS,
) -> Report:
    """Import the kept records with these ids (all without `ids`) again; those that succeed are kept no more.

    What is still bad stays, with what is wrong now; `quarantined` counts it. Where a candidate is said, the
    records of one file have to be about one person together, as the file had: so none of a file about several
    is taken for that candidate because it is read alone. Raises NotFound where there is no such organisation
    or record.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
    retry = _Retry(
        database, home, Context("", home.zone, options.candidate, limits, dates=options.dates), options
    )
    ids = retry.all() if ids is None else ids
    retry.look_at(ids)
    report = Report()
    for id_ in ids:
        report = retry.one(id_, report)
    return report


class _Retry:
    """`people`: whom the kept records of each file name, the file of an archive's entries by the archive."""

    def __init__(self, database: Database, home: Organisation, context: Context, options: Options) -> None:
        self._database, self._home, self._context, self._options = database, home, context, options
        self._people: dict[str, People] = {}

    def all(self) -> list[int]:
        """The ids of all that is kept."""
        ids: list[int] = []
        with self._database.read() as connection:
            while page := quarantine.list_(connection, self._home.id, after=ids[-1] if ids else 0):
                ids += [kept.id for kept in page]
        return ids

    def look_at(self, ids: Sequence[int]) -> None:
        """Note whom the records name, where they should be about one person."""
        if not self._context.candidate:
            return
        for id_ in ids:
            with self._database.read() as connection:
                kept = quarantine.show(connection, self._home.id, id_)
            people = self._people.setdefault(
                _whole(kept.file), People(self._context.candidate, self._context.limits.parts)
            )
            for _ in people.decided(self._read(kept, people)):
                pass

    def one(self, id_: int, report: Report) -> Report:
        """Import one record; the report with what became of it."""
        with self._database.write() as connection:
            kept = quarantine.show(connection, self._home.id, id_)
            if not kept.raw:  # nothing was kept that could be read: why stays as it is
                return report.plus(Counts(), [kept], Batch(), set())
            batch = Batch(file=kept.file)
            for record in self._decided(kept):
                batch.add(record)
            newest = self._options.newest
            achievements = AchievementIntake(self._home, authoritative=newest)
            counts, bad = batch.store(connection, self._home, achievements, authoritative=newest)
            if batch.records and not bad:
                quarantine.remove(connection, self._home.id, [id_])
            elif bad:
                quarantine.explain(connection, self._home.id, id_, bad[0])
        return report.plus(counts, bad, batch, set())

    def _decided(self, kept: Quarantined) -> Iterator[Record]:
        people = self._people.get(_whole(kept.file))
        if people and people.problem():
            return people.decided(self._read(kept, people))
        return self._read(kept, None)

    def _read(self, kept: Quarantined, people: People | None) -> Iterator[Record]:
        beside = neighbours_of(kept.file, self._context.limits)
        inside = replace(self._context, file=kept.file, neighbours=beside, people=people)
        return read_stream(io.BytesIO(kept.raw.encode()), inside)


def _whole(file: str) -> str:
    """The file that a person gave: of `archive.zip!folder/badge.json` the archive."""
    return file.partition("!")[0]
