"""Candidates as an import brings them: who a record is about, what it says of them, where they applied."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, insert, select, update

from matcher.errors import InvalidInput
from matcher.messages import Said, said
from matcher.records import CandidateRecord, Notice
from matcher.store import tables as t
from matcher.store.database import Connection, parts
from matcher.store.identity import candidate_version, identifier, is_email
from matcher.store.organisations import Organisation
from matcher.store.superseded import Of, Version, load_older, store_older

_DRAWS = 2**62
_MADE = re.compile(r"person-[0-9a-f]{16}")


@dataclass(slots=True)
class People:
    """What became of the people of a batch.

    `subjects`: per record the candidate's id and key, None where it was refused; `refused` says why, by the
    record's place. `changed`: ids of those that are new or of whom something else is known than before.
    """

    subjects: list[tuple[int, str] | None] = field(default_factory=list)
    refused: dict[int, Said] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    notices: list[Notice] = field(default_factory=list)


@dataclass(slots=True)
class _Person:
    """One candidate while a batch is taken in."""

    key: str
    id: int = 0
    version: Version = field(default_factory=Version)
    region: str = ""
    languages: tuple[str, ...] = ()
    name: str = ""
    email: str = ""
    advanced: bool = False
    changed: bool = False

    def take(self, record: CandidateRecord) -> None:
        """Take over what `record` says; what it leaves empty stays."""
        self.advanced = True
        before = self.region, self.languages, self.name, self.email
        self.region = record.region or self.region
        self.languages = record.languages or self.languages
        self.name = record.name or self.name
        self.email = record.email or self.email
        self.changed |= before != (self.region, self.languages, self.name, self.email)


def store_people(
    connection: Connection,
    organisation: Organisation,
    records: Sequence[CandidateRecord],
    *,
    authoritative: bool,
) -> People:
    """Store the people that `records` are about, in their order, with their applications and identifiers."""
    owners = load_owners(connection, organisation.id, records)
    stored = dict(owners)
    people = People()
    keys: list[str] = []
    for place, record in enumerate(records):
        try:
            keys.append(subject_of(record, owners))
        except InvalidInput as error:
            keys.append("")
            people.refused[place] = error.reason
    people.notices = [
        notice
        for key, record in zip(keys, records, strict=True)
        if key and (notice := of_another(record, key, stored))
    ]
    persons = _load(connection, organisation.id, {key for key in keys if key})
    told = [
        (persons[key], record, candidate_version(record))
        for key, record in zip(keys, records, strict=True)
        if key
    ]
    differing = {p.id: p.version for p, _, version in told if p.id and version != p.version.current}
    load_older(connection, organisation.id, Of.CANDIDATE, differing.items())
    for person, record, version in told:
        if person.version.advance(version, authoritative=authoritative):
            person.take(record)
    _write(connection, organisation.id, persons.values())
    _write_owners(
        connection, organisation.id, {i: persons[key].id for i, key in owners.items() if i not in stored}
    )
    people.subjects = [(persons[key].id, key) if key else None for key in keys]
    people.changed = {person.id for person in persons.values() if person.changed}
    people.changed |= _write_applications(connection, [(person.id, record) for person, record, _ in told])
    return people


def subject_of(record: CandidateRecord, owners: dict[str, str]) -> str:
    """The key of the candidate that `record` is about; `owners` (of identifiers) learns from it.

    Its key, else the candidate that has one of its identifiers, else its first identifier that is no e-mail
    address: keys are shown and sent around, personal fields are not. Who has nothing but e-mail addresses,
    which find them again, gets a key that says nothing. Raises InvalidInput where nobody, or more than one,
    is meant.
    """
    names = identifiers_of(record)
    key = record.key
    if not key:
        known = {owners[name] for name in names if name in owners}
        if len(known) > 1:
            reason = said("its identifiers belong to several candidates: %(keys)s", keys=tuple(sorted(known)))
            raise InvalidInput(reason, where="candidate")
        key = known.pop() if known else next((name for name in names if not is_email(name)), "")
    if not key and names:
        key = f"person-{secrets.token_hex(8)}"
    if not key:
        reason = said("no subject: neither a candidate's key nor an identifier says whose it is")
        raise InvalidInput(reason, where="candidate")
    for name in names:
        owners.setdefault(name, key)
    return key


def of_another(record: CandidateRecord, key: str, known: Mapping[str, str]) -> Notice | None:
    """What to say where a record is taken as of the candidate with this key, since the file should be about
    that one, but names only somebody else. `known`: whose identifiers are stored."""
    if record.own_key:
        return None
    named = {name: known[name] for name in identifiers_of(record) if name in known}
    if not named or key in named.values():
        return None
    text = said(
        "names %(name)s, which is another candidate's: it is taken as of %(candidate)s all the same",
        name=f'"{min(named)}"',
        candidate=f'"{key}"',
    )
    return Notice(record.place.file, record.place.line, text)


def is_made(key: str) -> bool:
    """Whether a candidate's key is one that `subject_of` made up, which says nothing."""
    return bool(_MADE.fullmatch(key))


