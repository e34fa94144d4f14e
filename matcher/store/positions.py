"""Positions with their requirements and readings, and who applied to them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update

from matcher.errors import NotFound
from matcher.messages import said
from matcher.records import Alternative, Basis, Filters, Position, Reading, Requirement
from matcher.store import tables as t
from matcher.store.database import Connection, among, parts
from matcher.validation import shown


@dataclass(frozen=True, slots=True)
class PositionSummary:
    """A position as lists show it. `created` is a moment."""

    key: str
    title: str
    requirements: int
    applicants: int
    created: int


def save_position(connection: Connection, organisation_id: int, position: Position) -> None:
    """Create the position or replace the one with its key; who applied stays."""
    values = {
        "title": position.title,
        "description": position.description,
        "applicants_only": position.applicants_only,
        "filters": asdict(position.filters),
    }
    found = _find(connection, organisation_id, position.key)
    if found is None:
        new = insert(t.positions).values(
            organisation_id=organisation_id, key=position.key, created=int(time.time()), **values
        )
        id_ = connection.execute(new.returning(t.positions.c.id)).scalar_one()
    else:
        id_ = found.id
        connection.execute(update(t.positions).where(t.positions.c.id == id_).values(values))
        for table in (t.alternatives, t.requirements):
            connection.execute(delete(table).where(table.c.position_id == id_))
    _insert_requirements(connection, id_, position.requirements)


def load_position(connection: Connection, organisation_id: int, key: str) -> Position:
    """The position with this key. Raises NotFound."""
    found = _find(connection, organisation_id, key)
    if found is None:
        raise NotFound(said("there is no position %(key)s", key=shown(key)))
    filters = {name: tuple(values) for name, values in found.filters.items()}
    return Position(
        key=found.key,
        title=found.title,
        description=found.description,
        requirements=_requirements(connection, found.id),
        applicants_only=found.applicants_only,
        filters=Filters(**filters),
    )


def find_position(connection: Connection, organisation_id: int, key: str) -> Position | None:
    """The position with this key, or None."""
    if _find(connection, organisation_id, key) is None:
        return None
    return load_position(connection, organisation_id, key)


def list_positions(connection: Connection, organisation_id: int) -> list[PositionSummary]:
    """All positions, the newest first."""
    p, c = t.positions.c, t.candidates.c
    needs = (
        select(func.count())
        .where(t.requirements.c.position_id == p.id)
        .correlate(t.positions)
        .scalar_subquery()
    )
    applied = (
        select(func.count())
        .select_from(t.applications.join(t.candidates, c.id == t.applications.c.candidate_id))
        .where(t.applications.c.position_key == p.key, c.organisation_id == organisation_id)
        .correlate(t.positions)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(p.key, p.title, needs, applied, p.created)
        .where(p.organisation_id == organisation_id)
        .order_by(p.created.desc(), p.id.desc())
    )
    return [PositionSummary(*row) for row in rows]


def positions_asking(
    connection: Connection, organisation_id: int, competency_ids: Iterable[int], limit: int
) -> list[tuple[str, str]]:
    """Keys and titles of up to `limit` positions that ask for one of some competencies, the newest first."""
    p, a = t.positions.c, t.alternatives.c
    found: set[tuple[int, int, str, str]] = set()
    for some in parts(competency_ids):
        asking = select(a.position_id).where(a.competency_id.in_(some))
        rows = connection.execute(
            select(p.created, p.id, p.key, p.title)
            .where(p.organisation_id == organisation_id, p.id.in_(asking))
            .order_by(p.created.desc(), p.id.desc())
            .limit(limit)
        )
        found.update((created, id_, key, title) for created, id_, key, title in rows)
    return [(key, title) for _, _, key, title in sorted(found, reverse=True)[:limit]]


def are_applicants_more(connection: Connection, organisation_id: int, position_key: str, number: int) -> bool:
    """Whether more candidates than `number` applied to a position."""
    beyond = _applied(organisation_id, position_key).offset(number).limit(1)
    return connection.execute(beyond).scalar() is not None


def applicants(connection: Connection, organisation_id: int, position_key: str) -> list[int]:
    """Ids of the candidates who applied to a position, rising."""
    a = t.applications.c
    rows = connection.execute(_applied(organisation_id, position_key).order_by(a.candidate_id))
    return list(rows.scalars())


def _applied(organisation_id: int, position_key: str) -> Select[int]:
    a, c = t.applications.c, t.candidates.c
    return (
        select(a.candidate_id)
        .join(t.candidates, c.id == a.candidate_id)
        .where(a.position_key == position_key, c.organisation_id == organisation_id)
    )


def applications(
    connection: Connection, organisation_id: int, candidate_ids: Sequence[int]
) -> dict[int, tuple[str, ...]]:
    """Candidate id -> keys of the positions applied to; candidates who applied to none are left out."""
    a, c = t.applications.c, t.candidates.c
    found: defaultdict[int, list[str]] = defaultdict(list)
    # Added to, the organisation does not lead SQLite to its index, which is all of the candidates.
    for candidate, key in connection.execute(
        select(a.candidate_id, a.position_key)
        .join(t.candidates, c.id == a.candidate_id)
        .where(among(a.candidate_id, candidate_ids), c.organisation_id + 0 == organisation_id)
        .order_by(a.candidate_id, a.position_key)
    ):
        found[candidate].append(key)
    return {candidate: tuple(keys) for candidate, keys in found.items()}


def issuer_ids(connection: Connection, organisation_id: int, names: Sequence[str]) -> list[int]:
    """Ids of the issuers whose key, name or address is among `names`, letter case aside."""
    i = t.issuers.c
    folded = [name.casefold() for name in names]
    rows = connection.execute(
        select(i.id).where(
            i.organisation_id == organisation_id,
            i.key.in_(folded) | func.lower(i.name).in_(folded) | func.lower(i.url).in_(folded),
        )
    )
    return list(rows.scalars())


def _find(connection: Connection, organisation_id: int, key: str) -> Row[Any] | None:
    p = t.positions.c
    rows = connection.execute(select(t.positions).where(p.organisation_id == organisation_id, p.key == key))
    return rows.one_or_none()


def _insert_requirements(
    connection: Connection, position_id: int, requirements: Sequence[Requirement]
) -> None:
    if not requirements:
        return
    numbered = list(enumerate(requirements, start=1))
    connection.execute(
        insert(t.requirements),
        [
            {"position_id": position_id, "number": number, "weight": r.weight, "must": r.must}
            for number, r in numbered
        ],
    )
    connection.execute(
        insert(t.alternatives),
        [
            {
                "position_id": position_id,
                "number": number,
                "alternative": place,
                "text": way.text,
                "min_level": way.min_level,
                "basis": way.reading.basis.value,
                "competency_id": way.reading.competency,
                "probability": way.reading.probability,
                "model": way.reading.model,
                "vocabulary": way.reading.vocabulary,
                "vector": way.reading.vector,
                "confirmed_by": way.reading.confirmed_by,
            }
            for number, requirement in numbered
            for place, way in enumerate(requirement.alternatives)
        ],
    )


def _requirements(connection: Connection, position_id: int) -> tuple[Requirement, ...]:
    a, r = t.alternatives.c, t.requirements.c
    ways: defaultdict[int, list[Alternative]] = defaultdict(list)
    for row in connection.execute(
        select(t.alternatives).where(a.position_id == position_id).order_by(a.number, a.alternative)
    ):
        reading = Reading(
            Basis(row.basis),
            row.competency_id,
            row.probability,
            row.model,
            row.vocabulary,
            row.vector,
            row.confirmed_by,
        )
        ways[row.number].append(Alternative(row.text, reading, row.min_level))
    rows = connection.execute(
        select(r.number, r.weight, r.must).where(r.position_id == position_id).order_by(r.number)
    )
    return tuple(Requirement(tuple(ways[number]), weight, must) for number, weight, must in rows)
