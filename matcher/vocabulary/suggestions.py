"""What somebody who is typing may mean: by the words begun, without the encoder, in a few milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.vocabulary.arrays import Ints
from matcher.vocabulary.lexicon import Lexicon
from matcher.vocabulary.text import LANGUAGES

_LIKE_ENOUGH = 0.13
"""From this overlap on, labels are offered that do not have all words begun."""

_TERMS_A_ROW = 50
"""Of so many of the best terms for each suggestion wanted, enough belong to different competencies."""

WHOLE, PREFERRED, STARTS, OURS = 8, 4, 2, 1
"""Merits of a label: it is the text, is a preferred one, starts with the text, is in the language."""

LONGEST = 1_000
"""Bytes from which on longer labels cost no more."""


@dataclass(frozen=True, slots=True, order=True)
class Suggestion:
    """A row of a lexicon; the lower its `cost`, the better it fits."""

    cost: float
    row: int


def suggest(
    lexicon: Lexicon, folded: str, language: str, limit: int, begun: Mapping[int, float] | None = None
) -> list[Suggestion]:
    """The rows with a label in which every word of `folded` begins one, the best first, each once.

    Better is a label that is the text, a preferred one, one that starts with the text, one in `language`, and
    a shorter one, in this order. Where these are too few, labels that overlap with the text follow.
    `begun`: the `limit` best with what they cost, where they were found already.
    """
    if begun is None:
        begun = _cheapest(lexicon, _with_words(lexicon, folded), folded, language, limit)
    found = dict(begun)
    if len(found) < limit and folded:
        overlaps = lexicon.overlaps(folded)
        likest = np.argsort(-overlaps, kind="stable")[: 2 * limit]
        for row in likest[overlaps[likest] >= _LIKE_ENOUGH].tolist():
            found.setdefault(row, 2.0 - float(overlaps[row]))
    return sorted(Suggestion(cost, row) for row, cost in found.items())[:limit]


def costs(merits: Ints, lengths: Ints) -> NDArray[np.float64]:
    """What labels of these merits and bytes cost, at most 1: more merit always wins, then fewer bytes."""
    whole: NDArray[np.float64] = 1 - merits / 16 + np.minimum(lengths, LONGEST) / 20_000
    return whole


def _with_words(lexicon: Lexicon, folded: str) -> Ints:
    """The terms in which every word of `folded` begins a word."""
    hits = np.zeros(len(lexicon.terms), dtype=np.int64)
    words = list(dict.fromkeys(folded.split()))
    for number, word in enumerate(words):
        begun = lexicon.words.find_prefix(word)
        # Words are sorted, so the lists of all that begin alike lie one behind the other.
        starts = lexicon.word_terms.starts
        having = lexicon.word_terms.values[starts[begun.start] : starts[begun.stop]]
        hits[having[hits[having] == number]] = number + 1
    return np.flatnonzero(hits == len(words)) if words else np.zeros(0, dtype=np.int64)


def _cheapest(lexicon: Lexicon, terms: Ints, folded: str, language: str, limit: int) -> dict[int, float]:
    """The best of the owners of `terms`, by row; what they cost is at most 1."""
    of_owner, owners = lexicon.owners.places(terms)
    lengths = np.diff(lexicon.terms.ends)[of_owner]
    starting = lexicon.terms.find_prefix(folded)
    starts = (of_owner >= starting.start) & (of_owner < starting.stop)
    whole = starts & (lengths == len(folded.encode()))
    ours = lexicon.languages[of_owner] == LANGUAGES.index(language)
    merits = WHOLE * whole + PREFERRED * lexicon.preferred[owners] + STARTS * starts + OURS * ours
    cost = costs(merits, lengths)
    some = min(len(cost), _TERMS_A_ROW * limit)
    best = np.argpartition(cost, some - 1)[:some] if some else np.zeros(0, dtype=np.int64)
    rows = lexicon.owners.values[owners]
    found: dict[int, float] = {}
    for place in best[np.lexsort((rows[best], cost[best]))].tolist():
        found.setdefault(int(rows[place]), float(cost[place]))
        if len(found) == limit:
            break
    return found
