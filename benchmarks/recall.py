"""How long a search engine takes to recall: 10 requirements, each with 50 or 100 related competencies.

    python -m benchmarks.recall --candidates 100000 --seed 1
    python -m benchmarks.servers -- python -m benchmarks.recall --candidates 100000 --seed 1

The first asks the embedded engine, the second Elasticsearch (that of CREDMATCH_ELASTICSEARCH_URL), where it
makes an index and removes it.

The pool is made up in the shape of the real thing: occupations with some forty competencies out of 13,900,
their neighbours in number mostly of the same trade, a few competencies that everybody has; people hold about
25, by an occupation that is common or rare. A query is what a position of such an occupation asks for; that
it is one organisation's people needs no filter, as each organisation has an index of its own. Timed is what a
ranking waits for: the bounds of everybody and the first 100 candidates.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

from benchmarks.measure import arguments, peak_memory, percentile, report, say
from benchmarks.rebuild import stored_bytes
from matcher.records import POINTS, UNITS, SearchDocument
from matcher.search.elastic import ElasticEngine
from matcher.search.elastic_access import access_of
from matcher.search.elastic_client import Cluster
from matcher.search.embedded import EmbeddedEngine
from matcher.search.engine import Clause, Engine, Query
from matcher.settings import Settings, read_settings

COMPETENCIES = 13_900
OCCUPATIONS = 3_000
FIELDS = 150
OF_AN_OCCUPATION = 40
HELD = 25
REQUIREMENTS = 10
QUERIES = 100
FIRST = 100
_CHUNK = 10_000
_BOUNDS = np.array([4_500, 5_400, 6_750, 7_500, 7_500, 8_100, 9_000, 9_000, 10_000], np.int64)


class Trades:
    """Occupations with their competencies, shape (occupations, 40), and how common each is."""

    def __init__(self, random: np.random.Generator) -> None:
        homes = random.choice(random.integers(0, COMPETENCIES, FIELDS), (OCCUPATIONS, 3))
        near = np.rint(random.normal(0, 30, (OCCUPATIONS, OF_AN_OCCUPATION))).astype(np.int64)
        of_home = random.choice(3, (OCCUPATIONS, OF_AN_OCCUPATION), p=[0.6, 0.25, 0.15])
        self.competencies = (np.take_along_axis(homes, of_home, axis=1) + near) % COMPETENCIES
        common = 1 / np.arange(5, OCCUPATIONS + 5) ** 0.7
        self.share = common / common.sum()
        self.everybodys = random.choice(COMPETENCIES, 60, replace=False)


def documents(random: np.random.Generator, trades: Trades, candidates: int) -> Iterator[list[SearchDocument]]:
    """The pool, in chunks."""
    for first in range(1, candidates + 1, _CHUNK):
        count = min(_CHUNK, candidates - first + 1)
        occupations = random.choice(OCCUPATIONS, count, p=trades.share)
        which = np.argsort(random.random((count, OF_AN_OCCUPATION)), axis=1)[:, : HELD - 3]
        own = np.take_along_axis(trades.competencies[occupations], which, axis=1)
        shared = random.choice(trades.everybodys, (count, 3))
        held = np.concatenate([own, shared], axis=1).tolist()
        bounds = random.choice(_BOUNDS, (count, HELD)).tolist()
        draws = random.integers(0, 2**62, count).tolist()
        issuers = (occupations[:, None] * 3 + random.integers(0, 9, (count, 4))).tolist()
        yield [
            SearchDocument(
                candidate=first + number,
                draw=draws[number],
                now=(ever := dict(zip(held[number], bounds[number], strict=True))),
                ever=ever,
                keywords=frozenset(_keywords(first + number, issuers[number])),
            )
            for number in range(count)
        ]


def _keywords(candidate: int, issuers: list[int]) -> Iterator[str]:
    yield "in:pool"
    yield f"region:{candidate % 13}"
    yield f"language:{'en' if candidate % 4 else 'fr'}"
    yield from (f"issuer:{issuer}" for issuer in issuers)


def queries(random: np.random.Generator, trades: Trades, neighbours: int) -> list[Query]:
    """Positions of occupations as common as people's, each requirement with its nearest `neighbours`."""
    found = []
    for occupation in random.choice(OCCUPATIONS, QUERIES, p=trades.share):
        own = random.choice(trades.competencies[occupation], REQUIREMENTS - 1, replace=False)
        wanted = [*own.tolist(), int(random.choice(trades.everybodys))]
        share = POINTS // REQUIREMENTS
        clauses = tuple(Clause(share, tuple(_relations(competency, neighbours))) for competency in wanted)
        found.append(Query(clauses))
    return found


