"""How a text is understood: exactly, or by similarity and words together, with a probability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher.records import Competency, Likely
from matcher.vocabulary.calibration import ENGLISH, EXACT, FRENCH, NAMED, TYPICAL
from matcher.vocabulary.encoder import DIMENSION, Encoder
from matcher.vocabulary.language import are_french
from matcher.vocabulary.layer import Layer
from matcher.vocabulary.lexicon import Floats, folded
from matcher.vocabulary.narrowing import Narrowing, Near
from matcher.vocabulary.phrases import content

_BLOCK = 16
"""Texts that are compared with all competencies at a time, to bound the memory."""

_SLACK = 1e-6
"""What the sum of a score may lose to rounding, many times over."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text as it is compared.

    `exact`: places of the competencies that it names exactly, the one it means first; `named`: that it very
    probably names, beside a word for a kind of document, where none is exact. `vector`: int8, shape
    (384,): its own (`encoded`), else that of the label it is, else zeros, which are similar to nothing.
    """

    folded: str
    french: bool
    exact: tuple[int, ...]
    named: tuple[int, ...]
    vector: NDArray[np.int8]
    encoded: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the competencies at `places` (sorted), arrays alike: similarity of the text to its
    label and to its description, overlap with its likest label, and of a French text's gloss with its likest
    English one."""

    places: NDArray[np.int64]
    labels: NDArray[np.float64]
    descriptions: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    glosses: NDArray[np.float64]


