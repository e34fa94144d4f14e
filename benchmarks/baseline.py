"""What people write first, beside credmatch, over the same pool.

    python -m benchmarks.baseline --candidates 2000 --seed 1

The usual way: each candidate's credentials as one text, encoded whole into one vector; for a position its
text is encoded too, compared with every vector by cosine, and all are sorted. It is timed against recall by
credmatch's index, and both top 50 are held against the truth: who of them holds a current credential for each
requirement? (Counted are requirements whose competency is certain; the same one, one stated to be the same,
or a directly narrower one counts, as for a must-have.)

Encoding is slow: at most 5,000 candidates are encoded. For more the scan is timed over their vectors repeated
to the size of the pool, and both top 50 are taken among those encoded.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app import Parts
from benchmarks.measure import arguments, percentile, report, say
from indexer.changes import catch_up
from indexer.installation import opened
from indexer.sample.load import load_sample
from matcher.evidence import lapse
from matcher.ranking.plan import PlannedRequirement, plan
from matcher.ranking.recall import all_of
from matcher.ranking.score import Scorer
from matcher.records import Position, Profile
from matcher.search.engine import Query
from matcher.settings import read_settings
from matcher.store.changes import candidate_ids
from matcher.store.organisations import organisation
from matcher.store.positions import list_positions, load_position
from matcher.store.profiles import load_profiles
from matcher.vocabulary.encoder import Encoder, LocalEncoder
from matcher.vocabulary.vocabulary import Vocabulary

TOP = 50
ENCODED = 5_000
ROUNDS = 5
_PAGE = 250


@dataclass(frozen=True, slots=True)
class Pool:
    """What both ways rank: the positions, and the candidates that are encoded."""

    parts: Parts
    vocabulary: Vocabulary
    positions: tuple[Position, ...]
    profiles: tuple[Profile, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Milliseconds per position, and who is on top of each."""

    took: list[float]
    tops: list[list[Profile]]


def load(parts: Parts, candidates: int, seed: int) -> Pool:
    """Load the sample pool and read back what both ways need."""
    key = parts.settings.organisation
    load_sample(parts, candidates, seed, _tell)
    catch_up(parts.database, parts.engine, key)
    with parts.database.read() as connection:
        home = organisation(connection, key).id
        positions = [load_position(connection, home, p.key) for p in list_positions(connection, home)]
        profiles = load_profiles(connection, home, candidate_ids(connection, home, 0, ENCODED))
    return Pool(parts, parts.vocabularies.get(key), tuple(positions), tuple(profiles.values()))


def _tell(done: int, total: int) -> None:
    if done == total:
        say(f"loaded {done}")


def text_of(profile: Profile, vocabulary: Vocabulary) -> str:
    """A candidate as one text, as a resume would say it: credentials, issuers, what they stand for."""
    lines = []
    for award in profile.awards:
        claims = (vocabulary.competency(claim.competency).label_en for claim in award.achievement.claims)
        lines.append(f"{award.achievement.name} ({award.achievement.issuer_name}): {', '.join(claims)}")
    return ". ".join(lines)


def unit(vectors: NDArray[np.int8]) -> NDArray[np.float32]:
    """Vectors of length 1, so that their product is the cosine."""
    wide = vectors.astype(np.float32)
    wide /= np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1)  # whole numbers: 1 or longer, or all 0
    return wide


def encode(pool: Pool, encoder: Encoder) -> tuple[NDArray[np.float32], float]:
    """A vector for each candidate, and the milliseconds that each took."""
    encoder.encode(["a first text loads the model"])
    found = []
    begun = time.perf_counter()
    for start in range(0, len(pool.profiles), _PAGE):
        some = pool.profiles[start : start + _PAGE]
        found.append(encoder.encode([text_of(profile, pool.vocabulary) for profile in some]))
        say(f"encoded {start + len(some)} of {len(pool.profiles)} whole")
    return unit(np.concatenate(found)), (time.perf_counter() - begun) * 1_000 / len(pool.profiles)


def scan(pool: Pool, encoder: Encoder, vectors: NDArray[np.float32], candidates: int) -> tuple[Ranked, float]:
    """Compare each position with every vector and sort all; also the milliseconds to encode a position."""
    everybody = np.resize(vectors, (candidates, vectors.shape[1]))
    took: list[float] = []
    encoding: list[float] = []
    tops = []
    for position in pool.positions * ROUNDS:
        words = [alternative.text for r in position.requirements for alternative in r.alternatives]
        begun = time.perf_counter()
        asked = unit(encoder.encode([f"{position.title}: {', '.join(words)}"]))[0]
        encoded = time.perf_counter()
        np.argsort(-(everybody @ asked))
        took.append((time.perf_counter() - encoded) * 1_000)
        encoding.append((encoded - begun) * 1_000)
        tops.append(
            [pool.profiles[row] for row in np.argsort(-(vectors @ asked), kind="stable")[:TOP].tolist()]
        )
    return Ranked(took, tops[: len(pool.positions)]), percentile(encoding, 0.5)


