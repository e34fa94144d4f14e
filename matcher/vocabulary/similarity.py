"""Cosine similarity of quantised vectors, exact and the same on every machine.

The numbers are integers of at most 127, so a product of two vectors of 384 is an integer below 2**23, which a
float32 product of matrices gives exactly in whatever order it adds. Lengths enter as the square root of an
integer below 2**53. IEEE arithmetic leaves nothing else open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.evidence import DECLARED, KIN_FROM, KIN_LEAST, KIN_MOST, KIN_SPAN
from matcher.vocabulary.arrays import Ints

Similarities = NDArray[np.float64]


_BLOCK = 1_024


@dataclass(frozen=True, slots=True)
class Vectors:
    """Quantised vectors, int8, shape (n, 384), and the squares of their lengths; a row of zeros has none."""

    vectors: NDArray[np.int8]
    squares: Ints

    @classmethod
    def of(cls, vectors: NDArray[np.int8]) -> Vectors:
        """The vectors with their lengths."""
        whole = vectors.astype(np.int64)
        return cls(vectors, (whole * whole).sum(axis=1))

    def rows(self, rows: Sequence[int] | Ints) -> Vectors:
        """The vectors of these rows."""
        return Vectors(self.vectors[rows], self.squares[rows])

    def similarities(self, texts: NDArray[np.int8]) -> Similarities:
        """Cosine similarity of `texts`, shape (m, 384), with every row; shape (m, n), 0 without a vector."""
        columns = texts.astype(np.float32).T
        products = np.empty((len(texts), len(self.vectors)), dtype=np.float64)
        for start in range(0, len(self.vectors), _BLOCK):
            # Unpacked in blocks that fit into a cache: kept as float32 they would take four times the room.
            block = self.vectors[start : start + _BLOCK].astype(np.float32) @ columns
            products[:, start : start + len(block)] = block.T
        lengths = np.sqrt(Vectors.of(texts).squares[:, np.newaxis] * self.squares)
        cosines: Similarities = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
        return cosines


def kinship(ids: Ints, similarities: Similarities) -> tuple[Ints, Ints]:
    """The kin among the competencies `ids`, by their similarities: ids and units, the nearest first.

    By the declared ramp, rounded to the nearest unit, halves up. At most KIN_MOST, of equal similarity those
    with the lower id; none below KIN_LEAST units.
    """
    ramp = np.clip((similarities - KIN_FROM) / KIN_SPAN, 0, 1)
    units = np.floor(DECLARED["kin"].units * ramp + 0.5).astype(np.int64)
    near = np.flatnonzero(units >= KIN_LEAST)
    nearest = near[np.lexsort((ids[near], -similarities[near]))][:KIN_MOST]
    return ids[nearest], units[nearest]
