"""Taking in a framework: its competencies, labels and relations, created or brought to what it says now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, insert, select, true, update

from matcher.records import Kind
from matcher.store import tables as t
from matcher.store.database import Connection, insert_many, parts
from matcher.store.organisations import note_vocabulary_change
from matcher.store.vocabularies import competency_ids


class StatedCompetency(Protocol):
    """A competency as a framework states it; labels and aliases by language, relations by URI."""

    @property
    def uri(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def aliases(self) -> Mapping[str, Sequence[str]]: ...
    @property
    def broader(self) -> Sequence[str]: ...
    @property
    def narrower(self) -> Sequence[str]: ...
    @property
    def related(self) -> Sequence[str]: ...
    @property
    def same(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework of competencies by name, with the version that is taken in."""

    name: str
    version: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class FrameworkCounts:
    """What became of a framework's competencies.

    `shared`: URIs left out because they stand in the shared vocabulary. `waiting`: how many relations are
    kept, but do not count yet, because nobody knows the other end.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    shared: tuple[str, ...] = ()
    waiting: int = 0


def store_framework(
    connection: Connection,
    organisation_id: int,
    framework: Framework,
    competencies: Sequence[StatedCompetency],
) -> FrameworkCounts:
    """Take in the competencies of a framework for an organisation, or for everybody (`SHARED`).

    They are known by URI. Those stored already get the kind, labels and relations stated now, and lose
    vectors of a label that changed; those no longer stated stay as they are, since awards may name them. An
    organisation cannot change what the shared vocabulary has. Relations may lead to competencies of any
    framework: one whose other end nobody knows waits until it is stored, so that the order in which
    frameworks are taken in makes no difference. Only inside `Database.write`.
    """
    shared = _shared_among(connection, organisation_id, competencies)
    stated = {one.uri: one for one in competencies if one.uri not in shared}
    framework_id = _framework(connection, organisation_id, framework)
    stored = _stored(connection, organisation_id, stated)
    changed = _update(connection, framework_id, stored, stated)
    new = [one for uri, one in stated.items() if uri not in stored]
    _insert(connection, organisation_id, framework_id, new)
    ids = competency_ids(connection, organisation_id, stated)
    changed |= _replace_labels(connection, ids, stated.values())
    changed |= _replace_relations(connection, organisation_id, ids, stated.values())
    changed |= settle_relations(connection, organisation_id, ids)
    old = {id_ for id_, _ in stored.values()}
    if new or changed:
        note_vocabulary_change(connection, organisation_id)
    return FrameworkCounts(
        added=len(new),
        changed=len(changed & old),
        unchanged=len(old - changed),
        shared=tuple(sorted(shared)),
        waiting=waiting_relations(connection, organisation_id, framework.name),
    )


def waiting_relations(connection: Connection, organisation_id: int, framework: str) -> int:
    """How many relations of a framework wait for a competency that nobody knows yet."""
    w, c, f = t.waiting_relations.c, t.competencies.c, t.frameworks.c
    query = (
        select(func.count())
        .select_from(t.waiting_relations)
        .join(t.competencies, c.id == w.competency_id)
        .join(t.frameworks, f.id == c.framework_id)
        .where(f.organisation_id == organisation_id, f.name == framework)
    )
    return connection.execute(query).scalar_one()


def add_aliases(
    connection: Connection, organisation_id: int, aliases: Mapping[str, Iterable[tuple[str, str]]]
) -> int:
    """Give competencies further aliases (language, text), by URI; gives how many of them are new.

    URIs that are not stored are passed over. Only inside `Database.write`.
    """
    ids = competency_ids(connection, organisation_id, aliases)
    w = t.labels.c
    known: set[tuple[int, str, str]] = set()
    for some in parts(ids.values()):
        rows = connection.execute(
            select(w.competency_id, w.language, w.text).where(w.competency_id.in_(some))
        )
        known.update((id_, language, text) for id_, language, text in rows)
    stated = {(ids[uri], *alias) for uri, found in aliases.items() if uri in ids for alias in found}
    new = [(*alias, False) for alias in sorted(stated - known)]
    insert_many(connection, t.labels, _LABEL, new)
    if new:
        note_vocabulary_change(connection, organisation_id)
    return len(new)


def remove_aliases(
    connection: Connection, organisation_id: int, aliases: Mapping[str, Iterable[tuple[str, str]]]
) -> int:
    """Take aliases (language, text) from competencies, by URI; gives how many there were. Labels stay.

    Only inside `Database.write`.
    """
    w = t.labels.c
    removed = 0
    for uri, id_ in competency_ids(connection, organisation_id, aliases).items():
        for language, text in aliases[uri]:
            wrong = (w.competency_id == id_) & (w.language == language) & (w.text == text) & ~w.preferred
            removed += connection.execute(delete(t.labels).where(wrong)).rowcount
    if removed:
        note_vocabulary_change(connection, organisation_id)
    return removed


def add_same(connection: Connection, organisation_id: int, pairs: Sequence[tuple[str, str]]) -> int:
    """State that competencies are the same, by URI; gives how many of these relations are new.

    Those with a URI that is not stored are passed over. Only inside `Database.write`.
    """
    ids = competency_ids(connection, organisation_id, [uri for pair in pairs for uri in pair])
    stated = {(ids[one], "same", ids[other]) for one, other in pairs if one in ids and other in ids}
    r = t.relations.c
    stored: set[tuple[int, str, int]] = set()
    for some in parts(one for one, _, _ in stated):
        rows = connection.execute(
            select(r.competency_id, r.type, r.other_id).where(r.competency_id.in_(some), r.type == "same")
        )
        stored.update((one, kind, other) for one, kind, other in rows)
    new = sorted(stated - stored)
    insert_many(connection, t.relations, ("competency_id", "type", "other_id"), new)
    if new:
        note_vocabulary_change(connection, organisation_id)
    return len(new)


_End = TypeVar("_End", int, str)
"""The other end of a relation: its id, or its URI while nobody knows it."""

_LABEL = ("competency_id", "language", "text", "preferred")


def _shared_among(
    connection: Connection, organisation_id: int, competencies: Sequence[StatedCompetency]
) -> set[str]:
    if organisation_id == t.SHARED:
        return set()
    return set(competency_ids(connection, t.SHARED, (one.uri for one in competencies)))


def _framework(connection: Connection, organisation_id: int, framework: Framework) -> int:
    f = t.frameworks.c
    ours = (f.organisation_id == organisation_id) & (f.name == framework.name)
    values = {"version": framework.version, "attribution": framework.attribution}
    found: int | None = connection.execute(select(f.id).where(ours)).scalar()
    if found is None:
        new = insert(t.frameworks).values(organisation_id=organisation_id, name=framework.name, **values)
        found = connection.execute(new.returning(f.id)).scalar_one()
    else:
        connection.execute(update(t.frameworks).where(f.id == found).values(**values))
    return found


_Head = tuple[int, str, str, str]
"""Framework, kind, English and French label, as the competency's own row has them."""


