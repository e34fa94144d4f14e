"""A pool of any size in a database, quickly: for measuring what comes after the import.

Made up in the shape of the real thing: occupations, common or rare, with some forty neighbouring
competencies of ESCO; an achievement of an occupation stands for five of them; a person holds five of one
occupation, so about 25 competencies, one in ten of the awards lapsed. Rows go straight into the tables, which
no import does. Positions ask for what an occupation has, and one of them has many applicants.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, insert, select, text

from app import Parts
from benchmarks.measure import say
from matcher.positions import parse_position
from matcher.store import tables as t
from matcher.store.candidates import count_candidates
from matcher.store.database import Connection, insert_many
from matcher.store.organisations import Organisation, organisation
from matcher.store.positions import applicants, save_position

OCCUPATIONS = 3_000
OF_AN_OCCUPATION = 8
COMPETENCIES_EACH = 5
HELD = 5
ISSUERS = 300
POSITIONS = 40
REQUIREMENTS = 10
APPLIED = "applied-to"
"""Key of the position that `APPLICANTS` people, or all where they are fewer, applied to."""
APPLICANTS = 10_000
_CHUNK = 20_000
_DAY = 86_400
_REGIONS = ("Ontario", "Québec", "Toronto", "Ottawa", "")


def fill(parts: Parts, candidates: int, seed: int, now: int) -> None:
    """Make the organisation have `candidates` people, and positions; awards are around `now`.

    It must be empty, or filled by this before: then only those are added that are missing.
    """
    random = np.random.default_rng(seed)
    with parts.database.read() as connection:
        home = organisation(connection, parts.settings.organisation)
        there = count_candidates(connection, home.id)
        achievements = _stored_achievements(connection, home)
    if not len(achievements):
        with parts.database.write() as connection:
            achievements = _achievements(connection, home, random)
        _positions(parts, achievements)
    common = 1 / np.arange(5, OCCUPATIONS + 5) ** 0.7
    share = common / common.sum()
    for first in range(there, candidates, _CHUNK):
        random = np.random.default_rng([seed, first])
        count = min(_CHUNK, candidates - first)
        occupations = random.choice(OCCUPATIONS, count, p=share)
        with parts.database.write() as connection:
            ids = _people(connection, home, random, first, count)
            _awards(connection, home, random, ids, achievements[occupations], now)
        say(f"{first + count:,} of {candidates:,} people stored")
    with parts.database.write() as connection:
        _apply(connection, home, candidates)
        if connection.dialect.name == "postgresql":  # as its own housekeeping has done where data grew slowly
            connection.execute(text("ANALYZE"))


def _stored_achievements(connection: Connection, home: Organisation) -> NDArray[np.int64]:
    """The achievements' ids, shape (occupations, 8); (0, 8) where there are none yet."""
    a = t.achievements.c
    ids = connection.execute(select(a.id).where(a.organisation_id == home.id).order_by(a.id)).scalars()
    return np.array(ids.all(), np.int64).reshape(-1, OF_AN_OCCUPATION)


