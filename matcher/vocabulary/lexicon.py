"""Words: which competencies have a text as a label, which have labels like it, and whether it is French.

A term is a folded label or alias in one language; several competencies may own it. Likeness ("overlap") of a
text and a term is the mean of two weighted Dice coefficients, 2 w(both) / (w(text) + w(term)): one over
stemmed words, one over the runs of four bytes of the folded text with a space at either end. What rarer words
and runs have in common weighs more: each has the weight ln((1 + terms) / terms that have it).

A French text is compared with English terms too, through what its words usually are in English (`Glosses`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.vocabulary.arrays import Ints, Lists, Strings
from matcher.vocabulary.phrases import content, key
from matcher.vocabulary.text import LANGUAGES, fold, stem

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

    def weighted_dice(self, known: dict[int, float], unknown: int) -> Floats:
        """The same with a text that has each of the features `known` to a share from 0 to 1."""
        shared = np.zeros(len(self.totals), dtype=np.float32)
        whole = unknown * float(self.unknown[0]) / 2
        for feature, share in known.items():
            weight = np.float32(share) * self.weights[feature]
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

    def weighted_dice(self, shares: dict[str, float], unknown: int) -> Floats:
        """Of every term with a text that has each stem to a share, and `unknown` further words; 0 .. 1."""
        known = {place: share for one, share in shares.items() for place in self.stems.find(one)}
        return self.features.weighted_dice(known, unknown)


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
class Glosses:
    """What French stems (sorted) are in English: English stems by number in `english`, and how often each
    (0 .. 1, `shares` beside their values). Made by `glossary.learn` from labels in both languages."""

    french: Strings
    english: Strings
    lists: Lists
    shares: Floats

    def of(self, words: Iterable[str]) -> tuple[dict[str, float], int]:
        """The English stems of French words, each with its largest share; and how many words have none."""
        found: dict[str, float] = {}
        without = 0
        for one in dict.fromkeys(stem(word, "fr") for word in words):
            places = self.french.find(one)
            without += not places
            for place in places:
                for at in range(int(self.lists.starts[place]), int(self.lists.starts[place + 1])):
                    english = self.english[int(self.lists.values[at])]
                    found[english] = max(float(self.shares[at]), found.get(english, 0.0))
        return found, without


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The terms of a vocabulary with their indexes.

    `terms` are sorted, then by language (`languages`: positions in LANGUAGES). `owners`: rows of
    competencies by term, with `preferred` beside its values; `competency_terms`: the terms of each row.
    `words` are sorted; `word_terms`: the terms that have each. `keys`: what terms keep without inflection
    (`phrases.key`), the language before it, sorted; `key_terms`: the terms that have each.
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
    keys: Strings
    key_terms: Lists
    glosses: Glosses

    def owners_of(self, folded: str) -> list[Owner]:
        """Who owns a folded text as a term, in either language."""
        return self._owners(self.terms.find(folded))

    def inflected_owners_of(self, folded: str) -> list[Owner]:
        """Who owns a term that differs from a folded text at most by inflection, in either language."""
        return [
            owner
            for language in LANGUAGES
            if (wanted := key(folded, language))
            for place in self.keys.find(f"{language} {wanted}")
            for owner in self._owners(self.key_terms[place].tolist())
        ]

    def shares_words(self, folded: str, but: int | None = None) -> bool:
        """Whether an English term of any competency, row `but` aside, has a content word of a folded text."""
        for word in content(folded, "en"):
            for place in self.english.stems.find(stem(word, "en")):
                terms = self.english.features.terms[place].astype(np.int64)
                if len(terms) and np.any(
                    self.owners.values[self.owners.places(terms)[1]] != (-1 if but is None else but)
                ):
                    return True
        return False

    def _owners(self, terms: Iterable[int]) -> list[Owner]:
        return [
            Owner(int(self.owners.values[place]), bool(self.preferred[place]))
            for term in terms
            for place in range(self.owners.starts[term], self.owners.starts[term + 1])
        ]

    def overlaps(self, folded: str) -> Floats:
        """How much the likest term of each competency overlaps with a folded text; shape (rows,), 0 .. 1."""
        words = dict.fromkeys(folded.split())
        # A term is in one language, so of the first two at least one is 0.
        dice = self.english.dice(words, "en") + self.french.dice(words, "fr") + self.grams.dice(folded)
        return self._of_competencies((dice / 2).astype(np.float32))

    def glossed(self, gloss: tuple[dict[str, float], int]) -> Floats:
        """How much each competency's likest English term overlaps with a gloss; shape (rows,), 0 .. 1."""
        shares, without = gloss
        return self._of_competencies(self.english.weighted_dice(shares, without))

    def _of_competencies(self, of_terms: Floats) -> Floats:
        """The largest of the numbers of each competency's terms; shape (rows,)."""
        of_each = np.zeros(len(self.competency_terms), dtype=np.float32)
        rows = np.flatnonzero(self.competency_terms.lengths)
        if len(rows):
            whole = of_terms[self.competency_terms.values]
            of_each[rows] = np.maximum.reduceat(whole, self.competency_terms.starts[rows])
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
