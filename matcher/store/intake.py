"""Taking in candidates with their awards: created, merged, or recognised as stored, a batch at a time.

Rules. What a record leaves empty changes nothing. What it says replaces what is stored, unless the database
has seen that version before (then it is an older one) or, for an award, unless it starts before the stored
one or would bring back what was revoked. Applications and identifiers are added and never removed. Importing
the same records again changes nothing, and how records are cut into batches makes no difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import bindparam, select, update

from matcher import messages
from matcher.messages import Said
from matcher.records import AchievementRecord, AwardRecord, CandidateRecord, Notice, Proof, Status
from matcher.store import tables as t
from matcher.store.achievement_intake import AchievementIntake, Offer
from matcher.store.changes import log_changes
from matcher.store.database import Connection, insert_many, parts
from matcher.store.identity import award_key, award_version
from matcher.store.organisations import Organisation
from matcher.store.people_intake import store_people
from matcher.store.superseded import Of, Version, load_older, store_older


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was not stored: the record with only the part that was refused, where in the record as it was
    given that stood, and why. `told`: why, for who must not learn of other candidates; None for `reason`.
    """

    record: CandidateRecord
    where: str
    reason: Said
    told: Said | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the awards of some records, what of these was refused, and what is worth knowing."""

    awards_added: int = 0
    awards_changed: int = 0
    awards_unchanged: int = 0
    refused: tuple[Refusal, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def awards(self) -> int:
        """How many awards are stored as they were said, or were already."""
        return self.awards_added + self.awards_changed + self.awards_unchanged

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.awards_added + other.awards_added,
            self.awards_changed + other.awards_changed,
            self.awards_unchanged + other.awards_unchanged,
            self.refused + other.refused,
            self.notices + other.notices,
        )


class _Said(NamedTuple):
    """An award that a record says a candidate has, its number there, and what identifies it."""

    record: CandidateRecord
    number: int
    award: AwardRecord
    candidate: int
    achievement: int
    key: str
    version: bytes


class _Award:
    """One award while a batch is taken in. `said`: what to write of it, None where nothing changed."""

    __slots__ = ("candidate", "id", "revoked", "said", "start", "version")

    def __init__(
        self,
        candidate: int,
        version: Version,
        start: int | None = None,
        id_: int = 0,
        *,
        revoked: bool = False,
    ) -> None:
        self.candidate = candidate
        self.revoked = revoked
        self.version = version
        self.start = start
        self.id = id_
        self.said: _Said | None = None

    def take(self, said: _Said, *, authoritative: bool) -> bool:
        """Take over what is said of it; False where it is that already, or was, where what is said starts
        earlier, or where it would bring back what was revoked."""
        start = _start(said.award.issued, said.award.valid_from)
        earlier = start is not None and self.start is not None and start < self.start
        revives = self.revoked and said.award.status is not Status.REVOKED and start == self.start
        if (earlier or revives) and not authoritative:
            return False
        if not self.version.advance(said.version, authoritative=authoritative):
            return False
        self.start, self.said, self.revoked = start, said, said.award.status is Status.REVOKED
        return True


def store_candidates(
    connection: Connection,
    organisation: Organisation,
    records: Sequence[CandidateRecord],
    *,
    authoritative: bool = False,
    achievements: AchievementIntake | None = None,
) -> Counts:
    """Take in one batch of records, in their order, and log one change for every candidate that changed.

    With `authoritative` what a record says counts even if it was seen before or starts earlier. Batches of
    one import share `achievements`, which then need not be looked up again. Only inside `Database.write`.
    """
    achievements = achievements or AchievementIntake(organisation, authoritative=authoritative)
    people = store_people(connection, organisation, records, authoritative=authoritative)
    owned = [
        (record, number, award, subject)
        for record, subject in zip(records, people.subjects, strict=True)
        if subject
        for number, award in enumerate(record.awards)
    ]
    offers, touched = achievements.store(connection, [award.achievement for _, _, award, _ in owned])
    said = [_said(*one, offer) for one, offer in zip(owned, offers, strict=True)]
    awards = _load(connection, organisation.id, said)
    counts, conflicts = _take(said, awards, authoritative=authoritative)
    changed = _write(connection, organisation.id, awards)
    log_changes(connection, organisation.id, candidates=people.changed | changed, achievements=touched)
    nobody = (Refusal(records[place], "candidate", reason) for place, reason in people.refused.items())
    refused = (*nobody, *_refusals(connection, conflicts))
    return replace(counts, refused=refused, notices=tuple(people.notices))


def store_achievements(
    connection: Connection,
    organisation: Organisation,
    records: Sequence[AchievementRecord],
    achievements: AchievementIntake,
) -> None:
    """Take in achievements that a catalogue offers, whoever holds them. Only inside `Database.write`."""
    _, touched = achievements.store(connection, records)
    log_changes(connection, organisation.id, achievements=touched)


def _said(
    record: CandidateRecord, number: int, award: AwardRecord, subject: tuple[int, str], offer: Offer
) -> _Said:
    candidate, candidate_key = subject
    key = award_key(award, candidate_key, offer.key, offer.issuer)
    return _Said(record, number, award, candidate, offer.id, key, award_version(award, offer.key))


def _load(connection: Connection, organisation_id: int, said: Sequence[_Said]) -> dict[str, _Award]:
    """The stored ones of the awards that are said, by key, with their older versions where these matter."""
    a = t.awards.c
    awards: dict[str, _Award] = {}
    for some in parts(one.key for one in said):
        rows = connection.execute(
            select(a.id, a.candidate_id, a.key, a.digest, a.issued, a.valid_from, a.status).where(
                a.organisation_id == organisation_id, a.key.in_(some)
            )
        )
        for id_, candidate, key, digest, issued, valid_from, status in rows:
            revoked = status == Status.REVOKED
            start = _start(issued, valid_from)
            awards[key] = _Award(candidate, Version(digest), start, id_, revoked=revoked)
    differing = {
        award.id: award.version
        for one in said
        if (award := awards.get(one.key)) and award.version.current != one.version
    }
    load_older(connection, organisation_id, Of.AWARD, differing.items())
    return awards


def _take(
    said: Iterable[_Said], awards: dict[str, _Award], *, authoritative: bool
) -> tuple[Counts, list[tuple[_Said, int]]]:
    """Let each award that is said create, change or leave one of `awards`.

    Also gives those that are refused, each with the id of the candidate whom the award belongs to.
    """
    added = changed = unchanged = 0
    conflicts: list[tuple[_Said, int]] = []
    for one in said:
        stored = awards.get(one.key)
        if stored is None:
            stored = awards[one.key] = _Award(one.candidate, Version())
            stored.take(one, authoritative=authoritative)
            added += 1
        elif stored.candidate != one.candidate:
            conflicts.append((one, stored.candidate))
        elif stored.take(one, authoritative=authoritative):
            changed += 1
        else:
            unchanged += 1
    return Counts(added, changed, unchanged), conflicts


def _write(connection: Connection, organisation_id: int, awards: Mapping[str, _Award]) -> set[int]:
    """Write the awards of which something new was said; gives the ids of their candidates."""
    advanced = {key: (award, award.said) for key, award in awards.items() if award.said}
    fresh = [_row(organisation_id, said) for award, said in advanced.values() if not award.id]
    changed = [
        dict(zip(_COLUMNS, _row(organisation_id, said), strict=True))
        | {"stored_id": award.id, "evidence": said.award.evidence}
        for award, said in advanced.values()
        if award.id
    ]
    insert_many(connection, t.awards, _COLUMNS, fresh)
    if changed:
        connection.execute(update(t.awards).where(t.awards.c.id == bindparam("stored_id")), changed)
    twice = {key: award for key, (award, _) in advanced.items() if award.version.older and not award.id}
    _find_ids(connection, organisation_id, twice)
    versions = [(award.id, award.version) for award, _ in advanced.values() if award.id]
    store_older(connection, organisation_id, Of.AWARD, versions)
    return {award.candidate for award, _ in advanced.values()}


def _find_ids(connection: Connection, organisation_id: int, by_key: Mapping[str, _Award]) -> None:
    """Give awards that were just inserted their ids (their older versions are stored by these)."""
    a = t.awards.c
    for some in parts(by_key):
        query = select(a.key, a.id).where(a.organisation_id == organisation_id, a.key.in_(some))
        for key, id_ in connection.execute(query):
            by_key[key].id = id_


_COLUMNS = (
    "organisation_id",
    "candidate_id",
    "achievement_id",
    "key",
    "digest",
    "issued",
    "valid_from",
    "expires",
    "status",
    "level",
    "level_label",
    "proof",
    "evidence",
    "credential_status",
    "refresh_service",
)


def _row(organisation_id: int, said: _Said) -> tuple[object, ...]:
    """The values of `_COLUMNS`, evidence as JSON. If a proof was checked, it was another version's."""
    award = said.award
    return (
        organisation_id,
        said.candidate,
        said.achievement,
        said.key,
        said.version,
        award.issued,
        award.valid_from,
        award.expires,
        award.status.value,
        award.level,
        award.level_label,
        (Proof.CLAIMED if award.claimed else Proof.STATED).value,
        json.dumps(award.evidence) if award.evidence else "[]",
        award.credential_status,
        award.refresh_service,
    )


def _refusals(connection: Connection, conflicts: Sequence[tuple[_Said, int]]) -> Iterable[Refusal]:
    if not conflicts:
        return
    c = t.candidates.c
    keys: dict[int, str] = {}
    for some in parts(owner for _, owner in conflicts):
        keys.update(connection.execute(select(c.id, c.key).where(c.id.in_(some))).all())
    for said, owner in conflicts:
        yield belongs_to_another(said.record, said.number, said.key, keys[owner])


def belongs_to_another(record: CandidateRecord, number: int, key: str, owner: str) -> Refusal:
    """What is said of a record's award that has the `key` of one that the candidate `owner` has."""
    alone = CandidateRecord(
        record.key, awards=(record.awards[number],), identifiers=record.identifiers, place=record.place
    )
    told = messages.said("the award %(key)s belongs to another candidate", key=key)
    reason = messages.said(
        "the award %(key)s belongs to another candidate, %(candidate)s", key=key, candidate=owner
    )
    return Refusal(alone, f"awards[{number}].key", reason, told)


def _start(issued: int | None, valid_from: int | None) -> int | None:
    return issued if valid_from is None else valid_from
