"""What an engine must answer, worked out candidate by candidate; and random pools and queries to ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from matcher.records import SearchDocument
from matcher.search.engine import Clause, Engine, Query

COMPETENCIES = [*range(1, 31), 13_900, 70_000, 2**40]
WORDS = ["region:Ontario", "region:Québec", "language:en", "language:fr", "issuer:7", "applied:poste-é 🚜"]

Row = tuple[int, int, int]
"""Bound, draw and candidate."""


@dataclass(frozen=True)
class Answer:
    """All candidates with a bound, in order, and what a recall counts."""

    rows: list[Row]
    missing: tuple[int, ...]
    documents: int


def answer(pool: Mapping[int, SearchDocument], query: Query) -> Answer:
    """The answer over a pool, by the words of the contract."""
    alive = [document for document in pool.values() if document.ever or document.now or document.keywords]
    passing = [d for d in alive if all(words & d.keywords for words in query.keywords)]
    rows = []
    missing = [0] * len(query.clauses)
    for document in passing:
        held = document.ever if query.ever else document.now
        lacks = [
            clause.needed is not None and not any(held.get(competency, 0) for competency in clause.needed)
            for clause in query.clauses
        ]
        missing = [count + lack for count, lack in zip(missing, lacks, strict=True)]
        bound = sum(_points(clause, held) for clause in query.clauses)
        if bound and not any(lacks):
            rows.append((bound, document.draw, document.candidate))
    return Answer(sorted(rows, key=lambda row: (-row[0], row[1], row[2])), tuple(missing), len(alive))


def check(
    found: Answer, pool: Mapping[int, SearchDocument], query: Query, *, exact: bool, large: bool = False
) -> None:
    """Assert that an engine's answer is right: equal to the exact one, or with bounds rounded up.

    A clause's rounded bound is above the exact one by at most points / 500 + 500, and somebody without any
    points can come in with no more than that. With more pairs than a node takes (`large`) it is
    above by any number.
    """
    expected = answer(pool, query)
    if exact:
        assert found == expected
        return
    assert (found.missing, found.documents) == (expected.missing, expected.documents)
    assert found.rows == sorted(found.rows, key=lambda row: (-row[0], row[1], row[2]))
    most_above = sum(clause.points // 500 + 501 for clause in query.clauses)
    bounds = {candidate: bound for bound, _, candidate in found.rows}
    exactly = {candidate: bound for bound, _, candidate in expected.rows}
    assert len(bounds) == len(found.rows)
    assert exactly.keys() <= bounds.keys()
    for bound, draw, candidate in found.rows:
        assert draw == pool[candidate].draw
        assert bound >= exactly.get(candidate, 0)
        assert large or bound - exactly.get(candidate, 0) <= most_above
    assert {c for c in bounds if c not in exactly} <= _without_points(pool, query)


def _without_points(pool: Mapping[int, SearchDocument], query: Query) -> set[int]:
    """Those who would be in the answer if they had a point."""
    held = {competency for document in pool.values() for competency in {**document.now, **document.ever}}
    more = Clause(10**8, tuple((competency, 1) for competency in held))
    return {row[2] for row in answer(pool, Query((*query.clauses, more), query.keywords, query.ever)).rows}


def _points(clause: Clause, held: Mapping[int, int]) -> int:
    best = max((relation * held.get(competency, 0) for competency, relation in clause.relations), default=0)
    return (clause.points * best + 10**8 // 2) // 10**8


def recalled(engine: Engine, organisation: str, query: Query, first: int) -> tuple[Answer, list[int]]:
    """What an engine answers, in the same shape, and the sizes of its batches."""
    recall = engine.recall(organisation, query, first)
    rows: list[Row] = []
    sizes = []
    for batch in recall.batches:
        parts = (batch.bounds.tolist(), batch.draws.tolist(), batch.candidates.tolist())
        rows.extend(zip(*parts, strict=True))
        sizes.append(len(batch.candidates))
    assert recall.matched == len(rows)
    return Answer(rows, recall.missing, recall.state.documents), sizes


def random_document(random: Random, candidate: int) -> SearchDocument:
    """A document with few distinct bounds and draws, so that many tie; now and then with nothing."""
    held = random.sample(COMPETENCIES, random.choice([0, 1, 3, 8]))
    ever = {competency: random.choice([4_500, 7_500, 7_500, 10_000]) for competency in held}
    now = {
        c: random.choice([bound, bound, max(1, bound - 700)])
        for c, bound in ever.items()
        if random.random() < 0.8
    }
    words = random.sample(WORDS, random.choice([0, 1, 3]))
    return SearchDocument(
        candidate, random.choice([0, 1, 2**61, 2**61 + 1, 2**62]), now, ever, frozenset(words)
    )


def random_documents(random: Random, most: int, ids: Sequence[int] = range(1, 200)) -> list[SearchDocument]:
    """Documents of up to `most` candidates, in any order of their ids."""
    return [random_document(random, candidate) for candidate in random.sample(ids, random.randint(0, most))]


def random_query(random: Random) -> Query:
    """Up to four clauses, some with something needed, and up to two sets of keywords."""
    clauses = []
    for _ in range(random.randint(0, 4)):
        related = random.sample(COMPETENCIES, random.choice([0, 1, 5, 20]))
        relations = tuple((c, random.choice([1_000, 4_000, 8_500, 10_000])) for c in sorted(related))
        needed = frozenset(related[:3]) if random.random() < 0.2 else None
        clauses.append(Clause(random.choice([0, 1, 333_333, 1_000_000]), relations, needed))
    keywords = [
        frozenset(random.sample([*WORDS, "region:nowhere"], random.randint(1, 3)))
        for _ in range(random.choice([0, 0, 1, 2]))
    ]
    return Query(tuple(clauses), tuple(keywords), ever=random.random() < 0.5)


def replace(pool: dict[int, SearchDocument], documents: Iterable[SearchDocument]) -> None:
    """Put documents into a pool, in the place of those of the same candidates."""
    for document in documents:
        pool[document.candidate] = document
