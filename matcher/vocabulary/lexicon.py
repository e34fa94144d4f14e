"""Words: which competencies have a text as a label, which have labels like it, and whether it is French.

A term is a folded label or alias in one language; several competencies may own it. Likeness ("overlap") of a
text and a term is the mean of two weighted Dice coefficients, 2 w(both) / (w(text) + w(term)): one over
stemmed words, one over the runs of four bytes of the folded text with a space at either end. What rarer words
and runs have in common weighs more: each has the weight ln((1 + terms) / terms that have it).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.vocabulary.arrays import Ints, Lists, Strings
from matcher.vocabulary.text import fold, stem

Floats = NDArray[np.float32]

GRAM = 4
"""Bytes in a run; four fit into a uint32, and runs of three were no better (`benchmarks.readings`)."""

LONGEST = 2_000
"""Characters of a text that are compared; labels have at most 500."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A competency, by row, that has a term; `preferred`: as its preferred label."""

    row: int
    preferred: bool


@dataclass(frozen=True, slots=True)
class Features:
    """Features of terms (stems, or runs of bytes): which terms have each, and what they weigh.

    `weights` belong to features; `totals` are the sums of a term's weights; `unknown`, an array of one, is
    the weight of a feature that no term has.
    """

    terms: Lists
    weights: Floats
    totals: Floats
    unknown: Floats

    @classmethod
    def of(cls, features: Ints, terms: Ints, shape: tuple[int, int], population: int) -> Features:
        """From the pairs of a feature and a term that has it; `shape`: how many features and terms there
        are, `population`: how many terms could have any of these features."""
        lists = Lists.of(features, terms, shape[0])
        weights = np.log((1 + population) / np.maximum(lists.lengths, 1)).astype(np.float32)
        totals = np.bincount(terms, weights=weights[features], minlength=shape[1]).astype(np.float32)
        return cls(lists, weights, totals, np.log([1 + population]).astype(np.float32))

    def dice(self, known: Iterable[int], unknown: int) -> Floats:
        """Of every term with a text that has the features `known` and `unknown` further ones; 0 .. 1."""
        shared = np.zeros(len(self.totals), dtype=np.float32)
        whole = unknown * float(self.unknown[0])
        for feature in known:
            weight = self.weights[feature]
            shared[self.terms[feature]] += weight
            whole += float(weight)
        dice: Floats = 2 * shared / np.maximum(self.totals + np.float32(whole), np.float32(1e-9))
        return dice


@dataclass(frozen=True, slots=True)
class Stems:
    """The stems of the terms in one language, sorted, with the terms that have each."""

    stems: Strings
    features: Features

    def dice(self, words: Iterable[str], language: str) -> Floats:
        """Of every term with a text of these words; 0 .. 1, and 0 for terms in another language."""
        stems = dict.fromkeys(stem(word, language) for word in words)
        known = [place for one in stems for place in self.stems.find(one)]
        return self.features.dice(known, len(stems) - len(known))


@dataclass(frozen=True, slots=True)
class Grams:
    """The runs of bytes of all terms, sorted, with the terms that have each.

    `leaning` says how much more frequent each is in French terms than in English ones (natural logarithm).
    """

    grams: NDArray[np.uint32]
    features: Features
    leaning: Floats

    def dice(self, folded: str) -> Floats:
        """Of every term with a folded text; 0 .. 1."""
        known, unknown = self._find(folded)
        return self.features.dice(known.tolist(), unknown)

    def leans(self, folded: Sequence[str]) -> NDArray[np.float64]:
        """How much likelier each folded text is French than English (log odds)."""
        texts, runs = grams_of(folded)
        pairs = np.unique(np.stack([texts, runs.astype(np.int64)], axis=1), axis=0)
        places, there = self._places(pairs[:, 1].astype(np.uint32))
        leaning = self.leaning[places[there]].astype(np.float64)
        return np.bincount(pairs[there, 0], weights=leaning, minlength=len(folded)).astype(np.float64)

    def _find(self, folded: str) -> tuple[Ints, int]:
        """Places of the text's runs, and how many it has that no term has."""
        wanted = np.unique(grams_of([folded])[1])
        places, there = self._places(wanted)
        return places[there], int(len(wanted) - np.count_nonzero(there))

    def _places(self, wanted: NDArray[np.uint32]) -> tuple[Ints, NDArray[np.bool_]]:
        """Where runs stand or would stand, and whether they do."""
        if not len(self.grams):
            return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
        places = np.minimum(np.searchsorted(self.grams, wanted), len(self.grams) - 1)
        return places, self.grams[places] == wanted


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The terms of a vocabulary with their indexes.

    `terms` are sorted, then by language (`languages`: positions in LANGUAGES). `owners`: rows of
    competencies by term, with `preferred` beside its values; `competency_terms`: the terms of each row.
    `words` are sorted; `word_terms`: the terms that have each.
    """

    terms: Strings
    languages: NDArray[np.uint8]
    owners: Lists
    preferred: NDArray[np.bool_]
    competency_terms: Lists
    words: Strings
    word_terms: Lists
    english: Stems
    french: Stems
    grams: Grams

    def owners_of(self, folded: str) -> list[Owner]:
        """Who owns a folded text as a term, in either language."""
        return [
            Owner(int(self.owners.values[place]), bool(self.preferred[place]))
            for term in self.terms.find(folded)
            for place in range(self.owners.starts[term], self.owners.starts[term + 1])
        ]

    def overlaps(self, folded: str) -> Floats:
        """How much the likest term of each competency overlaps with a folded text; shape (rows,), 0 .. 1."""
        words = dict.fromkeys(folded.split())
        # A term is in one language, so of the first two at least one is 0.
        dice = self.english.dice(words, "en") + self.french.dice(words, "fr") + self.grams.dice(folded)
        of_each = np.zeros(len(self.competency_terms), dtype=np.float32)
        rows = np.flatnonzero(self.competency_terms.lengths)
        if len(rows):
            of_terms = dice[self.competency_terms.values] / 2
            of_each[rows] = np.maximum.reduceat(of_terms, self.competency_terms.starts[rows])
        return of_each


def folded(text: str) -> str:
    """A text as it is compared: folded, of at most LONGEST characters."""
    return fold(text[:LONGEST])


def grams_of(texts: Sequence[str]) -> tuple[Ints, NDArray[np.uint32]]:
    """The runs of four bytes of each text, a space at either end: numbers of texts, and runs, repeats too."""
    padded = [f" {text} ".encode().ljust(GRAM) for text in texts]
    lengths = np.array([len(one) for one in padded], dtype=np.int64)
    flat = np.frombuffer(b"".join(padded), dtype=np.uint8).astype(np.uint32)
    runs = np.zeros(max(len(flat) - GRAM + 1, 0), dtype=np.uint32)
    for place in range(GRAM):
        runs = (runs << np.uint32(8)) | flat[place : place + len(runs)]
    texts_of = np.repeat(np.arange(len(texts)), lengths)
    # A run belongs to a text where it ends in the text in which it starts.
    whole = texts_of[: len(runs)] == texts_of[GRAM - 1 :]
    return texts_of[: len(runs)][whole], runs[whole]
