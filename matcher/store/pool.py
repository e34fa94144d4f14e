"""What people of a pool can be chosen by: regions, languages and issuers, each with how many people."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Text, cast, func, select

from matcher.regions import areas, written
from matcher.store import tables as t
from matcher.store.candidates import counts_at
from matcher.store.database import Connection

Counts = tuple[tuple[str, int], ...]
"""Values with how many people have each, those of most people first."""


@dataclass(frozen=True, slots=True)
class PoolValues:
    """By the API's names of filters. A region counts those below it, which it would take."""

    region: Counts
    languages: Counts
    issuer: Counts


def pool_values(connection: Connection, organisation_id: int, moment: int, limit: int) -> PoolValues:
    """The up to `limit` values of each kind that most people have; issuers of what counts at `moment`.

    Two queries, which read all candidates and all awards once: some 20 ms for 2,000 people.
    """
    c = t.candidates.c
    languages_text = cast(c.languages, Text)
    names: dict[str, str] = {}
    regions: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    for region, spoken, count in connection.execute(
        select(c.region, languages_text, func.count())
        .where(c.organisation_id == organisation_id)
        .group_by(c.region, languages_text)
    ):
        for area, name in zip(areas(region), written(region), strict=True):
            names.setdefault(area, name)
            regions[area] += count
        for language in json.loads(spoken):
            languages[language] += count
    return PoolValues(
        region=tuple((names[area], count) for area, count in _most(regions, limit)),
        languages=_most(languages, limit),
        issuer=_issuers(connection, organisation_id, moment, limit),
    )


def _most(counts: Counter[str], limit: int) -> Counts:
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit])


def _issuers(connection: Connection, organisation_id: int, moment: int, limit: int) -> Counts:
    i, a, w = t.issuers.c, t.achievements.c, t.awards.c
    name = func.coalesce(func.nullif(i.name, ""), func.nullif(i.url, ""), i.key)
    people = func.count(w.candidate_id.distinct())
    rows = connection.execute(
        select(func.min(name), people)
        .select_from(t.issuers)
        .join(t.achievements, a.issuer_id == i.id)
        .join(t.awards, w.achievement_id == a.id)
        .where(i.organisation_id == organisation_id, i.key != "", counts_at(moment))
        .group_by(func.lower(name))
        .order_by(people.desc(), func.lower(name))
        .limit(limit)
    )
    return tuple((shown, count) for shown, count in rows)
