"""The truth about candidates, as ranking reads it: nothing personal, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Select, select, union

from matcher.records import Achievement, Award, Claim, Profile, Proof, Status
from matcher.store import tables as t
from matcher.store.database import Connection

_IN_AT_MOST = 5_000
"""Ids of one query: SQLite takes 32,766 variables, PostgreSQL 65,535."""

WHOLE_NAMES_PART = ("hasPart", "isParentOf")
PART_NAMES_WHOLE = ("isPartOf", "isChildOf")


def load_profiles(
    connection: Connection, organisation_id: int, candidate_ids: Sequence[int]
) -> dict[int, Profile]:
    """Profiles by id, with all awards, valid or not, in the order of their keys. Unknown ids are left out.

    Five queries per 5,000 candidates, however many awards they hold.
    """
    profiles: dict[int, Profile] = {}
    for start in range(0, len(candidate_ids), _IN_AT_MOST):
        profiles.update(_load(connection, organisation_id, candidate_ids[start : start + _IN_AT_MOST]))
    return profiles


def _load(connection: Connection, organisation_id: int, ids: Sequence[int]) -> dict[int, Profile]:
    a = t.awards.c
    rows = connection.execute(
        select(a.candidate_id, a.achievement_id, a.id, a.key)
        .add_columns(a.issued, a.valid_from, a.expires, a.status, a.level, a.level_label, a.proof)
        .where(a.organisation_id == organisation_id, a.candidate_id.in_(ids))
        .order_by(a.candidate_id, a.key)
    ).all()
    achievements = load_achievements(connection, organisation_id, {row[1] for row in rows})
    awards: defaultdict[int, list[Award]] = defaultdict(list)
    for candidate, achievement, id_, key, issued, valid_from, expires, status, level, label, proof in rows:
        awards[candidate].append(
            Award(
                id=id_,
                key=key,
                achievement=achievements[achievement],
                issued=issued,
                valid_from=valid_from,
                expires=expires,
                status=_STATUS[status],
                level=level,
                level_label=label,
                proof=_PROOF[proof],
            )
        )
    c = t.candidates.c
    people = connection.execute(
        select(c.id, c.key, c.draw, c.region, c.languages).where(
            c.organisation_id == organisation_id, c.id.in_(ids)
        )
    )
    return {
        id_: Profile(id_, key, draw, region, tuple(languages), tuple(awards.get(id_, ())))
        for id_, key, draw, region, languages in people
    }


_STATUS = {status.value: status for status in Status}
_PROOF = {proof.value: proof for proof in Proof}


def load_achievements(
    connection: Connection, organisation_id: int, ids: Iterable[int]
) -> dict[int, Achievement]:
    """Achievements by id, each with its claims: its own, and what its parts lend. Three queries per 5,000."""
    wanted = sorted(set(ids))
    found: dict[int, Achievement] = {}
    for start in range(0, len(wanted), _IN_AT_MOST):
        some = wanted[start : start + _IN_AT_MOST]
        claims = _claims(connection, organisation_id, some)
        found.update(
            (achievement.id, replace(achievement, claims=tuple(claims.get(achievement.id, ()))))
            for achievement in _bare(connection, some)
        )
    return found


def _bare(connection: Connection, ids: Sequence[int]) -> Iterator[Achievement]:
    a, i = t.achievements.c, t.issuers.c
    rows = connection.execute(
        select(a.id, a.key, a.name, i.id, i.key, i.name, i.known)
        .join(t.issuers, i.id == a.issuer_id)
        .where(a.id.in_(ids))
    )
    for id_, key, name, issuer, issuer_key, issuer_name, known in rows:
        yield Achievement(id_, key, name, issuer, issuer_name or issuer_key, known)


def _claims(connection: Connection, organisation_id: int, ids: Sequence[int]) -> dict[int, list[Claim]]:
    parts = _parts(connection, organisation_id, ids)
    owners = {*ids, *(part for lent in parts.values() for part, _ in lent)}
    k = t.achievement_competencies.c
    own: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    for achievement, competency, inferred in connection.execute(
        select(k.achievement_id, k.competency_id, k.inferred)
        .where(k.achievement_id.in_(owners))
        .order_by(k.achievement_id, k.competency_id)
    ):
        own[achievement].append((competency, inferred))
    claims: dict[int, list[Claim]] = {}
    for achievement in ids:
        held = [Claim(competency, inferred) for competency, inferred in own[achievement]]
        for part, name in parts.get(achievement, ()):
            held.extend(Claim(competency, inferred, name) for competency, inferred in own[part])
        claims[achievement] = held
    return claims


def _parts(
    connection: Connection, organisation_id: int, ids: Sequence[int]
) -> dict[int, list[tuple[int, str]]]:
    """Whole -> its parts at any depth (id, name), each once; an achievement is no part of itself."""
    steps = _whole_and_part(organisation_id).cte("steps")
    deep = select(steps.c.whole, steps.c.part).where(steps.c.whole.in_(ids)).cte("deep", recursive=True)
    deep = deep.union(select(deep.c.whole, steps.c.part).join(steps, steps.c.whole == deep.c.part))
    a = t.achievements.c
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for whole, part, name in connection.execute(
        select(deep.c.whole, deep.c.part, a.name)
        .join(t.achievements, a.id == deep.c.part)
        .where(deep.c.whole != deep.c.part)
        .order_by(deep.c.whole, a.key)
    ):
        found[whole].append((part, name))
    return found


def _whole_and_part(organisation_id: int) -> Select[tuple[int, int]]:
    one, other, r = t.achievements.alias("one"), t.achievements.alias("other"), t.achievement_relations.c
    related = (
        select(one.c.id, other.c.id, r.type)
        .join(t.achievement_relations, r.achievement_id == one.c.id)
        .join(other, (other.c.key == r.other_key) & (other.c.organisation_id == one.c.organisation_id))
        .where(one.c.organisation_id == organisation_id)
    )
    down = related.with_only_columns(one.c.id.label("whole"), other.c.id.label("part"))
    up = related.with_only_columns(other.c.id.label("whole"), one.c.id.label("part"))
    both = union(down.where(r.type.in_(WHOLE_NAMES_PART)), up.where(r.type.in_(PART_NAMES_WHOLE))).subquery()
    return select(both.c.whole, both.c.part)
