"""Candidates as pages show them: with their name, their credentials, and how many hold a competency."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select

from matcher.errors import NotFound
from matcher.messages import said
from matcher.records import Profile, Proof, Status
from matcher.store import tables as t
from matcher.store.database import Connection, parts
from matcher.store.positions import applications
from matcher.store.profiles import load_profiles
from matcher.validation import shown


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate with the personal fields, which lie apart from the `profile` that is ranked."""

    profile: Profile
    name: str
    email: str
    applied_to: tuple[str, ...]


def load_candidate(connection: Connection, organisation_id: int, key: str) -> Candidate:
    """The candidate with this key. Raises NotFound."""
    c, p = t.candidates.c, t.people.c
    row = connection.execute(
        select(c.id, p.name, p.email)
        .outerjoin(t.people, p.candidate_id == c.id)
        .where(c.organisation_id == organisation_id, c.key == key)
    ).one_or_none()
    if row is None:
        raise NotFound(said("there is no candidate %(key)s", key=shown(key)))
    return Candidate(
        profile=load_profiles(connection, organisation_id, [row.id])[row.id],
        name=row.name or "",
        email=row.email or "",
        applied_to=applications(connection, organisation_id, [row.id]).get(row.id, ()),
    )


def evidence(connection: Connection, award_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Award id -> what its issuer gave as evidence, addresses or words; awards without any are left out."""
    a = t.awards.c
    found: dict[int, tuple[str, ...]] = {}
    for some in parts(award_ids):
        rows = connection.execute(select(a.id, a.evidence).where(a.id.in_(some)))
        found.update((id_, tuple(given)) for id_, given in rows if given)
    return found


def names(connection: Connection, organisation_id: int, keys: Sequence[str]) -> dict[str, str]:
    """Candidate key -> name, of those who have one."""
    c, p = t.candidates.c, t.people.c
    found: dict[str, str] = {}
    for some in parts(keys):
        rows = connection.execute(
            select(c.key, p.name)
            .join(t.people, p.candidate_id == c.id)
            .where(c.organisation_id == organisation_id, c.key.in_(some), p.name != "")
        )
        found.update((key, name) for key, name in rows)
    return found


def count_others(connection: Connection, organisation_id: int, prefix: str) -> int:
    """How many candidates of the pool have a key that does not begin with `prefix`."""
    c = t.candidates.c
    others = c.organisation_id == organisation_id, c.key.not_like(f"{prefix}%")
    number: int = connection.execute(
        select(func.count()).select_from(t.candidates).where(*others)
    ).scalar_one()
    return number


def count_candidates(connection: Connection, organisation_id: int) -> int:
    """How many candidates the pool has."""
    of_pool = select(func.count()).where(t.candidates.c.organisation_id == organisation_id)
    number: int = connection.execute(of_pool).scalar_one()
    return number


def candidate_keys(connection: Connection, organisation_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Keys by id; who is not in the pool is left out."""
    c = t.candidates.c
    found: dict[int, str] = {}
    for some in parts(ids):
        rows = connection.execute(
            select(c.id, c.key).where(c.organisation_id == organisation_id, c.id.in_(some))
        )
        found.update((id_, key) for id_, key in rows)
    return found


def holders(
    connection: Connection, organisation_id: int, wanted: Mapping[int, Collection[int]], moment: int
) -> dict[int, int]:
    """For each of `wanted`, how many candidates hold at `moment` an award that states one of them.

    Stated by its issuer, or confirmed: merely inferred ones, and those that a whole lends, are left out. One
    query each.
    """
    a, k = t.awards.c, t.achievement_competencies.c
    counts = counts_at(moment)
    # From the achievements to their awards, without naming the awards' organisation: the other way round all
    # awards of the organisation would be looked at.
    stating = (
        select(k.achievement_id)
        .join(t.achievements, t.achievements.c.id == k.achievement_id)
        .where(t.achievements.c.organisation_id == organisation_id, k.inferred.is_(False))
    )
    people = select(func.count(a.candidate_id.distinct())).where(counts)
    return {
        key: connection.execute(
            people.where(a.achievement_id.in_(stating.where(k.competency_id.in_(ids))))
        ).scalar_one()
        for key, ids in wanted.items()
    }


def holders_each(
    connection: Connection, organisation_id: int, competencies: Collection[int], moment: int
) -> dict[int, int]:
    """Competency -> how many candidates hold at `moment` an award that states it (see `holders`).

    Those that nobody holds are left out. One query for all.
    """
    a, k = t.awards.c, t.achievement_competencies.c
    found: dict[int, int] = {}
    for some in parts(competencies):
        rows = connection.execute(
            select(k.competency_id, func.count(a.candidate_id.distinct()))
            .join(t.achievements, t.achievements.c.id == k.achievement_id)
            .join(t.awards, a.achievement_id == k.achievement_id)
            .where(
                t.achievements.c.organisation_id == organisation_id,
                k.inferred.is_(False),
                k.competency_id.in_(some),
                counts_at(moment),
            )
            .group_by(k.competency_id)
        )
        found.update((id_, count) for id_, count in rows)
    return found


def counts_at(moment: int) -> ColumnElement[bool]:
    """Whether an award counts at a moment, as `evidence.lapse` decides it."""
    a = t.awards.c
    return and_(
        a.status.not_in([Status.REVOKED.value, Status.SUSPENDED.value]),
        a.proof != Proof.FAILED.value,
        or_(a.expires.is_(None), a.expires >= moment),
        func.coalesce(a.valid_from, a.issued, 0) <= moment,
    )
