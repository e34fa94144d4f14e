"""Achievements as an import brings them, with their issuers: created, merged, or recognised as stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, delete, insert, select, update

from matcher.records import AchievementRecord, CompetencyRef, IssuerRef, RelatedRef
from matcher.store import tables as t
from matcher.store.achievements import Stage
from matcher.store.changes import wholes
from matcher.store.database import Connection, parts
from matcher.store.identity import (
    achievement_key,
    achievement_version,
    issuer_key,
    named_achievement_key,
)
from matcher.store.organisations import Organisation
from matcher.store.own_competencies import competency_ids
from matcher.store.superseded import Of, Version, load_older, store_older

_REMEMBERED = 50_000
"""Achievements that one import remembers at most: its memory does not grow with its files."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A stored achievement, as its awards need it: with the key of the issuer that a record named."""

    id: int
    key: str
    issuer: str


@dataclass(slots=True)
class _State:
    """One achievement while a batch is taken in. `issuer_said`, `refs` and `related`: what was newly said."""

    key: str
    issuer: IssuerRef
    name: str
    description: str = ""
    reading: str = Stage.UNREAD.value
    id: int = 0
    version: Version = field(default_factory=Version)
    changed: bool = False
    issuer_id: int = 0
    issuer_said: bool = False
    refs: tuple[CompetencyRef, ...] = ()
    related: tuple[RelatedRef, ...] = ()
    reworded: bool = False

    def take(self, record: AchievementRecord) -> None:
        """Take over what `record` says; what it leaves empty stays."""
        self.changed = True
        words = record.name or self.name, record.description or self.description
        if words != (self.name, self.description) and self.reading in _READ_FROM_WORDS:
            self.reading, self.reworded = Stage.UNREAD.value, True
        self.name, self.description = words
        if record.issuer != IssuerRef():
            self.issuer, self.issuer_said = record.issuer, True
        self.related = record.related or self.related
        if record.competencies:
            self.refs = record.competencies
            self.reading = Stage.ALIGNED.value


_READ_FROM_WORDS = {Stage.INFERRED.value, Stage.NOT_UNDERSTOOD.value}


class AchievementIntake:
    """The achievements of one import into one organisation; remembers those it has already stored.

    What it remembers holds only while its transactions are committed: after one failed, take a new one.
    """

    def __init__(self, organisation: Organisation, *, authoritative: bool = False) -> None:
        self._organisation = organisation
        self._authoritative = authoritative
        self._known: dict[AchievementRecord, Offer] = {}

    def store(
        self, connection: Connection, records: Sequence[AchievementRecord]
    ) -> tuple[list[Offer], set[int]]:
        """Store `records`, the later winning, and give the achievement of each.

        Also gives the ids of the achievements whose claims or issuer may have changed, through their parts
        too: what their holders can prove is no longer what it was.
        """
        if self._authoritative or len(self._known) > _REMEMBERED:
            self._known = {}
        found = [self._known.get(record) for record in records]
        new = [record for record, offer in zip(records, found, strict=True) if offer is None]
        if self._authoritative:  # of a version that comes twice, the later place counts, else the first
            new = list(dict.fromkeys(reversed(new)))[::-1]
        touched = self._store(connection, list(dict.fromkeys(new))) if new else set()
        return [offer or self._known[record] for record, offer in zip(records, found, strict=True)], touched

    def _store(self, connection: Connection, records: list[AchievementRecord]) -> set[int]:
        keyed = [(record, issuer_key(record.issuer)) for record in records]
        named = [(record, achievement_key(record, issuer), issuer) for record, issuer in keyed]
        states = self._load(connection, {key for _, key, _ in named})
        self._load_older(connection, named, states)
        for record, key, _ in named:
            state = states.get(key)
            if state is None:
                state = states[key] = _State(key, record.issuer, record.name or record.key)
                state.changed = state.issuer_said = True
            if state.version.advance(achievement_version(record), authoritative=self._authoritative):
                state.take(record)
        touched = self._write(connection, [state for state in states.values() if state.changed])
        self._known.update((record, Offer(states[key].id, key, issuer)) for record, key, issuer in named)
        return touched

    def _load(self, connection: Connection, keys: set[str]) -> dict[str, _State]:
        a, i = t.achievements.c, t.issuers.c
        states: dict[str, _State] = {}
        for some in parts(keys):
            rows = connection.execute(
                select(a.id, a.key, a.name, a.description, a.reading, a.digest)
                .add_columns(i.id.label("issuer_id"), i.name.label("issuer"), i.url)
                .join(t.issuers, i.id == a.issuer_id)
                .where(a.organisation_id == self._organisation.id, a.key.in_(some))
            )
            for row in rows:
                states[row.key] = _State(
                    key=row.key,
                    issuer=IssuerRef(row.issuer, row.url),
                    name=row.name,
                    description=row.description,
                    reading=row.reading,
                    id=row.id,
                    version=Version(row.digest),
                    issuer_id=row.issuer_id,
                )
        return states

    def _load_older(
        self,
        connection: Connection,
        named: list[tuple[AchievementRecord, str, str]],
        states: dict[str, _State],
    ) -> None:
        differing = {
            state.id: state.version
            for record, key, _ in named
            if (state := states.get(key)) and state.version.current != achievement_version(record)
        }
        load_older(connection, self._organisation.id, Of.ACHIEVEMENT, differing.items())

    def _write(self, connection: Connection, states: list[_State]) -> set[int]:
        """Write `states`, and give the ids whose claims or issuer may have changed."""
        if not states:
            return set()
        organisation_id = self._organisation.id
        before = {state.id: state.issuer_id for state in states if state.id}
        saying = [state for state in states if state.issuer_said]
        issuers = _store_issuers(connection, organisation_id, [state.issuer for state in saying])
        for state in saying:
            state.issuer_id = issuers[issuer_key(state.issuer)]
        _write_rows(connection, organisation_id, states)
        for some in parts(state.id for state in states if state.reworded):
            n = t.next_readings.c  # what its former words were read as, and does not count yet
            connection.execute(delete(t.next_readings).where(n.achievement_id.in_(some)))
        touched = {state.id for state in states if before.get(state.id) != state.issuer_id}
        touched |= self._write_relations(connection, [state for state in states if state.related])
        touched |= self._write_competencies(connection, [state for state in states if state.refs])
        store_older(
            connection, organisation_id, Of.ACHIEVEMENT, [(state.id, state.version) for state in states]
        )
        return touched | wholes(connection, organisation_id, touched)

    def _write_competencies(self, connection: Connection, states: list[_State]) -> set[int]:
        refs = [ref for state in states for ref in state.refs]
        ids = competency_ids(connection, self._organisation, refs)
        k = t.achievement_competencies.c
        held: defaultdict[int, set[tuple[int, bool]]] = defaultdict(set)
        for some in parts(state.id for state in states):
            for achievement, competency, inferred in connection.execute(
                select(k.achievement_id, k.competency_id, k.inferred).where(k.achievement_id.in_(some))
            ):
                held[achievement].add((competency, inferred))
        said = {state.id: {(ids[ref], False) for ref in state.refs if ref in ids} for state in states}
        changed = {achievement for achievement, claims in said.items() if claims != held[achievement]}
        for some in parts(changed):
            connection.execute(delete(t.achievement_competencies).where(k.achievement_id.in_(some)))
        rows = [
            {"achievement_id": achievement, "competency_id": competency, "inferred": inferred}
            for achievement in sorted(changed)
            for competency, inferred in sorted(said[achievement])
        ]
        if rows:
            connection.execute(insert(t.achievement_competencies), rows)
        return changed

    def _write_relations(self, connection: Connection, states: list[_State]) -> set[int]:
        """Write who is part of whom; touched are also the wholes that lose a part by it."""
        said = {
            state.id: {
                (other.type, named_achievement_key(other.key, issuer_key(state.issuer)))
                for other in state.related
            }
            for state in states
        }
        r = t.achievement_relations.c
        held: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
        for some in parts(said):
            for achievement, type_, key in connection.execute(
                select(r.achievement_id, r.type, r.other_key).where(r.achievement_id.in_(some))
            ):
                held[achievement].add((type_, key))
        changed = {achievement for achievement, related in said.items() if related != held[achievement]}
        losing = wholes(connection, self._organisation.id, changed)
        for some in parts(changed):
            connection.execute(delete(t.achievement_relations).where(r.achievement_id.in_(some)))
        rows = [
            {"achievement_id": achievement, "type": type_, "other_key": key}
            for achievement in sorted(changed)
            for type_, key in sorted(said[achievement])
        ]
        if rows:
            connection.execute(insert(t.achievement_relations), rows)
        return changed | losing