def _head(framework_id: int, stated: StatedCompetency) -> _Head:
    return framework_id, stated.kind.value, stated.labels.get("en", ""), stated.labels.get("fr", "")


def _stored(
    connection: Connection, organisation_id: int, uris: Iterable[str]
) -> dict[str, tuple[int, _Head]]:
    c = t.competencies.c
    found: dict[str, tuple[int, _Head]] = {}
    for some in parts(uris):
        rows = connection.execute(
            select(c.uri, c.id, c.framework_id, c.kind, c.label_en, c.label_fr).where(
                c.organisation_id == organisation_id, c.uri.in_(some)
            )
        )
        found.update((uri, (id_, (framework, kind, en, fr))) for uri, id_, framework, kind, en, fr in rows)
    return found


def _update(
    connection: Connection,
    framework_id: int,
    stored: Mapping[str, tuple[int, _Head]],
    stated: Mapping[str, StatedCompetency],
) -> set[int]:
    """Bring the stored ones' own rows to what is stated; gives the ids of those that changed."""
    changed = {
        id_: _head(framework_id, stated[uri])
        for uri, (id_, head) in stored.items()
        if head != _head(framework_id, stated[uri])
    }
    if not changed:
        return set()
    c = t.competencies.c
    connection.execute(
        update(t.competencies).where(c.id == bindparam("stored_id")),
        [
            {"stored_id": id_, "framework_id": framework, "kind": kind, "label_en": en, "label_fr": fr}
            for id_, (framework, kind, en, fr) in changed.items()
        ],
    )
    renamed = [id_ for id_, head in stored.values() if id_ in changed and head[2:] != changed[id_][2:]]
    for some in parts(renamed):
        connection.execute(delete(t.vectors).where(t.vectors.c.competency_id.in_(some)))
    return set(changed)


def _insert(
    connection: Connection, organisation_id: int, framework_id: int, new: Iterable[StatedCompetency]
) -> None:
    columns = ("organisation_id", "framework_id", "uri", "kind", "label_en", "label_fr")
    rows = []
    for one in new:
        framework, *head = _head(framework_id, one)
        rows.append((organisation_id, framework, one.uri, *head))
    insert_many(connection, t.competencies, columns, rows)


