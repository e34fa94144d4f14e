"""The relations between competencies as stored, those that wait for what nobody knows yet, and circles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import ColumnElement, Table, delete, func, select, true

from matcher.store import tables as t
from matcher.store.database import Connection, insert_many, parts
from matcher.store.organisations import note_vocabulary_change
from matcher.store.vocabularies import competency_ids
from matcher.vocabulary.circles import Circle, Edge, circles


class Related(Protocol):
    """A competency with the relations that a framework states of it, by URI."""

    @property
    def uri(self) -> str: ...
    @property
    def broader(self) -> Sequence[str]: ...
    @property
    def narrower(self) -> Sequence[str]: ...
    @property
    def related(self) -> Sequence[str]: ...
    @property
    def same(self) -> Sequence[str]: ...


Link = tuple[str, str, str]
"""A competency, what another is to it (broader, narrower, related, same), and that one, by URI."""

_End = TypeVar("_End", int, str)
"""The other end of a relation: its id, or its URI while nobody knows it."""


def links_of(stated: Iterable[Related]) -> Iterator[Link]:
    """The relations that a framework states."""
    for one in stated:
        yield from ((one.uri, "broader", other) for other in one.broader)
        yield from ((one.uri, "narrower", other) for other in one.narrower)
        yield from ((one.uri, "related", other) for other in one.related)
        yield from ((one.uri, "same", other) for other in one.same)


def edge_of(link: Link) -> Edge | None:
    """What a relation says of breadth: the narrower and the broader one."""
    one, kind, other = link
    return (one, other) if kind == "broader" else (other, one) if kind == "narrower" else None


def circles_closed(
    connection: Connection,
    organisation_id: int,
    stated: Sequence[Related],
    silent: Collection[str] = (),
) -> list[Circle]:
    """The circles that what a framework states would close with itself and with what is stored.

    What is stored of a competency that is stated anew counts only where the framework is `silent` on it.
    Relations that wait count as well, so that none closes a circle when it waits no longer.
    """
    edges = list(filter(None, map(edge_of, links_of(stated))))
    if not edges:
        return []
    anew = {one.uri for one in stated}
    known = (
        edge
        for link, owner in _stored_links(connection, organisation_id)
        if (owner != organisation_id or link[0] not in anew or link[1] in silent) and (edge := edge_of(link))
    )
    return circles(known, edges)


def _stored_links(connection: Connection, organisation_id: int) -> Iterator[tuple[Link, int]]:
    """What an organisation sees of breadth, each relation with the organisation whose it is."""
    r, w = t.relations.c, t.waiting_relations.c
    one, other = t.competencies.alias(), t.competencies.alias()
    seen = one.c.organisation_id.in_((t.SHARED, organisation_id))
    breadth = ("broader", "narrower")
    for query in (
        select(one.c.uri, r.type, other.c.uri, one.c.organisation_id)
        .select_from(t.relations)
        .join(one, one.c.id == r.competency_id)
        .join(other, other.c.id == r.other_id)
        .where(seen, r.type.in_(breadth)),
        select(one.c.uri, w.type, w.other_uri, one.c.organisation_id)
        .select_from(t.waiting_relations)
        .join(one, one.c.id == w.competency_id)
        .where(seen, w.type.in_(breadth)),
    ):
        for start, kind, end, owner in connection.execute(query):
            yield (start, kind, end), owner


def waiting_relations(
    connection: Connection, organisation_id: int, framework: str
) -> dict[str, tuple[int, str]]:
    """How many relations of a framework wait for what nobody knows yet, and an end of one, by kind."""
    w, c, f = t.waiting_relations.c, t.competencies.c, t.frameworks.c
    query = (
        select(w.type, func.count(), func.min(w.other_uri))
        .select_from(t.waiting_relations)
        .join(t.competencies, c.id == w.competency_id)
        .join(t.frameworks, f.id == c.framework_id)
        .where(f.organisation_id == organisation_id, f.name == framework)
        .group_by(w.type)
        .order_by(w.type)
    )
    return {kind: (count, example) for kind, count, example in connection.execute(query)}


def replace_relations(
    connection: Connection,
    organisation_id: int,
    ids: Mapping[str, int],
    links: Collection[Link],
    silent: Collection[str] = (),
) -> set[int]:
    """Bring the relations that start at `ids`, and those that wait, to `links`; kinds of `silent` stay.

    Gives the ids of the competencies of which some changed. Only inside `Database.write`.
    """
    others = {other for _, _, other in links}
    known = competency_ids(connection, organisation_id, others)
    known |= competency_ids(connection, t.SHARED, others)
    wanted = {(ids[uri], kind, known[other]) for uri, kind, other in links if other in known}
    waiting = {(ids[uri], kind, other) for uri, kind, other in links if other not in known}
    changed = _bring(connection, t.relations, ids, wanted, silent)
    _bring(connection, t.waiting_relations, ids, waiting, silent)
    return changed


def _bring(
    connection: Connection,
    table: Table,
    ids: Mapping[str, int],
    wanted: set[tuple[int, str, _End]],
    silent: Collection[str],
) -> set[int]:
    """Bring the rows of a table of relations that start at `ids` to those wanted; gives the ids changed."""
    start, kind_of, end = table.c
    stored: set[tuple[int, str, _End]] = set()
    for some in parts(ids.values()):
        rows = connection.execute(select(start, kind_of, end).where(start.in_(some)))
        stored.update((one, kind, other) for one, kind, other in rows if kind not in silent)
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