def _write_rows(connection: Connection, organisation_id: int, states: Sequence[_State]) -> None:
    """Insert the new ones of `states`, which get their ids, and update the others."""
    a = t.achievements.c
    rows = {
        state.key: {
            "organisation_id": organisation_id,
            "key": state.key,
            "issuer_id": state.issuer_id,
            "name": state.name,
            "description": state.description,
            "digest": state.version.current,
            "reading": state.reading,
        }
        for state in states
    }
    stored = {state.key: state.id for state in states if state.id}
    if fresh := [row for key, row in rows.items() if key not in stored]:
        connection.execute(insert(t.achievements), fresh)
    if stored:
        by_id = update(t.achievements).where(a.id == bindparam("stored_id"))
        connection.execute(by_id, [{**rows[key], "stored_id": id_} for key, id_ in stored.items()])
    nobody = {"confirmed_by": "", "model": "", "vocabulary": ""}
    for ids in parts(state.id for state in states if state.id and state.refs):
        connection.execute(update(t.achievements).where(a.id.in_(ids)).values(nobody))
    for some in parts(key for key in rows if key not in stored):
        query = select(a.key, a.id).where(a.organisation_id == organisation_id, a.key.in_(some))
        stored.update(connection.execute(query).all())
    for state in states:
        state.id = stored[state.key]


def _store_issuers(
    connection: Connection, organisation_id: int, issuers: Iterable[IssuerRef]
) -> dict[str, int]:
    """The ids of `issuers` by key; new ones are created, and a name or address that is given replaces."""
    said: dict[str, IssuerRef] = {}
    for issuer in issuers:
        before = said.get(key := issuer_key(issuer), issuer)
        said[key] = IssuerRef(issuer.name or before.name, issuer.url or before.url)
    i = t.issuers.c
    found: dict[str, int] = {}
    for some in parts(said):
        query = select(i.id, i.key, i.name, i.url).where(
            i.organisation_id == organisation_id, i.key.in_(some)
        )
        for id_, key, name, url in connection.execute(query).all():
            found[key] = id_
            named = {"name": said[key].name or name, "url": said[key].url or url}
            if named != {"name": name, "url": url}:
                connection.execute(update(t.issuers).where(i.id == id_).values(named))
    missing = said.keys() - found.keys()
    rows = [
        {"organisation_id": organisation_id, "key": key, "name": said[key].name, "url": said[key].url}
        for key in sorted(missing)
    ]
    if rows:
        connection.execute(insert(t.issuers), rows)
    for some in parts(missing):
        ids = select(i.key, i.id).where(i.organisation_id == organisation_id, i.key.in_(some))
        found.update(connection.execute(ids).all())
    return found
