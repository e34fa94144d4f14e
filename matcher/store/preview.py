"""What would become of candidates if they were taken in: whose their awards are, and what would be refused.

Nothing is stored. What the database has is looked up, and what was looked at before counts as if it had been
stored: two records of one file may be in each other's way as much as with what is stored.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from matcher.errors import InvalidInput
from matcher.records import AwardRecord, CandidateRecord, Notice
from matcher.store import tables as t
from matcher.store.database import Connection, parts
from matcher.store.identity import key_of_award
from matcher.store.intake import Refusal, belongs_to_another
from matcher.store.organisations import Organisation
from matcher.store.people_intake import identifiers_of, is_made, load_owners, of_another, subject_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would be stored of a record: the person, with the awards that are not refused; None for nobody.

    `notice`: what is worth knowing of it. `key`: the candidate's, "" where a new one would be made up.
    `again`: how many of the awards were looked at before, in whatever version.
    """

    record: CandidateRecord | None
    key: str = ""
    refused: tuple[Refusal, ...] = ()
    again: int = 0
    notice: Notice | None = None


class Preview:
    """Looks at records in the order in which they would be stored; to be closed.

    Its memory does not grow with what it looked at, which lies in temporary files of SQLite's.
    """

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self._owners, self._holders = _Firsts(), _Firsts()

    def close(self) -> None:
        """Forget all that was looked at."""
        self._owners.close()
        self._holders.close()

    def look(self, connection: Connection, records: Sequence[CandidateRecord]) -> list[Outcome]:
        """What would become of each of some more records."""
        known = load_owners(connection, self._organisation.id, records)
        owners = self._owners.find(name for record in records for name in identifiers_of(record)) | known
        subjects = [_subject(record, owners) for record in records]
        self._owners.add(owners)
        keys = [
            () if isinstance(subject, InvalidInput) else [key_of_award(one, subject) for one in record.awards]
            for record, subject in zip(records, subjects, strict=True)
        ]
        seen = self._holders.find(key for some in keys for key in some)
        stored = self._stored(connection, (key for some in keys for key in some))
        found = [
            Outcome(None, refused=(Refusal(record, subject.where, subject.reason),))
            if isinstance(subject, InvalidInput)
            else replace(
                _outcome(record, subject, some, stored, seen),
                key=_shown(record, subject, known),
                notice=of_another(record, subject, known),
            )
            for record, subject, some in zip(records, subjects, keys, strict=True)
        ]
        self._holders.add(seen)
        return found

    def _stored(self, connection: Connection, keys: Iterable[str]) -> dict[str, str]:
        """Of the awards that are stored under `keys` the keys of the candidates who have them."""
        a, c = t.awards.c, t.candidates.c
        holders: dict[str, str] = {}
        for some in parts(keys):
            query = (
                select(a.key, c.key)
                .join(t.candidates, c.id == a.candidate_id)
                .where(a.organisation_id == self._organisation.id, a.key.in_(some))
            )
            holders.update(connection.execute(query).all())
        return holders


def _subject(record: CandidateRecord, owners: dict[str, str]) -> str | InvalidInput:
    try:
        return subject_of(record, owners)
    except InvalidInput as error:
        return error


def _shown(record: CandidateRecord, subject: str, known: Mapping[str, str]) -> str:
    """The key of a record's subject; empty for one that another look would make up anew."""
    is_known = record.key or subject in map(known.get, identifiers_of(record))
    return subject if is_known or not is_made(subject) else ""


def _outcome(
    record: CandidateRecord,
    subject: str,
    keys: Sequence[str],
    stored: Mapping[str, str],
    seen: dict[str, str],
) -> Outcome:
    """Who has an award, by its key: of those that are `stored`, and of those that were `seen`, which grow."""
    kept: list[AwardRecord] = []
    refused: list[Refusal] = []
    again = 0
    for number, (award, key) in enumerate(zip(record.awards, keys, strict=True)):
        holder = stored.get(key) or seen.get(key, subject)
        if holder == subject:
            kept.append(award)
            again += key in seen
            seen[key] = subject
        else:
            refused.append(belongs_to_another(record, number, key, holder))
    return Outcome(replace(record, awards=tuple(kept)), subject, tuple(refused), again)


class _Firsts:
    """What was first said of each of very many texts: in memory only as far as that is little."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("")  # without a name it is temporary, and SQLite's own to place
        self._file.execute("CREATE TABLE firsts (name TEXT PRIMARY KEY, said TEXT NOT NULL) WITHOUT ROWID")

    def close(self) -> None:
        self._file.close()

    def find(self, names: Iterable[str]) -> dict[str, str]:
        query = "SELECT name, said FROM firsts WHERE name = ?"
        return dict(row for name in set(names) for row in self._file.execute(query, (name,)))

    def add(self, said: Mapping[str, str]) -> None:
        self._file.executemany("INSERT OR IGNORE INTO firsts VALUES (?, ?)", sorted(said.items()))
