"""How likely it is that a text means a competency: numbers fitted once, and the function that they are for.

Fitted by `python -m benchmarks.readings --fit --seed 1` with all-MiniLM-L6-v2 to 2,793 English (2026-11-23)
and 620 French (2026-11-24, with glosses) aliases of ESCO 1.1.1, taken out of the vocabulary with all others
of their competency, alone, or with the competency itself, so that nothing fits. What it is worth on phrases
that had no part in this, `python -m benchmarks.readings --seed 1` measures (hit: the first answer is right;
ECE: expected calibration error of its probability, over all phrases, those that nothing fits included):

    phrases                                   number   hit    MRR    ECE
    other aliases taken out, English           2,800   .845   .888   .022
    other aliases taken out, French              650   .442   .554   .042
    the supplement's, by ESCO alone, English   1,874   .467   .563   .038
    the supplement's, by ESCO alone, French    1,886   .304   .385   .043

Which aliases are taken out depends on what ships; over the aliases that were measured before glosses and
inflection the first answer was right for .860 of the English and .391 of the French ones, and is now for .861
and .462.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.records import UNITS

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Numbers for texts in one language.

    The score of a competency is the sum of `label` x similarity to its label's vector, `description` x
    similarity to its description's, `overlap` x overlap with its likest label and `gloss` x that of a French
    text's words in English with its likest English label. Where there is no
    description, its similarity is taken to be what it is on average, by that of the label (`TYPICAL`).
    The probability is
    1 / (1 + exp(-(`constant` + `by_score` x score + `by_margin` x margin + `by_overlap` x overlap))). The
    margin of the first is its lead over the second; that of the others is what they lack to the first.
    """

    label: float
    description: float
    overlap: float
    constant: float
    by_score: float
    by_margin: float
    by_overlap: float
    gloss: float = 0.0

    def scores(self, labels: Floats, descriptions: Floats, overlaps: Floats, glosses: Floats) -> Floats:
        """Scores of competencies from their similarities and overlaps."""
        own = self.label * labels + self.description * descriptions + self.overlap * overlaps
        return own + self.gloss * glosses

    def probabilities(self, scores: Floats, overlaps: Floats) -> NDArray[np.int64]:
        """Probabilities in units of competencies, the best first and with it the second; they never rise."""
        margins = scores - scores[0]
        margins[0] = scores[0] - scores[1] if len(scores) > 1 else scores[0]
        log_odds = (
            self.constant + self.by_score * scores + self.by_margin * margins + self.by_overlap * overlaps
        )
        units = np.floor(UNITS / (1 + np.exp(-log_odds)) + 0.5).astype(np.int64)
        return np.minimum.accumulate(units)


ENGLISH = Calibration(
    label=1.0,
    description=0.799,
    overlap=0.77,
    constant=-6.5,
    by_score=2.67,
    by_margin=4.71,
    by_overlap=1.52,
)

FRENCH = Calibration(
    label=0.0,
    description=0.0,
    overlap=1.0,
    constant=-2.36,
    by_score=0.16,
    by_margin=6.07,
    by_overlap=0.0,
    gloss=1.762,
)
"""The encoder knows no French: its vectors of French texts say nothing. What their words are in English does
(`glossary`)."""

TYPICAL = (0.125, 0.601)
"""Constant and slope of the similarity to a description where that to the label is known."""

SIMILAR_FROM = 5_000
"""From this probability on, in units, the likeliest competency is a text's reading."""

NAMED = 9_000
"""Of what a text names beside a word for a kind of document, such as "training", which may belong to it; no
other likely competency is given more then."""

EXACT = UNITS
"""What is exact is so by the vocabulary's own words."""
