"""The truth about candidates, as ranking reads it: nothing personal, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select

from matcher.records import Achievement, Award, Claim, Profile, Proof, Status
from matcher.store import tables as t
from matcher.store.database import Connection, among

_IN_AT_MOST = 5_000
"""Ids of one query: SQLite takes 32,766 variables, PostgreSQL 65,535."""

WHOLE_NAMES_PART = ("hasPart", "isParentOf")
PART_NAMES_WHOLE = ("isPartOf", "isChildOf")


Known = dict[int, Achievement]
"""Achievements that were read before, by id."""


def load_profiles(
    connection: Connection,
    organisation_id: int,
    candidate_ids: Sequence[int],
    *,
    upcoming: bool = False,
    known: Known | None = None,
) -> dict[int, Profile]:
    """Profiles by id, with all awards, valid or not, in the order of their keys. Unknown ids are left out.

    `upcoming`: with what a newer model reads achievements as too, where it is not switched to yet: what a
    search index must bound. `known`: achievements in it are taken as they are there, and others are added,
    so that who reads a pool page by page reads each once. Six queries per 5,000 candidates (seven with
    `upcoming`), however many awards they hold, and two more for each level of stacks.
    """
    profiles: dict[int, Profile] = {}
    known = {} if known is None else known
    for start in range(0, len(candidate_ids), _IN_AT_MOST):
        some = candidate_ids[start : start + _IN_AT_MOST]
        profiles.update(_load(connection, organisation_id, some, known, upcoming=upcoming))
    return profiles


def _load(
    connection: Connection, organisation_id: int, ids: Sequence[int], known: Known, *, upcoming: bool
) -> dict[int, Profile]:
    c = t.candidates.c
    # Added to, the organisation does not lead SQLite to its index, which is all of the candidates.
    people = connection.execute(
        select(c.id, c.key, c.draw, c.region, c.languages).where(
            among(c.id, ids), c.organisation_id + 0 == organisation_id
        )
    ).all()
    awards = _awards(connection, [row[0] for row in people], known, upcoming=upcoming)
    return {
        id_: Profile(id_, key, draw, region, tuple(languages), tuple(awards.get(id_, ())))
        for id_, key, draw, region, languages in people
    }


def _awards(
    connection: Connection, candidate_ids: Sequence[int], known: Known, *, upcoming: bool
) -> dict[int, list[Award]]:
    # The candidates are the organisation's. Said again here, it would lead SQLite to the index by
    # organisation, which is all of the awards.
    a = t.awards.c
    rows = connection.execute(
        select(a.candidate_id, a.achievement_id, a.id, a.key)
        .add_columns(a.issued, a.valid_from, a.expires, a.status, a.level, a.level_label, a.proof)
        .where(among(a.candidate_id, candidate_ids))
    ).all()
    known.update(_achievements(connection, {row[1] for row in rows} - known.keys(), upcoming=upcoming))
    awards: defaultdict[int, list[Award]] = defaultdict(list)
    for candidate, achievement, id_, key, issued, valid_from, expires, status, level, label, proof in rows:
        awards[candidate].append(
            Award(
                id=id_,
                key=key,
                achievement=known[achievement],
                issued=issued,
                valid_from=valid_from,
                expires=expires,
                status=_STATUS[status],
                level=level,
                level_label=label,
                proof=_PROOF[proof],
            )
        )
    for held in awards.values():
        held.sort(key=lambda award: award.key)
    return awards


_STATUS = {status.value: status for status in Status}
_PROOF = {proof.value: proof for proof in Proof}


def _achievements(connection: Connection, ids: Iterable[int], *, upcoming: bool) -> Known:
    """Achievements by id, each with its claims: its own, and what its parts lend."""
    wanted = sorted(ids)
    found: Known = {}
    for start in range(0, len(wanted), _IN_AT_MOST):
        some = wanted[start : start + _IN_AT_MOST]
        claims = _claims(connection, some, upcoming=upcoming)
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
        .where(among(a.id, ids))
    ).all()
    for id_, key, name, issuer, issuer_key, issuer_name, known in rows:
        yield Achievement(id_, key, name, issuer, issuer_name or issuer_key, known)


def _claims(connection: Connection, ids: Sequence[int], *, upcoming: bool) -> dict[int, list[Claim]]:
    parts = _parts(connection, ids)
    owners = {*ids, *(part for lent in parts.values() for part, _ in lent)}
    k = t.achievement_competencies.c
    own: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    for achievement, competency, inferred in connection.execute(
        select(k.achievement_id, k.competency_id, k.inferred)
        .where(among(k.achievement_id, owners))
        .order_by(k.achievement_id, k.competency_id)
    ).all():
        own[achievement].append((competency, inferred))
    if upcoming:
        _add_upcoming(connection, owners, own)
    claims: dict[int, list[Claim]] = {}
    for achievement in ids:
        held = [Claim(competency, inferred) for competency, inferred in own[achievement]]
        for part, name in parts.get(achievement, ()):
            held.extend(Claim(competency, inferred, name) for competency, inferred in own[part])
        claims[achievement] = held
    return claims


def _add_upcoming(
    connection: Connection, owners: Iterable[int], own: defaultdict[int, list[tuple[int, bool]]]
) -> None:
    """Add to what achievements stand for what they are to be read as. What is both counts as it does now."""
    n = t.next_readings.c
    wanted = sorted(owners)
    for start in range(0, len(wanted), _IN_AT_MOST):
        some = wanted[start : start + _IN_AT_MOST]
        for achievement, read in connection.execute(
            select(n.achievement_id, n.competencies).where(among(n.achievement_id, some))
        ):
            known = {competency for competency, _ in own[achievement]}
            own[achievement] += [(competency, True) for competency, _ in read if competency not in known]


def _parts(connection: Connection, ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """Whole -> its parts at any depth (id, name), each once; an achievement is no part of itself."""
    direct: dict[int, dict[int, str]] = {}
    unseen = set(ids)
    while unseen:
        found = _direct_parts(connection, unseen)
        direct.update((whole, found.get(whole, {})) for whole in unseen)
        unseen = {part for parts in found.values() for part in parts} - direct.keys()
    return {whole: sorted(_all_parts(whole, direct).items()) for whole in ids if direct[whole]}


def _all_parts(whole: int, direct: Mapping[int, Mapping[int, str]]) -> dict[int, str]:
    found: dict[int, str] = {}
    waiting = [whole]
    while waiting:
        new = {part: name for part, name in direct[waiting.pop()].items() if part not in found}
        found.update(new)
        waiting.extend(new)
    found.pop(whole, None)
    return found


def _direct_parts(connection: Connection, ids: Collection[int]) -> dict[int, dict[int, str]]:
    """Whole -> the parts it names, and those that name it (id -> name). Two queries."""
    whole, part, r = t.achievements.alias("whole"), t.achievements.alias("part"), t.achievement_relations.c
    down = (
        select(whole.c.id, part.c.id, part.c.name)
        .join(t.achievement_relations, r.achievement_id == whole.c.id)
        .join(part, part.c.key == r.other_key)
        .where(r.type.in_(WHOLE_NAMES_PART))
    )
    up = (
        select(whole.c.id, part.c.id, part.c.name)
        .join(t.achievement_relations, r.other_key == whole.c.key)
        .join(part, part.c.id == r.achievement_id)
        .where(r.type.in_(PART_NAMES_WHOLE))
    )
    found: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for query in (down, up):
        mine = query.where(among(whole.c.id, ids), part.c.organisation_id == whole.c.organisation_id)
        for whole_id, part_id, name in connection.execute(mine):
            found[whole_id][part_id] = name
    return found
