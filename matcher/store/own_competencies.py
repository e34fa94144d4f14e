"""The competencies that achievements name: found in a vocabulary, else created as the organisation's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, insert, or_, select, update

from matcher.records import CompetencyRef
from matcher.store import tables as t
from matcher.store.database import Connection, parts
from matcher.store.identity import own_competency_uri
from matcher.store.organisations import Organisation, note_vocabulary_change
from matcher.store.relations import settle_relations

_FRAMEWORK = "own"
"""The framework of competencies whose issuer names none."""

_LONGEST_FRAMEWORK = 200


def competency_ids(
    connection: Connection, organisation: Organisation, refs: Iterable[CompetencyRef]
) -> dict[CompetencyRef, int]:
    """The competency that each of `refs` means; one that nobody knows becomes the organisation's own.

    By URI in the shared vocabulary, else in the organisation's own; one without a URI is the own competency
    that has exactly its label. Those with neither URI nor label are left out.
    """
    wanted = dict.fromkeys(refs)
    found = _by_uri(connection, organisation, [ref for ref in wanted if ref.uri])
    found.update(_by_label(connection, organisation, [ref for ref in wanted if ref.label and not ref.uri]))
    return found


def _by_uri(
    connection: Connection, organisation: Organisation, refs: list[CompetencyRef]
) -> dict[CompetencyRef, int]:
    c = t.competencies.c
    known: dict[str, int] = {}
    bare: dict[str, int] = {}  # own ones of which nobody has said the label yet
    for uris in parts({ref.uri for ref in refs}):
        rows = connection.execute(
            select(c.id, c.uri, c.label_en, c.organisation_id)
            .where(c.organisation_id.in_((t.SHARED, organisation.id)), c.uri.in_(uris))
            .order_by(c.organisation_id.desc())  # the shared one comes last and stays
        )
        for id_, uri, label, owner in rows:
            known[uri] = id_
            if owner == t.SHARED:
                bare.pop(uri, None)
            elif label == uri:
                bare[uri] = id_
    labels = {ref.uri: ref.label for ref in reversed(refs) if ref.label}
    _label(connection, organisation, {id_: labels[uri] for uri, id_ in bare.items() if uri in labels})
    missing = {ref.uri: ref for ref in reversed(refs) if ref.uri not in known}
    known.update(_create(connection, organisation, missing, labels))
    return {ref: known[ref.uri] for ref in refs}


def _by_label(
    connection: Connection, organisation: Organisation, refs: list[CompetencyRef]
) -> dict[CompetencyRef, int]:
    c = t.competencies.c
    uris = {ref.label: own_competency_uri(organisation.key, ref.label) for ref in refs}
    known: dict[str, int] = {}
    for some in parts(uris):
        named = or_(c.label_en.in_(some), c.label_fr.in_(some), c.uri.in_([uris[label] for label in some]))
        rows = connection.execute(
            select(c.id, c.uri, c.label_en, c.label_fr)
            .where(c.organisation_id == organisation.id, named)
            .order_by(c.id.desc())  # of several the oldest
        )
        for id_, *names in rows:
            known.update(dict.fromkeys(names, id_))
    missing = {
        uris[ref.label]: ref
        for ref in reversed(refs)
        if ref.label not in known and uris[ref.label] not in known
    }
    known.update(_create(connection, organisation, missing, {uri: ref.label for uri, ref in missing.items()}))
    return {ref: known.get(ref.label) or known[uris[ref.label]] for ref in refs}


def _create(
    connection: Connection,
    organisation: Organisation,
    missing: Mapping[str, CompetencyRef],
    labels: Mapping[str, str],
) -> dict[str, int]:
    """Create own competencies, by URI; one without a label has its URI for one until somebody says it."""
    if not missing:
        return {}
    frameworks = _framework_ids(connection, organisation.id, {_framework(ref) for ref in missing.values()})
    rows = [
        {
            "organisation_id": organisation.id,
            "framework_id": frameworks[_framework(ref)],
            "uri": uri,
            "kind": ref.kind.value,
            "label_en": labels.get(uri, uri),
        }
        for uri, ref in missing.items()
    ]
    connection.execute(insert(t.competencies), rows)
    c = t.competencies.c
    created: dict[str, int] = {}
    for uris in parts(missing):
        own = select(c.uri, c.id).where(c.organisation_id == organisation.id, c.uri.in_(uris))
        created.update((uri, id_) for uri, id_ in connection.execute(own))
    preferred = [
        {"competency_id": id_, "language": "en", "text": labels.get(uri, uri), "preferred": True}
        for uri, id_ in created.items()
    ]
    connection.execute(insert(t.labels), preferred)
    settle_relations(connection, organisation.id, created)
    note_vocabulary_change(connection, organisation.id)
    return created


def _label(connection: Connection, organisation: Organisation, labels: Mapping[int, str]) -> None:
    """Give own competencies that had only their URI a label, and have it encoded anew."""
    if not labels:
        return
    c, text = t.competencies.c, t.labels.c
    for id_, label in labels.items():
        connection.execute(update(t.competencies).where(c.id == id_).values(label_en=label))
        connection.execute(
            update(t.labels).where(text.competency_id == id_, text.preferred).values(text=label)
        )
    connection.execute(delete(t.vectors).where(t.vectors.c.competency_id.in_(labels)))
    note_vocabulary_change(connection, organisation.id)


def _framework_ids(connection: Connection, organisation_id: int, names: set[str]) -> dict[str, int]:
    f = t.frameworks.c
    own = select(f.name, f.id).where(f.organisation_id == organisation_id, f.name.in_(names))
    found = dict(connection.execute(own).all())
    if missing := sorted(names - found.keys()):
        rows = [{"organisation_id": organisation_id, "name": name} for name in missing]
        connection.execute(insert(t.frameworks), rows)
        found = dict(connection.execute(own).all())
    return found


def _framework(ref: CompetencyRef) -> str:
    return ref.framework[:_LONGEST_FRAMEWORK] or _FRAMEWORK
