"""Taking in a framework: its competencies, labels and relations, created or brought to what it says now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import bindparam, delete, insert, select, update

from matcher.records import Kind
from matcher.store import tables as t
from matcher.store.database import Connection, insert_many, parts
from matcher.store.organisations import note_vocabulary_change
from matcher.store.relations import (
    Related,
    circles_closed,
    edge_of,
    links_of,
    replace_relations,
    settle_relations,
    waiting_relations,
)
from matcher.store.vocabularies import competency_ids
from matcher.vocabulary.circles import Circle


class StatedCompetency(Related, Protocol):
    """A competency as a framework states it; labels and aliases by language, relations by URI."""

    @property
    def kind(self) -> Kind: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def aliases(self) -> Mapping[str, Sequence[str]]: ...


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework of competencies by name, with the version that is taken in."""

    name: str
    version: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """How a framework fits what is stored.

    `met`: URIs that stand in the shared vocabulary already. `others`: URIs of the organisation's own
    competencies that another framework brought -> its name. `circles`: what it states of breadth that would
    close a circle, and is refused.
    """

    met: frozenset[str] = frozenset()
    others: Mapping[str, str] = field(default_factory=dict)
    circles: Sequence[Circle] = ()


@dataclass(frozen=True, slots=True)
class FrameworkCounts:
    """What became of a framework's competencies.

    `waiting`: of the relations that are kept, but do not count yet because nobody knows the other end, how
    many there are of a kind, and such an end.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    checked: Checked = field(default_factory=Checked)
    waiting: Mapping[str, tuple[int, str]] = field(default_factory=dict)


def check_framework(
    connection: Connection,
    organisation_id: int,
    name: str,
    competencies: Sequence[StatedCompetency],
    silent: Collection[str] = (),
) -> Checked:
    """How the competencies of the framework called `name` would fit; `silent` as for `store_framework`."""
    met = _shared_among(connection, organisation_id, competencies)
    c, f = t.competencies.c, t.frameworks.c
    others: dict[str, str] = {}
    for some in parts(one.uri for one in competencies if one.uri not in met):
        rows = connection.execute(
            select(c.uri, f.name)
            .join(t.frameworks, f.id == c.framework_id)
            .where(c.organisation_id == organisation_id, c.uri.in_(some), f.name != name, c.label_en != c.uri)
        )
        others.update((uri, other) for uri, other in rows)
    return Checked(frozenset(met), others, circles_closed(connection, organisation_id, competencies, silent))


def labels_of(connection: Connection, organisation_id: int, uris: Iterable[str]) -> dict[str, str]:
    """What the competencies with these URIs are called, as far as an organisation sees them."""
    c = t.competencies.c
    found: dict[str, str] = {}
    for some in parts(uris):
        seen = c.organisation_id.in_((t.SHARED, organisation_id)) & c.uri.in_(some)
        rows = connection.execute(select(c.uri, c.label_en, c.label_fr).where(seen))
        found.update((uri, english or french) for uri, english, french in rows)
    return found


def store_framework(
    connection: Connection,
    organisation_id: int,
    framework: Framework,
    competencies: Sequence[StatedCompetency],
    silent: Collection[str] = (),
) -> FrameworkCounts:
    """Take in the competencies of a framework for an organisation, or for everybody (`SHARED`).

    They are known by URI. Those stored already get the kind, labels and relations stated now, and lose
    vectors of a label that changed; those no longer stated stay as they are, since awards may name them. What
    the framework is `silent` on ("en", "fr", "kind", kinds of relations) stays as it is stored.

    An organisation cannot change what the shared vocabulary has: what it states of such a competency are
    relations alone, kept at a nameless competency of its own with the same URI, which counts as the same.

    Relations may lead to competencies of any framework: one whose other end nobody knows waits until it is
    stored, so that the order in which frameworks are taken in makes no difference. One that would close a
    circle of broader competencies is left out. Only inside `Database.write`.
    """
    checked = check_framework(connection, organisation_id, framework.name, competencies, silent)
    stated = {one.uri: _own(one, checked.met) for one in competencies}
    framework_id = _framework(connection, organisation_id, framework)
    stored = _stored(connection, organisation_id, stated)
    changed = _update(connection, framework_id, stored, stated, silent)
    new = [one for uri, one in stated.items() if uri not in stored]
    _insert(connection, organisation_id, framework_id, new)
    ids = competency_ids(connection, organisation_id, stated)
    changed |= _replace_labels(connection, ids, stated.values(), silent)
    refused = {circle.edge for circle in checked.circles}
    links = [link for link in links_of(stated.values()) if edge_of(link) not in refused]
    changed |= replace_relations(connection, organisation_id, ids, links, silent)
    changed |= settle_relations(connection, organisation_id, ids)
    if new or changed:
        note_vocabulary_change(connection, organisation_id)
    old = {id_ for uri, (id_, _) in stored.items() if uri not in checked.met}
    return FrameworkCounts(
        added=sum(one.uri not in checked.met for one in new),
        changed=len(changed & old),
        unchanged=len(old - changed),
        checked=checked,
        waiting=waiting_relations(connection, organisation_id, framework.name),
    )


@dataclass(frozen=True, slots=True)
class _Nameless:
    """What a framework states of a competency that the shared vocabulary has: its relations alone.

    Its label is its URI, as that of any competency whose name nobody has said: nothing is found by it.
    """

    uri: str
    kind: Kind
    broader: Sequence[str]
    narrower: Sequence[str]
    related: Sequence[str]
    same: Sequence[str]

    @property
    def labels(self) -> Mapping[str, str]:
        return {"en": self.uri}

    @property
    def aliases(self) -> Mapping[str, Sequence[str]]:
        return {}


def _own(one: StatedCompetency, met: Collection[str]) -> StatedCompetency:
    if one.uri not in met:
        return one
    return _Nameless(one.uri, one.kind, one.broader, one.narrower, one.related, one.same)


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


def _without(silent: Collection[str], head: _Head, stored: _Head) -> _Head:
    """`head` with what the framework says nothing of as it is stored."""
    _, kind, english, french = stored
    return (
        head[0],
        kind if "kind" in silent else head[1],
        english if "en" in silent else head[2],
        french if "fr" in silent else head[3],
    )


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
    silent: Collection[str],
) -> set[int]:
    """Bring the stored ones' own rows to what is stated; gives the ids of those that changed."""
    changed = {
        id_: new
        for uri, (id_, head) in stored.items()
        if head != (new := _without(silent, _head(framework_id, stated[uri]), head))
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
    # Vectors are of what is said in English.
    for some in parts([] if "en" in silent else renamed):
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
    connection: Connection,
    ids: Mapping[str, int],
    stated: Iterable[StatedCompetency],
    silent: Collection[str],
) -> set[int]:
    """Bring all labels to what is stated; gives the ids of the competencies of which some changed.

    Those in a language of `silent` stay.
    """
    w = t.labels.c
    stored: dict[tuple[int, str, str], tuple[int, bool]] = {}
    for some in parts(ids.values()):
        rows = connection.execute(
            select(w.id, w.competency_id, w.language, w.text, w.preferred).where(w.competency_id.in_(some))
        )
        stored.update(
            ((owner, language, text), (id_, preferred))
            for id_, owner, language, text, preferred in rows
            if language not in silent
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
