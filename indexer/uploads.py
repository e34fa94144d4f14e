"""Credentials that somebody sends for one candidate, over HTTP or by a form: read, stored, and answered for.

What is refused is answered and not quarantined: the sender has the file, and is told what is wrong with it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import IO, Any, BinaryIO

from indexer.ingest import Batch
from indexer.inspection import report
from indexer.readers import neighbours
from indexer.readers.dates import ORDERS
from indexer.readers.detect import read_stream
from indexer.readers.floods import noted_once, told_once
from indexer.readers.formats import Context, Record
from indexer.readers.json_text import shown
from indexer.readers.limits import Limits
from indexer.readers.written import refused
from matcher.errors import InvalidInput
from matcher.messages import said
from matcher.records import CandidateRecord, Notice, Recognised, Rejected
from matcher.store.achievement_intake import AchievementIntake
from matcher.store.database import Connection, Database
from matcher.store.intake import Counts, Refusal
from matcher.store.organisations import Organisation, organisation

_LONGEST_NAME = 100
_ALIKE = 100  # refusals of one kind that are answered one by one


def take_credentials(
    database: Database,
    organisation_key: str,
    limits: Limits,
    candidate: str,
    files: Sequence[tuple[str, IO[bytes]]],
    dates: str = "",
) -> dict[str, Any]:
    """Store what `files` (names and contents) hold for the candidate with this key, made where missing.

    `dates`: the order of dates like 03/04/2026 in tables (`readers/dates.py`, ORDERS), "" where nobody said.
    Files that belong together, such as a badge and its class, find each other. All that is good is stored at
    once, and nobody is made where something was refused and nothing is left; gives what became of it, and
    what was read and refused (`inspection.report`). Of all the files together `limits.parts` awards and
    refusals are read. `refused` counts what was refused; of one kind a hundred refusals are in `rejected`,
    or `limits.refused` where that is less, and one that counts the rest.
    Raises InvalidInput where `dates` is no such order, NotFound where there is no such organisation, and
    Unavailable.
    """
    with database.read() as connection:
        home = organisation(connection, organisation_key)
    if dates and dates not in ORDERS:
        reason = said("%(value)s is not one of %(expected)s", value=shown(dates), expected=ORDERS)
        raise InvalidInput(reason, where="dates")
    context = Context("", home.zone, candidate, limits, dates=dates)
    with TemporaryDirectory(prefix="credmatch-upload-") as folder:
        records = list(noted_once(_records(Path(folder), files, context), _ALIKE))
    batch = Batch()
    for record in records:
        batch.add(record)
    counts = _store(database, home, batch)
    good = [
        _without(record, counts.refused) if isinstance(record, CandidateRecord) else record
        for record in records
        if not isinstance(record, Rejected)
    ]
    # One thing that is wrong with a whole file may be said of each person in it.
    bad = list(dict.fromkeys((*batch.rejected, *map(_refused, counts.refused))))
    return {
        "refused": len(bad),
        "awards_added": counts.awards_added,
        "awards_changed": counts.awards_changed,
        "awards_unchanged": counts.awards_unchanged,
        **report([*good, *noted_once(counts.notices, _ALIKE), *told_once(bad, min(limits.refused, _ALIKE))]),
    }


class _NothingStored(Exception):
    """Leaves a transaction in which something was refused and nothing else stored: nobody is made by it."""

    def __init__(self, counts: Counts) -> None:
        super().__init__()
        self.counts = counts


def _store(database: Database, home: Organisation, batch: Batch) -> Counts:
    try:
        with database.write() as connection:
            return _stored(connection, home, batch)
    except _NothingStored as nothing:
        return nothing.counts


def _stored(connection: Connection, home: Organisation, batch: Batch) -> Counts:
    counts, bad = batch.store(connection, home, AchievementIntake(home), authoritative=False)
    if bad and not (counts.awards or batch.achievements or batch.endorsements):
        raise _NothingStored(counts)
    return counts


def _without(record: CandidateRecord, refusals: Sequence[Refusal]) -> CandidateRecord:
    """`record` without those of its awards that were not stored."""
    not_stored = [
        award
        for one in refusals
        if one.record.place == record.place and one.record.key == record.key
        for award in one.record.awards
    ]
    return replace(record, awards=tuple(award for award in record.awards if award not in not_stored))


def _refused(one: Refusal) -> Rejected:
    return replace(refused(one.record, one.told or one.reason, one.where), raw="")


def _records(folder: Path, files: Sequence[tuple[str, IO[bytes]]], context: Context) -> Iterator[Record]:
    """What the files hold, up to a bound on all of them together; raw records are not kept."""
    most, taken = context.limits.parts, 0
    for file, record in _read(folder, files, context):
        taken += _size(record)
        if taken > most:
            reason = said(
                "more than %(most)s awards and other records are sent at once; the rest is not read",
                most=most,
            )
            yield Rejected(file, 0, "", reason, "")
            return
        yield replace(record, raw="") if isinstance(record, Rejected) else record


def _size(record: Record) -> int:
    """How much of an upload's bound a record takes; what is only said of a file takes nothing."""
    if isinstance(record, CandidateRecord):
        return max(len(record.awards), 1)
    return not isinstance(record, Recognised | Notice)


def _read(
    folder: Path, files: Sequence[tuple[str, IO[bytes]]], context: Context
) -> Iterator[tuple[str, Record]]:
    """The records of files, each with the name of its file; a format once a file."""
    saved = [(name, _save(folder, name, stream)) for name, stream in files]
    index = neighbours.in_folder(lambda: iter([path for _, path in saved]), context.limits)
    beside = neighbours.View(index, str(folder))
    for name, path in saved:
        with path.open("rb") as stream:
            inside = replace(context, file=name, neighbours=beside, again=partial(_open, path))
            formats: set[str] = set()
            for record in read_stream(stream, inside):
                if not isinstance(record, Recognised):
                    yield name, record
                elif record.format not in formats:
                    formats.add(record.format)
                    yield name, record


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _save(folder: Path, name: str, stream: IO[bytes]) -> Path:
    """Save a file under its own name, by which others may refer to it, as far as that is harmless."""
    plain = re.sub(r"[^\w.-]", "_", PurePath(name).name)[-_LONGEST_NAME:].lstrip(".") or "file"
    path = folder / plain
    if path.exists():
        path = folder / f"{len(list(folder.iterdir()))}-{plain}"
    with path.open("xb") as file:
        shutil.copyfileobj(stream, file)
    return path