def identifiers_of(record: CandidateRecord) -> list[str]:
    """What a record says that identifies the person everywhere, as it is compared."""
    return [name for name in map(identifier, (*record.identifiers, record.email)) if name]


def load_owners(
    connection: Connection, organisation_id: int, records: Iterable[CandidateRecord]
) -> dict[str, str]:
    """Identifier -> key of the candidate it belongs to, for those of `records` that are known."""
    i, c = t.identifiers.c, t.candidates.c
    owners: dict[str, str] = {}
    for some in parts(name for record in records for name in identifiers_of(record)):
        query = (
            select(i.identifier, c.key)
            .join(t.candidates, c.id == i.candidate_id)
            .where(i.organisation_id == organisation_id, i.identifier.in_(some))
        )
        owners.update(connection.execute(query).all())
    return owners


def _write_owners(connection: Connection, organisation_id: int, owners: dict[str, int]) -> None:
    rows = [
        {"organisation_id": organisation_id, "identifier": name, "candidate_id": candidate}
        for name, candidate in owners.items()
    ]
    if rows:
        connection.execute(insert(t.identifiers), rows)


def _load(connection: Connection, organisation_id: int, keys: set[str]) -> dict[str, _Person]:
    """The candidates with these keys, new ones where there are none."""
    c, p = t.candidates.c, t.people.c
    persons = {key: _Person(key, changed=True) for key in sorted(keys)}
    for some in parts(keys):
        rows = connection.execute(
            select(c.id, c.key, c.digest, c.region, c.languages, p.name, p.email)
            .join(t.people, p.candidate_id == c.id)
            .where(c.organisation_id == organisation_id, c.key.in_(some))
        )
        for id_, key, digest, region, languages, name, email in rows:
            version = Version(digest)
            persons[key] = _Person(key, id_, version, region, tuple(languages), name, email)
    return persons


def _write(connection: Connection, organisation_id: int, persons: Iterable[_Person]) -> None:
    """Insert the new ones of `persons`, which get their ids, and update those that advanced."""
    fresh = [person for person in persons if not person.id]
    advanced = [person for person in persons if person.id and person.advanced]
    if fresh:
        _insert(connection, organisation_id, fresh)
    if advanced:
        connection.execute(
            update(t.candidates).where(t.candidates.c.id == bindparam("stored_id")),
            [{"stored_id": person.id, **_ranked(person)} for person in advanced],
        )
        connection.execute(
            update(t.people).where(t.people.c.candidate_id == bindparam("stored_id")),
            [{"stored_id": person.id, "name": person.name, "email": person.email} for person in advanced],
        )
    versions = [(person.id, person.version) for person in persons if person.advanced]
    store_older(connection, organisation_id, Of.CANDIDATE, versions)


def _insert(connection: Connection, organisation_id: int, fresh: list[_Person]) -> None:
    rows = [
        {
            "organisation_id": organisation_id,
            "key": person.key,
            "draw": secrets.randbelow(_DRAWS),
            **_ranked(person),
        }
        for person in fresh
    ]
    connection.execute(insert(t.candidates), rows)
    c = t.candidates.c
    ids: dict[str, int] = {}
    for some in parts(person.key for person in fresh):
        query = select(c.key, c.id).where(c.organisation_id == organisation_id, c.key.in_(some))
        ids.update(connection.execute(query).all())
    for person in fresh:
        person.id = ids[person.key]
    personal = [{"candidate_id": p.id, "name": p.name, "email": p.email} for p in fresh]
    connection.execute(insert(t.people), personal)


def _ranked(person: _Person) -> dict[str, object]:
    return {
        "region": person.region,
        "languages": list(person.languages),
        "digest": person.version.current,
    }


def _write_applications(connection: Connection, told: Sequence[tuple[int, CandidateRecord]]) -> set[int]:
    """Add the applications that are not stored yet; gives the ids of those who applied anew."""
    said = {(candidate, position) for candidate, record in told for position in record.applied_to}
    a = t.applications.c
    stored: set[tuple[int, str]] = set()
    for some in parts(candidate for candidate, _ in said):
        query = select(a.candidate_id, a.position_key).where(a.candidate_id.in_(some))
        stored.update(connection.execute(query).all())
    new = sorted(said - stored)
    if new:
        rows = [{"candidate_id": candidate, "position_key": position} for candidate, position in new]
        connection.execute(insert(t.applications), rows)
    return {candidate for candidate, _ in new}
