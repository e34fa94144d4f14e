"""What finding competencies by Elasticsearch costs beside looking through all of them in this process.

    python -m benchmarks.competencies --elasticsearch http://127.0.0.1:9200 --seed 1

Over the vocabulary that ships. Texts are labels, half of them changed so that they are none, each read alone
as on a page; what is typed are their beginnings. A text's vector is made up from labels' vectors, so that no
model is timed. Ends with an error where the two differ in anything. Its indexes are removed in the end.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import percentile, report, say
from indexer.vocabulary import load_shipped
from matcher.search.elastic_access import Access
from matcher.search.elastic_client import Cluster
from matcher.search.elastic_competencies import ElasticCompetencies
from matcher.store.database import Database
from matcher.store.tables import SHARED
from matcher.store.vocabularies import load_contents
from matcher.vocabulary.compiling import compile_layer
from matcher.vocabulary.encoder import LocalEncoder, quantise
from matcher.vocabulary.layer import Layer
from matcher.vocabulary.vocabulary import Vocabulary

TEXTS = 300
_TOP = 5
_SUGGESTIONS = 8


class Blending:
    """A text's vector: the sum of those of two labels, and noise; the same for the same text."""

    model = "blend@1"

    def __init__(self, layer: Layer) -> None:
        self._vectors = layer.labels.vectors

    def encode(self, texts: Sequence[str]) -> NDArray[np.int8]:
        """Vectors of texts, int8, shape (n, 384)."""
        made = np.empty((len(texts), self._vectors.shape[1]), np.float32)
        for number, text in enumerate(texts):
            random = np.random.default_rng(sum(text.encode()))
            made[number] = self._vectors[random.integers(0, len(self._vectors), 2)].sum(axis=0)
            made[number] += random.normal(0, 20 * random.random(), made.shape[1])
        return quantise(made)


def shipped_layer() -> Layer:
    """ESCO and the supplement, compiled."""
    with tempfile.TemporaryDirectory(prefix="credmatch-competencies-") as folder:
        database = Database(f"sqlite:///{Path(folder)}/credmatch.db")
        database.migrate()
        load_shipped(database)
        with database.read() as connection:
            contents = load_contents(connection, SHARED, LocalEncoder().model)
        database.close()
    return compile_layer(contents)


def some_labels(layer: Layer, random: Random, count: int) -> list[str]:
    """Labels in either language, half of them changed so that most are none."""
    terms = layer.lexicon.terms
    found = [terms[term] for term in random.sample(range(len(terms)), count)]
    changed = [" ".join([*one.split()[1:], other.split()[-1]]) for one, other in pairwise(found)]
    return found[: count // 2] + changed[: count // 2]


def beginnings(random: Random, texts: Sequence[str]) -> list[str]:
    """Texts as they are while they are typed: cut off, or each word cut off."""
    cut = [text[: random.randint(1, len(text))] for text in texts]
    return cut + [" ".join(word[: random.randint(1, 5)] for word in text.split()) for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser(description="Time readings and suggestions, with and without.")
    parser.add_argument("--elasticsearch", required=True, metavar="URL")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    asked = parser.parse_args()
    random = Random(asked.seed)
    layer = shipped_layer()
    cluster = Cluster(Access((asked.elasticsearch,)))
    prefix = f"benchmark-{uuid.uuid4().hex[:8]}"
    narrowing = ElasticCompetencies(cluster, prefix, 0, "shipped", Blending.model, layer)
    begun = time.monotonic()
    narrowing.ensure()
    figures: dict[str, float | int | str] = {"build_seconds": time.monotonic() - begun}
    try:
        figures |= compare(layer, narrowing, random)
    finally:
        cluster.ask("DELETE", f"/{narrowing.index}")
        cluster.close()
    report(figures)


def compare(layer: Layer, narrowing: ElasticCompetencies, random: Random) -> dict[str, float]:
    """Milliseconds of either way, turn by turn, so that what else the machine does falls on both."""
    encoder = Blending(layer)
    ways = {
        "process": Vocabulary("shipped", [layer], encoder),
        "elasticsearch": Vocabulary("shipped", [layer], encoder, narrowing),
    }
    texts = some_labels(layer, random, TEXTS)
    typed = beginnings(random, texts)
    figures = {}
    for name, inputs, call in (
        ("read", texts, lambda way, text: way.understand([text], _TOP)),
        ("suggest", typed, lambda way, text: way.suggest(text, "en", _SUGGESTIONS)),
    ):
        say(f"{name}: {len(inputs)} texts")
        took = timed(ways, inputs, call)
        for way, milliseconds in took.items():
            for share in (50, 95):
                figures[f"{name}_{way}_p{share}_ms"] = percentile(milliseconds, share / 100)
    if narrowing.resting:
        raise SystemExit("Elasticsearch did not answer all the time")
    return figures


def timed(
    ways: dict[str, Vocabulary], inputs: Sequence[str], call: Callable[[Vocabulary, str], object]
) -> dict[str, list[float]]:
    """Milliseconds by way. Raises SystemExit where their answers differ."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    for text in inputs:
        answers = []
        for name, way in ways.items():
            begun = time.perf_counter()
            answers.append(call(way, text))
            took[name].append((time.perf_counter() - begun) * 1_000)
        if answers[0] != answers[1]:
            raise SystemExit(f"answers differ for {text!r}")
    return took


if __name__ == "__main__":
    main()
