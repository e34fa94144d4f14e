"""The seam for what finds competencies beside this process: which of the shared ones can count for a text.

What is found only says where to look. What a text means is always worked out by the same formula from the
same numbers in this process, so it is the same, to the last digit, whoever found it, or where nobody did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matcher.vocabulary.arrays import Ints


@dataclass(frozen=True, slots=True)
class Near:
    """Rows (sorted, distinct) of the competencies most similar to a text by their label or their description.

    Every other one's label is at most as similar as `label`, and its description as `description` (-1 .. 1).
    """

    rows: Ints
    label: float
    description: float


class Narrowing(Protocol):
    """Finds some of the shared competencies, by row of their layer. Where it cannot, it says so (None), and
    all are looked through; it never raises for that."""

    def nearest(self, vectors: NDArray[np.int8]) -> list[Near] | None:
        """What is near each of `vectors`, shape (n, 384), none of them zeros."""

    def begun(self, folded: str, language: str, limit: int) -> Mapping[int, float] | None:
        """The `limit` best rows with a label in which every word of `folded`, which has some, begins a word,
        with what they cost: see `suggestions.suggest`."""

    def ensure(self) -> bool:
        """Make ready what finds these competencies; whether that was needed. Raises Unavailable."""

    def ready(self) -> bool:
        """Whether what finds these competencies is there and whole. Raises Unavailable."""