def _positions(parts: Parts, achievements: NDArray[np.int64]) -> None:
    """Positions of common occupations: ten of the competencies that one's achievements stand for; in every
    fourth the first is a must-have. The last one is that of the applicants."""
    key = parts.settings.organisation
    vocabulary = parts.vocabularies.get(key)
    k = t.achievement_competencies.c
    for number in range(POSITIONS + 1):
        with parts.database.write() as connection:
            offered = achievements[number * 3].tolist()
            stated = select(k.competency_id).where(k.achievement_id.in_(offered)).distinct()
            held = connection.execute(stated.order_by(k.competency_id)).scalars().all()
            wanted = [vocabulary.competency(id_).uri for id_ in held[:: len(held) // REQUIREMENTS]]
            asked = number == POSITIONS
            body = {
                "title": f"Position {number}",
                "applicants_only": asked,
                "requirements": [
                    {"competency": uri, "must": place == 0 and number % 4 == 1}
                    for place, uri in enumerate(wanted[:REQUIREMENTS])
                ],
            }
            position = parse_position(body, vocabulary, key=APPLIED if asked else f"position-{number}")
            save_position(connection, organisation(connection, key).id, position)


def _apply(connection: Connection, home: Organisation, candidates: int) -> None:
    """Spread the applicants over the pool; those who applied before stay."""
    c = t.candidates.c
    applied = set(applicants(connection, home.id, APPLIED))
    people = connection.execute(select(c.id).where(c.organisation_id == home.id).order_by(c.id)).scalars()
    ids = [id_ for id_ in people if id_ not in applied]
    missing = min(APPLICANTS, candidates) - len(applied)
    if missing > 0:
        rows = [(id_, APPLIED) for id_ in ids[:: len(ids) // missing][:missing]]
        insert_many(connection, t.applications, ("candidate_id", "position_key"), rows)


def _achievements(
    connection: Connection, home: Organisation, random: np.random.Generator
) -> NDArray[np.int64]:
    """The achievements' ids, shape (occupations, 8)."""
    known = np.array(
        connection.execute(
            select(t.competencies.c.id).where(t.competencies.c.organisation_id == t.SHARED).order_by(
                t.competencies.c.id
            )
        ).scalars().all(),
        np.int64,
    )  # fmt: skip
    connection.execute(
        insert(t.issuers),
        [
            {
                "organisation_id": home.id,
                "key": f"urn:bench:{n}",
                "name": f"Issuer {n}",
                "url": "",
                "known": n % 3 == 0,
            }
            for n in range(ISSUERS)
        ],
    )
    issuers = connection.execute(
        select(t.issuers.c.id).where(t.issuers.c.organisation_id == home.id).order_by(t.issuers.c.id)
    ).scalars().all()[-ISSUERS:]  # fmt: skip
    number = OCCUPATIONS * OF_AN_OCCUPATION
    homes = random.integers(0, len(known), OCCUPATIONS)
    near = np.rint(random.normal(0, 30, (number, COMPETENCIES_EACH))).astype(np.int64)
    stands_for = known[(np.repeat(homes, OF_AN_OCCUPATION)[:, None] + near) % len(known)]
    connection.execute(
        insert(t.achievements),
        [
            {
                "organisation_id": home.id,
                "key": f"urn:bench:achievement:{n}",
                "issuer_id": issuers[n % ISSUERS],
                "name": f"Achievement {n}",
                "description": "",
                "digest": _digest(n),
                "reading": "aligned",
            }
            for n in range(number)
        ],
    )
    offered = _stored_achievements(connection, home)
    rows = [
        (int(id_), competency, False, None)
        for id_, some in zip(offered.ravel().tolist(), stands_for.tolist(), strict=True)
        for competency in sorted(set(some))
    ]
    columns = ("achievement_id", "competency_id", "inferred", "probability")
    insert_many(connection, t.achievement_competencies, columns, rows)
    return offered


def _people(
    connection: Connection, home: Organisation, random: np.random.Generator, first: int, count: int
) -> NDArray[np.int64]:
    draws = random.integers(0, 2**62, count).tolist()
    connection.execute(
        insert(t.candidates),
        [
            {
                "organisation_id": home.id,
                "key": f"person-{first + n}",
                "draw": draws[n],
                "region": _REGIONS[n % len(_REGIONS)],
                "languages": ["en", "fr"] if n % 4 == 0 else ["en"],
                "digest": _digest(first + n),
            }
            for n in range(count)
        ],
    )
    last = connection.execute(select(func.max(t.candidates.c.id))).scalar_one()
    ids = np.arange(last - count + 1, last + 1, dtype=np.int64)
    insert_many(
        connection,
        t.people,
        ("candidate_id", "name", "email"),
        [(id_, f"Person {first + n}", "") for n, id_ in enumerate(ids.tolist())],
    )
    return ids


def _awards(
    connection: Connection,
    home: Organisation,
    random: np.random.Generator,
    candidates: NDArray[np.int64],
    offered: NDArray[np.int64],
    now: int,
) -> None:
    count = len(candidates)
    which = np.argsort(random.random((count, OF_AN_OCCUPATION)), axis=1)[:, :HELD]
    held = np.take_along_axis(offered, which, axis=1).ravel().tolist()
    owners = np.repeat(candidates, HELD).tolist()
    issued = (now - random.integers(1, 8 * 365, count * HELD) * _DAY).tolist()
    lapse = random.integers(0, 10, count * HELD).tolist()
    rows = [
        (home.id, owner, achievement, f"{owner}:{n % HELD}", _digest(n), begun, begun,
         _expiry(kind, begun, now), "active", None, "", "stated", "[]", "", "")
        for n, (owner, achievement, begun, kind) in enumerate(zip(owners, held, issued, lapse, strict=True))
    ]  # fmt: skip
    columns = (
        "organisation_id", "candidate_id", "achievement_id", "key", "digest", "issued", "valid_from",
        "expires", "status", "level", "level_label", "proof", "evidence", "credential_status",
        "refresh_service",
    )  # fmt: skip
    insert_many(connection, t.awards, columns, rows)


def _expiry(kind: int, begun: int, now: int) -> int | None:
    """One in ten lapsed, four in ten without an end, the rest good for years."""
    if kind == 0:
        return min(begun + 365 * _DAY, now - _DAY)
    return None if kind < 5 else now + kind * 200 * _DAY


def _digest(number: int) -> bytes:
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest()
