"""Vocabularies as stored: whole, for compiling; and the vectors of competencies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from matcher.errors import NotFound
from matcher.messages import said
from matcher.records import Competency, Kind
from matcher.store import tables as t
from matcher.store.database import Connection, insert_many, parts
from matcher.store.organisations import note_vocabulary_change
from matcher.validation import shown
from matcher.vocabulary.contents import Contents, Label

_LONGEST_VERSION = 60


@dataclass(frozen=True, slots=True)
class VocabularyState:
    """How far the shared vocabulary and that of an organisation have changed: numbers that only rise."""

    organisation_id: int
    shared: int
    own: int


def vocabulary_state(connection: Connection, organisation_key: str) -> VocabularyState:
    """The state of what an organisation sees, in one query. Raises NotFound."""
    o = t.organisations.c
    rows = connection.execute(
        select(o.id, o.key, o.vocabulary_change).where((o.key == organisation_key) | (o.id == t.SHARED))
    )
    found = {key if id_ != t.SHARED else None: (id_, change) for id_, key, change in rows}
    if organisation_key not in found:
        raise NotFound(said("there is no organisation %(key)s", key=shown(organisation_key)))
    id_, own = found[organisation_key]
    return VocabularyState(id_, found[None][1], own)


def shared_version(connection: Connection) -> str:
    """The version of the shared vocabulary: its frameworks in words, and a digest of its state.

    Another database has another one unless it was filled in the same way.
    """
    f, c, o = t.frameworks.c, t.competencies.c, t.organisations.c
    frameworks = connection.execute(
        select(f.id, f.name, f.version).where(f.organisation_id == t.SHARED).order_by(f.id)
    ).all()
    size = connection.execute(select(func.count(), func.max(c.id)).where(c.organisation_id == t.SHARED)).one()
    change = connection.execute(select(o.vocabulary_change).where(o.id == t.SHARED)).scalar_one()
    state = ascii(([tuple(row) for row in frameworks], tuple(size), change))
    words = "+".join(f"{row.name}-{row.version}" for row in frameworks)
    plain = "".join(letter if letter.isalnum() or letter in "+-." else "-" for letter in words)
    return f"{plain[:_LONGEST_VERSION]}.{hashlib.blake2b(state.encode(), digest_size=4).hexdigest()}"


def load_contents(connection: Connection, organisation_id: int, model: str) -> Contents:
    """All competencies of an organisation, or the `SHARED` ones, with the vectors that `model` made.

    A label that only repeats the URI, for want of a better one, is left out.
    """
    c, f, w = t.competencies.c, t.frameworks.c, t.labels.c
    r, v = t.relations.c, t.vectors.c
    ours = c.organisation_id == organisation_id
    frameworks = select(f.id, f.name).where(f.organisation_id == organisation_id).order_by(f.id)
    names = dict(connection.execute(frameworks).all())
    competencies = connection.execute(
        select(c.id, c.uri, c.label_en, c.label_fr, c.kind, c.framework_id).where(ours).order_by(c.id)
    )
    labels = connection.execute(
        select(w.competency_id, w.language, w.text, w.preferred)
        .join(t.competencies, c.id == w.competency_id)
        .where(ours, w.text != c.uri)
    )
    relations = connection.execute(
        select(r.competency_id, r.type, r.other_id)
        .join(t.competencies, c.id == r.competency_id)
        .where(ours, r.type != "related")
    )
    vectors = connection.execute(
        select(v.competency_id, v.label, v.description)
        .join(t.competencies, c.id == v.competency_id)
        .where(ours, v.model == model)
    )
    return Contents(
        frameworks=list(names.values()),
        competencies=[
            Competency(id_, uri, english, french, Kind(kind), names[framework])
            for id_, uri, english, french, kind, framework in competencies
        ],
        labels=[Label(*row) for row in labels],
        relations=[
            (other, "broader", one) if kind == "narrower" else (one, kind, other)
            for one, kind, other in relations
        ],
        vectors={id_: (label, description or b"") for id_, label, description in vectors},
    )


def unencoded(
    connection: Connection, organisation_id: int, model: str, limit: int
) -> list[tuple[int, str, str]]:
    """Up to `limit` competencies without vectors of `model`, with their English and French labels.

    Ones that have only their URI are left out.
    """
    c, v = t.competencies.c, t.vectors.c
    rows = connection.execute(
        select(c.id, c.label_en, c.label_fr)
        .outerjoin(t.vectors, (v.competency_id == c.id) & (v.model == model))
        .where(c.organisation_id == organisation_id, v.competency_id.is_(None), c.label_en != c.uri)
        .order_by(c.id)
        .limit(limit)
    )
    return [(id_, english, french) for id_, english, french in rows]


def encoded(connection: Connection, organisation_id: int, model: str, uris: Iterable[str]) -> dict[str, bool]:
    """Which competencies have vectors of `model`, by URI, and whether their description has one."""
    c, v = t.competencies.c, t.vectors.c
    found: dict[str, bool] = {}
    for some in parts(uris):
        rows = connection.execute(
            select(c.uri, v.description.is_not(None))
            .join(t.vectors, v.competency_id == c.id)
            .where(c.organisation_id == organisation_id, c.uri.in_(some), v.model == model)
        )
        found.update((uri, bool(described)) for uri, described in rows)
    return found


def store_vectors(
    connection: Connection,
    organisation_id: int,
    model: str,
    vectors: Mapping[int, tuple[bytes, bytes | None]],
) -> None:
    """Store vectors of labels and descriptions by competency, in place of those there are of this model.

    384 bytes each; a label of zeros says that the model cannot read it. Only inside `Database.write`.
    """
    if not vectors:
        return
    v = t.vectors.c
    for some in parts(vectors):
        connection.execute(delete(t.vectors).where(v.model == model, v.competency_id.in_(some)))
    rows = [(id_, model, label, description) for id_, (label, description) in sorted(vectors.items())]
    insert_many(connection, t.vectors, ("competency_id", "model", "label", "description"), rows)
    note_vocabulary_change(connection, organisation_id)


def framework_versions(connection: Connection, organisation_id: int) -> dict[str, str]:
    """The versions of an organisation's frameworks, or of the `SHARED` ones, by name in order."""
    f = t.frameworks.c
    rows = connection.execute(select(f.name, f.version).where(f.organisation_id == organisation_id))
    return dict(sorted(tuple(row) for row in rows))


def competency_ids(connection: Connection, organisation_id: int, uris: Iterable[str]) -> dict[str, int]:
    """Ids of an organisation's own competencies, or of the `SHARED` ones, by URI; unknown ones left out."""
    c = t.competencies.c
    found: dict[str, int] = {}
    for some in parts(uris):
        ours = (c.organisation_id == organisation_id) & c.uri.in_(some)
        found.update(connection.execute(select(c.uri, c.id).where(ours)).all())
    return found


def prune_vectors(connection: Connection, organisation_id: int, model: str) -> int:
    """Forget the vectors of an organisation's own competencies that other models than `model` made; how many.

    Only where no reading of that model counts any longer. Those of the shared vocabulary are other
    organisations' too, and stay. Only inside `Database.write`.
    """
    v, c = t.vectors.c, t.competencies.c
    own = select(c.id).where(c.organisation_id == organisation_id)
    return connection.execute(delete(t.vectors).where(v.model != model, v.competency_id.in_(own))).rowcount