class Understanding:
    """Reads texts as competencies of some layers. A competency's place counts through all layers.

    `narrowing` finds those of the first layer that can be likely; None looks through all.
    """

    def __init__(self, layers: Sequence[Layer], encoder: Encoder, narrowing: Narrowing | None = None) -> None:
        self._narrowing = narrowing
        self._layers = layers
        self._encoder = encoder
        self._ids = np.concatenate([layer.ids for layer in layers])
        self._starts = np.cumsum([0, *(len(layer.ids) for layer in layers)]).tolist()
        self._undescribed = np.concatenate([layer.descriptions.squares == 0 for layer in layers])

    def understand(self, texts: Sequence[str], top: int) -> Iterator[tuple[Words, list[Likely]]]:
        """For each text its words, and the `top` competencies that it likeliest means, the best first.

        None for a text without a letter or digit. Raises Unavailable where the encoder does not answer.
        """
        prepared = self.words(texts)
        count = max(top + 1, 2)
        for start in range(0, len(prepared), _BLOCK):
            block = prepared[start : start + _BLOCK]
            for words, evidence in zip(block, self._narrowed(block, count), strict=True):
                yield words, self._likely(words, evidence, top) if words.folded and len(self._ids) else []

    def words(self, texts: Sequence[str]) -> list[Words]:
        """The texts as they are compared; those that are English and not exact are encoded, all at once."""
        french = are_french(texts, self._layers[0].lexicon)
        plain = [self._words(text, french=reads) for text, reads in zip(texts, french, strict=True)]
        wanted = [
            number
            for number, words in enumerate(plain)
            if words.folded and not words.exact and not words.named and not words.french
        ]
        if not wanted:
            return plain
        vectors = self._encoder.encode([texts[number] for number in wanted])
        for number, vector in zip(wanted, vectors, strict=True):
            plain[number] = replace(plain[number], vector=vector, encoded=True)
        return plain

    def evidence(self, texts: Sequence[Words]) -> Iterator[Evidence]:
        """What speaks for each competency, text by text."""
        for start in range(0, len(texts), _BLOCK):
            block = texts[start : start + _BLOCK]
            vectors = np.stack([words.vector for words in block])
            labels = np.hstack([layer.labels.similarities(vectors) for layer in self._layers])
            described = np.hstack([layer.descriptions.similarities(vectors) for layer in self._layers])
            described[:, self._undescribed] = TYPICAL[0] + TYPICAL[1] * labels[:, self._undescribed]
            for number, words in enumerate(block):
                overlaps = np.concatenate([layer.lexicon.overlaps(words.folded) for layer in self._layers])
                glosses = self._glossed(words) if not words.vector.any() else np.zeros_like(overlaps)
                yield Evidence(
                    np.arange(len(self._ids)),
                    labels[number],
                    described[number],
                    overlaps.astype(np.float64),
                    glosses.astype(np.float64),
                )

    def _narrowed(self, block: Sequence[Words], count: int) -> Iterator[Evidence]:
        """`evidence`, at least of all competencies that can be among the `count` with the best scores."""
        vectors = [words.vector for words in block if words.vector.any()]
        found = self._narrowing.nearest(np.stack(vectors)) if self._narrowing and vectors else None
        if found is None:
            yield from self.evidence(block)
            return
        near = iter(found)
        for words in block:
            if words.vector.any():
                yield self._among(words, next(near), count)
            else:  # only its words count, and those are looked up in lists
                yield from self.evidence([words])

    def _among(self, words: Words, near: Near, count: int) -> Evidence:
        """Evidence of what is near a text, and of all that can make up by its words for not being near."""
        overlaps = np.concatenate([layer.lexicon.overlaps(words.folded) for layer in self._layers])
        own = np.arange(self._starts[1], self._starts[-1])
        evidence = self._of(np.concatenate([near.rows, own]), words, overlaps)
        scores = _english(evidence)
        least = np.partition(scores, -count)[-count] if len(scores) >= count else -np.inf
        others = np.ones(self._starts[1], dtype=np.bool_)
        others[near.rows] = False
        rows = np.flatnonzero(others)
        label = np.full(len(rows), near.label)
        described = np.where(self._undescribed[rows], TYPICAL[0] + TYPICAL[1] * label, near.description)
        most = _english(
            Evidence(rows, label, described, overlaps[rows].astype(np.float64), np.zeros(len(rows)))
        )
        more = rows[most >= least - _SLACK]
        if not len(more):
            return evidence
        return self._of(np.concatenate([np.union1d(near.rows, more), own]), words, overlaps)

    def _of(self, places: NDArray[np.int64], words: Words, overlaps: Floats) -> Evidence:
        """`evidence` of the competencies at `places` (sorted) for a text that has a vector."""
        vector = words.vector[np.newaxis]
        parts = np.split(places, np.searchsorted(places, self._starts[1:-1]))
        rows = [part - start for part, start in zip(parts, self._starts, strict=False)]
        each = list(zip(self._layers, rows, strict=True))
        labels = np.concatenate([layer.labels.rows(some).similarities(vector)[0] for layer, some in each])
        described = np.concatenate(
            [layer.descriptions.rows(some).similarities(vector)[0] for layer, some in each]
        )
        without = self._undescribed[places]
        described[without] = TYPICAL[0] + TYPICAL[1] * labels[without]
        chosen = overlaps[places].astype(np.float64)
        return Evidence(places, labels, described, chosen, np.zeros_like(chosen))

    def competency(self, place: int) -> Competency:
        """The competency at a place."""
        number = int(np.searchsorted(self._starts, place, side="right")) - 1
        return self._layers[number].competency(place - self._starts[number])

    def _glossed(self, words: Words) -> NDArray[np.float32]:
        gloss = self._layers[0].lexicon.glosses.of(content(words.folded, "fr"))
        return np.concatenate([layer.lexicon.glossed(gloss) for layer in self._layers])

    def _words(self, text: str, *, french: bool) -> Words:
        words = folded(text)
        exact: list[int] = []
        named: list[int] = []
        for layer, start in zip(self._layers, self._starts, strict=False):
            rows, certain = layer.named(words)
            (exact if certain else named).extend(start + row for row in rows)
        meant = exact or named
        vector = self._label(meant[0]) if meant else np.zeros(DIMENSION, dtype=np.int8)
        return Words(words, french, tuple(exact), () if exact else tuple(named), vector, encoded=False)

    def _label(self, place: int) -> NDArray[np.int8]:
        number = int(np.searchsorted(self._starts, place, side="right")) - 1
        vector: NDArray[np.int8] = self._layers[number].labels.vectors[place - self._starts[number]]
        return vector

    def _likely(self, words: Words, evidence: Evidence, top: int) -> list[Likely]:
        numbers = ENGLISH if words.vector.any() else FRENCH
        scores = numbers.scores(evidence.labels, evidence.descriptions, evidence.overlaps, evidence.glosses)
        best = largest(scores, self._ids[evidence.places], max(top + 1, 2))
        probabilities = numbers.probabilities(scores[best], evidence.overlaps[best]).tolist()
        first = words.exact[:1] or words.named[:1]
        sure = bool(words.exact)
        most = NAMED if words.named else EXACT
        likely = [
            Likely(self.competency(place), exact=sure, probability=EXACT if sure else NAMED)
            for place in first
        ]
        likely += [
            Likely(self.competency(place), exact=False, probability=min(probability, most))
            for place, probability in zip(evidence.places[best].tolist(), probabilities, strict=True)
            if place not in first
        ]
        return likely[:top]


def _english(evidence: Evidence) -> NDArray[np.float64]:
    return ENGLISH.scores(evidence.labels, evidence.descriptions, evidence.overlaps, evidence.glosses)


def largest(scores: NDArray[np.float64], ids: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Places of the `count` largest scores, the largest first, of equals the lower id first."""
    if count < len(scores):
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
        near = np.flatnonzero(scores >= least)
    else:
        near = np.arange(len(scores))
    return near[np.lexsort((ids[near], -scores[near]))][:count]
