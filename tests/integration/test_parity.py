"""Both engines lead to the same ranking, to the last digit and with the same order among equals.

Over thousands of random pools and positions in `make test-faults`, some hundreds in `make test`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from matcher.ranking.plan import plan
from matcher.ranking.recall import first_of
from matcher.ranking.score import Lack, Scorer
from matcher.records import Position, Profile
from matcher.search import elastic_query
from matcher.search.documents import search_document
from matcher.search.embedded import EmbeddedEngine
from matcher.search.engine import Engine, Query
from tests.contract.elastic_engines import elastic_engine, remove_indexes
from tests.unit.pools import NOW, YEAR, LineVocabulary, random_pool, random_position

VOCABULARY = LineVocabulary()
FLOOR = NOW - YEAR // 2


def large_pool(random: Random) -> dict[int, Profile]:
    """Several hundred candidates, of whom many tie."""
    people = [profile for _ in range(10) for profile in random_pool(random)]
    return {n: replace(person, id=n, key=f"c{n}") for n, person in enumerate(people, start=1)}


def publish(engine: Engine, pool: dict[int, Profile]) -> None:
    with engine.build("o", floor=FLOOR, vocabulary="line", change_number=1) as builder:
        builder.add(search_document(profile, FLOOR, applied_to=()) for profile in pool.values())
        builder.publish(1)


Excluded = tuple[Counter[tuple[int, Lack]], tuple[int, ...]]


def ranked(
    engine: Engine, pool: dict[int, Profile], scorer: Scorer, top: int
) -> tuple[list[tuple[int, str]], Excluded]:
    """Points and keys of the first, and who was excluded, through an engine."""
    clauses = tuple(planned.clause() for planned in scorer.requirements)
    recall = engine.recall("o", Query(clauses, ever=scorer.moment < FLOOR), first=2 * top)

    def load(ids: Sequence[int]) -> dict[int, Profile]:
        return {id_: pool[id_] for id_ in ids}

    found = first_of(recall.batches, scorer, load, lambda _: True, top)
    assert found.exact
    listed = [(scored.points, scored.profile.key) for scored in found.listed]
    return listed, (found.missed, tuple(recall.missing))


def large_position(random: Random) -> Position:
    """200 requirements: more pairs than one query of Elasticsearch has."""
    needs = [need for _ in range(200) for need in random_position(random).requirements if not need.must]
    return Position("p", requirements=tuple(needs[:200]))


def test_the_same_ranking_for_positions_as_large_as_there_can_be(
    elasticsearch_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elastic, random = elastic_engine(elasticsearch_url, tmp_path), Random(0)
    pool = large_pool(random)
    publish(elastic, pool)
    try:
        for leaves in (1_000, 300):
            monkeypatch.setattr(elastic_query, "LEAVES", leaves)
            for _ in range(2):
                scorer = Scorer(plan(large_position(random), VOCABULARY), NOW)
                expected = sorted((scorer.score(p) for p in pool.values()), key=lambda scored: scored.order)
                best = [(s.points, s.profile.key) for s in expected if s.points][:20]
                assert ranked(elastic, pool, scorer, 20)[0] == best
    finally:
        remove_indexes(elasticsearch_url, tmp_path)


@pytest.mark.parametrize(
    ("pools", "positions"), [(6, 50), pytest.param(40, 100, marks=pytest.mark.faults)], ids=["short", "long"]
)
def test_the_same_ranking_through_both(
    elasticsearch_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pools: int, positions: int
) -> None:
    monkeypatch.setattr(elastic_query, "FEWEST", 3)
    elastic, embedded = elastic_engine(elasticsearch_url, tmp_path), EmbeddedEngine(tmp_path / "embedded")
    ties = 0
    try:
        for seed in range(pools):
            random = Random(seed)
            pool = large_pool(random)
            publish(elastic, pool)
            publish(embedded, pool)
            for _ in range(positions):
                moment = random.choice([NOW, FLOOR, FLOOR - YEAR])
                scorer = Scorer(plan(random_position(random), VOCABULARY), moment)
                top = random.choice([1, 3, 20, 500])
                expected = sorted((scorer.score(p) for p in pool.values()), key=lambda scored: scored.order)
                best = [(s.points, s.profile.key) for s in expected if s.points and not s.missed][:top]
                listed, excluded = ranked(elastic, pool, scorer, top)
                assert listed == best
                assert ranked(embedded, pool, scorer, top) == (best, excluded)
                ties += len(best) - len({points for points, _ in best})
    finally:
        remove_indexes(elasticsearch_url, tmp_path)
    assert ties > pools * positions