def _replace_labels(
    connection: Connection, ids: Mapping[str, int], stated: Iterable[StatedCompetency]
) -> set[int]:
    """Bring all labels to what is stated; gives the ids of the competencies of which some changed."""
    w = t.labels.c
    stored: dict[tuple[int, str, str], tuple[int, bool]] = {}
    for some in parts(ids.values()):
        rows = connection.execute(
            select(w.id, w.competency_id, w.language, w.text, w.preferred).where(w.competency_id.in_(some))
        )
        stored.update(
            ((owner, language, text), (id_, preferred)) for id_, owner, language, text, preferred in rows
        )
    wanted: dict[tuple[int, str, str], bool] = {}
    for one in stated:
        for language, texts in one.aliases.items():
            wanted.update(((ids[one.uri], language, text), False) for text in texts)
        wanted.update(((ids[one.uri], language, text), True) for language, text in one.labels.items())
    old = {key: id_ for key, (id_, preferred) in stored.items() if wanted.get(key) != preferred}
    new = [(*key, preferred) for key, preferred in wanted.items() if key not in stored or key in old]
    for some in parts(old.values()):
        connection.execute(delete(t.labels).where(w.id.in_(some)))
    insert_many(connection, t.labels, _LABEL, new)
    return {key[0] for key in old} | {row[0] for row in new}


def _replace_relations(
    connection: Connection,
    organisation_id: int,
    ids: Mapping[str, int],
    stated: Iterable[StatedCompetency],
) -> set[int]:
    """Bring the relations that start at `ids`, and those that wait, to what is stated.

    Gives the ids of the competencies of which some changed.
    """
    by_type = [
        (one.uri, kind, other)
        for one in stated
        for kind, others in (
            ("broader", one.broader),
            ("narrower", one.narrower),
            ("related", one.related),
            ("same", one.same),
        )
        for other in others
    ]
    others = {other for _, _, other in by_type}
    known = competency_ids(connection, organisation_id, others)
    known |= competency_ids(connection, t.SHARED, others)
    wanted = {(ids[uri], kind, known[other]) for uri, kind, other in by_type if other in known}
    waiting = {(ids[uri], kind, other) for uri, kind, other in by_type if other not in known}
    changed = _bring(connection, t.relations, ids, wanted)
    _bring(connection, t.waiting_relations, ids, waiting)
    return changed


def _bring(
    connection: Connection, table: Table, ids: Mapping[str, int], wanted: set[tuple[int, str, _End]]
) -> set[int]:
    """Bring the rows of a table of relations that start at `ids` to those wanted; gives the ids changed."""
    start, kind_of, end = table.c
    stored: set[tuple[int, str, _End]] = set()
    for some in parts(ids.values()):
        rows = connection.execute(select(start, kind_of, end).where(start.in_(some)))
        stored.update((one, kind, other) for one, kind, other in rows)
    for one, kind, other in stored - wanted:
        connection.execute(delete(table).where((start == one) & (kind_of == kind) & (end == other)))
    insert_many(connection, table, [column.name for column in table.c], sorted(wanted - stored))
    return {one for one, *_ in stored ^ wanted}


def settle_relations(connection: Connection, organisation_id: int, ids: Mapping[str, int]) -> set[int]:
    """Make relations of those that waited for competencies (`ids`, by URI) of an organisation or `SHARED`.

    Gives the ids of the organisation's competencies that they start at. Those of others that waited for what
    is now shared count from now on as well. Only inside `Database.write`.
    """
    w, c = t.waiting_relations.c, t.competencies.c
    found: list[tuple[int, str, int]] = []
    owners: dict[int, int] = {}
    for uris in parts(ids):
        rows = connection.execute(
            select(w.competency_id, w.type, w.other_uri, c.organisation_id)
            .join(t.competencies, c.id == w.competency_id)
            .where(w.other_uri.in_(uris), _owned(organisation_id))
        )
        for one, kind, other, owner in rows:
            found.append((one, kind, ids[other]))
            owners[one] = owner
        connection.execute(
            delete(t.waiting_relations).where(
                w.other_uri.in_(uris), w.competency_id.in_(select(c.id).where(_owned(organisation_id)))
            )
        )
    insert_many(connection, t.relations, ("competency_id", "type", "other_id"), sorted(set(found)))
    for owner in sorted(set(owners.values()) - {organisation_id}):
        note_vocabulary_change(connection, owner)
    return {one for one, owner in owners.items() if owner == organisation_id}


def _owned(organisation_id: int) -> ColumnElement[bool]:
    c = t.competencies.c
    return true() if organisation_id == t.SHARED else c.organisation_id == organisation_id
