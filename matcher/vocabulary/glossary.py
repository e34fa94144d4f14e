"""What French words usually are in English, learned from labels that competencies have in both languages.

Expectation maximisation for word translation: IBM model 1 (Brown et al., "The mathematics of statistical
machine translation", Computational Linguistics 19(2), 1993), over stems of content words.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from matcher.vocabulary.arrays import Ints, Lists, Strings
from matcher.vocabulary.lexicon import Floats, Glosses, folded
from matcher.vocabulary.phrases import content
from matcher.vocabulary.text import stem

_ROUNDS = 10
_LEAST = 0.08
"""An English stem that a French one is less often than this is left out: it would be a chance neighbour."""

_SEEN = 2
"""A French stem in fewer labels is left out: what it stands beside says too little."""


def learn(pairs: Iterable[tuple[str, str]]) -> Glosses:
    """From pairs of an English and a French label; about 2 s for 13,000."""
    english: dict[str, int] = {}
    french: dict[str, int] = {}
    found: list[tuple[int, int, int]] = []
    token = 0
    for one, other in pairs:
        ours = dict.fromkeys(stem(word, "fr") for word in content(folded(other), "fr"))
        for theirs in dict.fromkeys(stem(word, "en") for word in content(folded(one), "en")):
            number = english.setdefault(theirs, len(english))
            found.extend((token, french.setdefault(own, len(french)), number) for own in ours)
            token += 1
    if not found:
        return _made([], [], np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.float32))
    tokens, own, theirs_ = np.array(found, dtype=np.int64).T
    codes, place = np.unique(own * len(english) + theirs_, return_inverse=True)
    of_french = codes // len(english)
    shares = np.full(len(codes), 1.0)
    for _ in range(_ROUNDS):
        weights = shares[place]
        weights /= np.bincount(tokens, weights=weights)[tokens]
        counts = np.bincount(place, weights=weights, minlength=len(codes))
        shares = counts / np.bincount(of_french, weights=counts, minlength=len(french))[of_french]
    seen = np.bincount(place, minlength=len(codes))
    kept = (shares >= _LEAST) & (seen >= _SEEN)
    pairs_ = np.stack([of_french[kept], codes[kept] % len(english)], axis=1)
    return _made(list(french), list(english), pairs_, shares[kept].astype(np.float32))


def _made(french: list[str], english: list[str], pairs: Ints, shares: Floats) -> Glosses:
    used = sorted({french[number] for number in pairs[:, 0].tolist()}, key=str.encode)
    places = {one: place for place, one in enumerate(used)}
    own = np.array([places[french[number]] for number in pairs[:, 0].tolist()], dtype=np.int64)
    order = np.lexsort((pairs[:, 1], own))
    lists = Lists.of(own[order], pairs[order, 1], len(used))
    return Glosses(Strings.of(used), Strings.of(english), lists, shares[order])
