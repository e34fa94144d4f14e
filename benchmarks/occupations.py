"""How well kinship ranks: what occupations do, in words, against the skills that occupations need.

    python -m benchmarks.occupations --occupations 400 --seed 1 --esco ../shared/data/esco

From ESCO's CSV export. The description of an occupation is cut into clauses, which stand for the micro-skills
of a position; all occupations are ranked by the kinship of the clauses to the skills that are essential to
them, the best skill for each clause. Figures: `mrr`, mean reciprocal rank of the occupation itself;
`ndcg_10`, where it is worth 3 and others of its ISCO group 1. They compare rules of kinship with each other,
on words that were not written for it; neither says how often a ranking is right.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import report, say
from benchmarks.readings import shipped_contents
from matcher.records import Pair
from matcher.vocabulary.compiling import compile_layer
from matcher.vocabulary.encoder import LocalEncoder
from matcher.vocabulary.vocabulary import Vocabulary

_CLAUSES = 8
_WORDS = range(2, 10)
_TOP = 10


@dataclass(frozen=True, slots=True)
class Occupation:
    """An occupation with the clauses of its description, its ISCO group and its essential skills by URI."""

    clauses: tuple[str, ...]
    group: str
    skills: frozenset[str]


def occupations(folder: Path) -> list[Occupation]:
    """The occupations of an export that have a description and essential skills."""
    skills: defaultdict[str, set[str]] = defaultdict(set)
    for row in _rows(folder / "occupationSkillRelations.csv.gz"):
        if row["relationType"] == "essential":
            skills[row["occupationUri"]].add(row["skillUri"])
    return [
        Occupation(clauses, row["iscoGroup"], frozenset(skills[row["conceptUri"]]))
        for row in _rows(folder / "occupations_en.csv.gz")
        if row["conceptUri"] in skills and (clauses := _clauses(row["description"], row["preferredLabel"]))
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _clauses(description: str, label: str) -> tuple[str, ...]:
    """Clauses of a description without its subject, which would give the occupation away."""
    subject = re.compile(
        rf"^(?:They|{re.escape(label)}(?:s|es)?)\s+(?:also\s+|can\s+|may\s+)?", re.IGNORECASE
    )
    found = [
        clause
        for sentence in re.split(r"(?<=[.;])\s+|\n+", description)
        for clause in re.split(r",\s*(?:and\s+)?|\s+and\s+", subject.sub("", sentence.strip()).rstrip(".;"))
        if len(clause.split()) in _WORDS
    ]
    return tuple(found[:_CLAUSES])


def coverage(
    kin: Sequence[Mapping[int, Pair]], holders: Mapping[int, NDArray[np.int64]], count: int
) -> NDArray[np.int64]:
    """The sum over clauses of the best kinship of each occupation's skills, in units."""
    whole = np.zeros(count, dtype=np.int64)
    for pairs in kin:
        best = np.zeros(count, dtype=np.int64)
        for pair in pairs.values():
            if (held := holders.get(pair.competency)) is not None:
                best[held] = np.maximum(best[held], pair.units)
        whole += best
    return whole


def measure(
    vocabulary: Vocabulary, encoder: LocalEncoder, found: Sequence[Occupation], some: int
) -> dict[str, float]:
    """The figures of the first `some` occupations among all."""
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for number, one in enumerate(found):
        for uri in one.skills:
            if (competency := vocabulary.by_uri(uri)) is not None:
                holders[competency.id].append(number)
    arrays = {id_: np.array(numbers, dtype=np.int64) for id_, numbers in holders.items()}
    groups = np.array([one.group for one in found])
    texts = [clause for one in found[:some] for clause in one.clauses]
    vectors = iter(encoder.encode(texts))
    discount = 1 / np.log2(np.arange(2, _TOP + 2))
    ranks, gains = [], []
    for number, one in enumerate(found[:some]):
        kin = [vocabulary.kin(next(vectors).tobytes(), clause) for clause in one.clauses]
        whole = coverage(kin, arrays, len(found))
        ahead, level = np.sum(whole > whole[number]), np.sum(whole == whole[number])
        ranks.append(1 / (1 + ahead + (level - 1) / 2))
        worth = (groups == one.group).astype(np.float64)
        worth[number] = 3
        top = np.argsort(-whole, kind="stable")[:_TOP]
        gains.append((worth[top] @ discount) / (np.sort(worth)[::-1][:_TOP] @ discount))
    return {
        "clauses": len(texts),
        "mrr": float(np.mean(ranks)),
        "mrr_standard_error": float(np.std(ranks) / np.sqrt(len(ranks))),
        "ndcg_10": float(np.mean(gains)),
    }


def main() -> None:
    """Measure, as the command line says."""
    parser = argparse.ArgumentParser(description="How well kinship ranks occupations by what they do.")
    parser.add_argument("--occupations", type=int, default=400, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default: %(default)s")
    parser.add_argument("--esco", type=Path, required=True, metavar="FOLDER", help="ESCO's CSV export")
    given = parser.parse_args()
    found = occupations(given.esco)
    Random(given.seed).shuffle(found)
    encoder = LocalEncoder()
    with tempfile.TemporaryDirectory() as folder:
        contents = shipped_contents(Path(folder), encoder.model)
    vocabulary = Vocabulary("occupations", [compile_layer(contents)], encoder)
    say(f"{given.occupations} of {len(found)} occupations")
    figures = measure(vocabulary, encoder, found, given.occupations)
    report({"occupations": given.occupations, "seed": given.seed, **figures})


if __name__ == "__main__":
    main()