def _relations(competency: int, neighbours: int) -> Iterator[tuple[int, int]]:
    for place in range(neighbours):
        step = (place + 1) // 2 * (1 if place % 2 else -1)
        yield (competency + step) % COMPETENCIES, UNITS - place * (UNITS - 1_000) // neighbours


def time_recall(engine: Engine, asked: list[Query]) -> dict[str, float | int]:
    """Milliseconds for each query, after a round to warm up; and how many candidates had a bound."""
    took: list[float] = []
    matched: list[int] = []
    for query in [*asked, *asked]:
        begun = time.perf_counter()
        recall = engine.recall("benchmark", query, FIRST)
        next(recall.batches)
        took.append((time.perf_counter() - begun) * 1_000)
        matched.append(recall.matched)
    timed = took[len(asked) :]
    return {
        "p50_ms": percentile(timed, 0.5),
        "p95_ms": percentile(timed, 0.95),
        "matched_p50": int(percentile(matched, 0.5)),
    }


def build(engine: Engine, chunks: Iterator[list[SearchDocument]], candidates: int) -> float:
    """Build the index; gives the seconds that the engine took, making up the pool left out."""
    seconds = 0.0
    with engine.build("benchmark", floor=0, vocabulary="", change_number=0) as builder:
        for number, chunk in enumerate(chunks, start=1):
            begun = time.perf_counter()
            builder.add(chunk)
            seconds += time.perf_counter() - begun
            say(f"indexed {min(number * _CHUNK, candidates)} of {candidates}")
        begun = time.perf_counter()
        builder.publish(1)
        return seconds + time.perf_counter() - begun


def time_change(engine: Engine, changed: list[SearchDocument]) -> float:
    """Milliseconds until a change of some candidates is written and found by the next query."""
    begun = time.perf_counter()
    engine.apply("benchmark", changed, 2)
    engine.state("benchmark")
    return (time.perf_counter() - begun) * 1_000


@contextmanager
def empty_engine(settings: Settings) -> Iterator[tuple[Engine, Callable[[], int]]]:
    """The engine of the settings with nothing in it, and what tells how many bytes it has stored."""
    if not settings.elasticsearch_url:
        with tempfile.TemporaryDirectory(prefix="credmatch-recall-") as folder:
            path = Path(folder)
            yield EmbeddedEngine(path), lambda: sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
        return
    cluster = Cluster(access_of(settings))
    prefix = f"recall-{uuid.uuid4().hex[:8]}"
    try:
        engine = ElasticEngine(cluster, lambda _: nullcontext(enter_result=True), prefix=prefix, replicas=0)
        yield engine, lambda: stored_bytes(settings, f"{prefix}.benchmark")
    finally:
        for index in cluster.ask("GET", f"/{prefix}.*"):
            cluster.ask("DELETE", f"/{index}")
        cluster.close()


def main() -> None:
    """Build, ask, report."""
    asked = arguments("Time recall by a search engine.")
    random = np.random.default_rng(asked.seed)
    trades = Trades(random)
    with empty_engine(read_settings()) as (engine, stored):
        seconds = build(engine, documents(random, trades, asked.candidates), asked.candidates)
        figures: dict[str, float | int | str] = {
            "engine": type(engine).__name__,
            "candidates": asked.candidates,
            "seed": asked.seed,
            "build_seconds": seconds,
        }
        for neighbours in (50, 100):
            timed = time_recall(engine, queries(random, trades, neighbours))
            figures |= {f"recall_{neighbours}_{name}": value for name, value in timed.items()}
            say(f"{neighbours} neighbours: {timed}")
        # By now Elasticsearch has merged what it wrote.
        figures["bytes_per_candidate"] = stored() / asked.candidates
        few = next(documents(random, trades, min(100, asked.candidates)))
        figures["change_100_candidates_ms"] = time_change(engine, few)
        figures["peak_memory_bytes"] = peak_memory()
        report(figures)


if __name__ == "__main__":
    main()
