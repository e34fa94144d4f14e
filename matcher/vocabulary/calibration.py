"""How likely it is that a text means a competency: numbers fitted once, and the function that they are for.

Fitted by `python -m benchmarks.readings --fit` on ESCO 1.1.1: English aliases, and French ones, of
competencies all of whose aliases (or that one, or which themselves as a whole) had been taken out of the
vocabulary; how well they do on phrases that had no part in the fit is what the same program says without
`--fit`, and stands in the README.
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
    similarity to its description's, and `overlap` x overlap with its likest label. Where there is no
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

    def scores(self, labels: Floats, descriptions: Floats, overlaps: Floats) -> Floats:
        """Scores of competencies from their similarities and overlaps."""
        return self.label * labels + self.description * descriptions + self.overlap * overlaps

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
    constant=-3.78,
    by_score=2.97,
    by_margin=8.64,
    by_overlap=0.0,
)
"""The encoder knows no French: its vectors of French texts say nothing."""

TYPICAL = (0.125, 0.601)
"""Constant and slope of the similarity to a description where that to the label is known."""

SIMILAR_FROM = 5_000
"""From this probability on, in units, the likeliest competency is a text's reading."""

EXACT = UNITS
"""What is exact is so by the vocabulary's own words."""