def recall(pool: Pool) -> Ranked:
    """Recall each position's candidates by the index; the top is what credmatch answers for the encoded."""
    engine, key = pool.parts.engine, pool.parts.settings.organisation
    took: list[float] = []
    tops = []
    for number, position in enumerate(pool.positions * ROUNDS):
        planned = plan(position, pool.vocabulary)
        query = Query(tuple(requirement.clause() for requirement in planned if requirement.understood))
        begun = time.perf_counter()
        next(engine.recall(key, query, 2 * TOP).batches, None)
        took.append((time.perf_counter() - begun) * 1_000)
        if number < len(pool.positions):
            ranking = all_of(pool.profiles, Scorer(planned, int(time.time())))
            tops.append([scored.profile for scored in ranking.listed[:TOP] if scored.points])
    return Ranked(took, tops)


def time_whole(pool: Pool) -> float:
    """Milliseconds (median) of credmatch's whole answer: recall, scores from the database, explanations."""
    took = []
    for position in pool.positions * ROUNDS:
        begun = time.perf_counter()
        pool.parts.matcher.match(pool.parts.settings.organisation, position, top=TOP)
        took.append((time.perf_counter() - begun) * 1_000)
    return percentile(took, 0.5)


def certain(requirement: PlannedRequirement) -> frozenset[int]:
    """The competencies that meet a requirement for certain."""
    pairs = (pair for planned in requirement.alternatives for pair in planned.pairs.values())
    return frozenset(pair.competency for pair in pairs if pair.meets_must)


def truth_of(pool: Pool, tops: Sequence[Sequence[Profile]]) -> dict[str, float]:
    """How the people on top stand now, as shares: of people times requirements, how many are current and how
    many only lapsed; of people, how many miss a must-have; of 50 places, how many are taken."""
    now = int(time.time())
    states: list[str] = []
    missing = 0
    for position, top in zip(pool.positions, tops, strict=True):
        needs = [(certain(planned), planned.requirement.must) for planned in plan(position, pool.vocabulary)]
        for profile in top:
            held = [
                (_holds(profile, competencies, now), must) for competencies, must in needs if competencies
            ]
            states.extend(state for state, _ in held)
            missing += any(must and state != "current" for state, must in held)
    people = sum(map(len, tops))
    return {
        "current": states.count("current") / len(states),
        "lapsed_only": states.count("lapsed") / len(states),
        "missing_a_must": missing / people,
        "places_taken": people / TOP / len(tops),
    }


def _holds(profile: Profile, competencies: frozenset[int], now: int) -> str:
    states = {
        "current" if lapse(award, now) is None else "lapsed"
        for award in profile.awards
        if any(claim.competency in competencies for claim in award.achievement.claims)
    }
    return min(states, default="nothing")


def compare(pool: Pool, encoder: Encoder, candidates: int) -> dict[str, float | int | str]:
    """All figures."""
    vectors, encoding = encode(pool, encoder)
    scanned, query_encoding = scan(pool, encoder, vectors, candidates)
    recalled = recall(pool)
    whose = {"scan": truth_of(pool, scanned.tops), "credmatch": truth_of(pool, recalled.tops)}
    index = Path(pool.parts.settings.index_dir)
    return {
        "candidates_encoded": len(pool.profiles),
        "positions": len(pool.positions),
        "scan_encode_ms_per_candidate": encoding,
        "scan_encode_pool_seconds": encoding * candidates / 1_000,
        "scan_encode_query_ms": query_encoding,
        "scan_p50_ms": percentile(scanned.took, 0.5),
        "scan_p95_ms": percentile(scanned.took, 0.95),
        "scan_bytes_per_candidate": vectors.shape[1] * vectors.itemsize,
        "recall_p50_ms": percentile(recalled.took, 0.5),
        "recall_p95_ms": percentile(recalled.took, 0.95),
        "recall_bytes_per_candidate": sum(f.stat().st_size for f in index.rglob("s*")) / candidates,
        "match_p50_ms": time_whole(pool),
        **{f"{way}_top50_{name}": value for way, truth in whose.items() for name, value in truth.items()},
    }


def main() -> None:
    """Load, rank both ways, report."""
    asked = arguments("Compare with encoding each candidate whole and scanning all.")
    with tempfile.TemporaryDirectory(prefix="credmatch-baseline-") as folder:
        with opened(read_settings(data_dir=Path(folder))) as parts:
            pool = load(parts, asked.candidates, asked.seed)
            say(f"loaded {asked.candidates} candidates, {len(pool.positions)} positions")
            figures = compare(pool, LocalEncoder(), asked.candidates)
        report({"candidates": asked.candidates, "seed": asked.seed, **figures})


if __name__ == "__main__":
    main()
