"""Fitting the calibration of readings to phrases whose meaning is known: plain logistic models.

Used by `python -m benchmarks.readings --fit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.vocabulary.calibration import Calibration
from matcher.vocabulary.understanding import Understanding, Words, largest

Floats = NDArray[np.float64]

_CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text and the competencies, by URI, that are a right answer; none where nothing fits."""

    text: str
    answers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Case:
    """What speaks for the likeliest competencies of a phrase, shape (n, 4): similarity to label and to
    description, overlap, overlap of the gloss; and which of them are right."""

    evidence: Floats
    right: NDArray[np.bool_]


def cases(
    understanding: Understanding, phrases: Sequence[tuple[Phrase, Words]], places: Mapping[str, int]
) -> Iterator[Case]:
    """The cases of some phrases; `places` of all competencies, by URI."""
    evidence = understanding.evidence([words for _, words in phrases])
    for (phrase, _), found in zip(phrases, evidence, strict=True):
        columns = np.stack([found.labels, found.descriptions, found.overlaps, found.glosses], axis=1)
        numbers = np.arange(len(columns))
        answers = [places[uri] for uri in phrase.answers if uri in places]
        near = [largest(column, numbers, _CANDIDATES) for column in columns.T if column.any()]
        order = np.unique(np.concatenate([*near, np.array(answers, dtype=np.int64)]))
        yield Case(columns[order], np.isin(order, answers))


def fit_english(found: Sequence[Case]) -> Calibration:
    """Fit first the score, so that the right answer ranks first, then the probability of the first."""
    weights = _ranking_weights([case for case in found if case.right.any()], (0, 1, 2))
    label, description, overlap = (weights / weights[0]).round(3).tolist()
    weights = np.array([label, description, overlap, 0.0])
    rows = np.array([_first(case, weights) for case in found])
    by_score, by_margin, by_overlap, constant = _logistic(rows[:, :3], rows[:, 3])
    return Calibration(label, description, overlap, constant, by_score, by_margin, by_overlap)


def fit_french(found: Sequence[Case]) -> Calibration:
    """The same where the score is of overlaps alone."""
    weights = _ranking_weights([case for case in found if case.right.any()], (2, 3))
    gloss = float((weights[1] / weights[0]).round(3))
    rows = np.array([_first(case, np.array([0.0, 0.0, 1.0, gloss])) for case in found])
    by_score, by_margin, constant = _logistic(rows[:, :2], rows[:, 3])
    return Calibration(0.0, 0.0, 1.0, constant, by_score, by_margin, 0.0, gloss)


def typical_description(found: Iterable[Case]) -> tuple[float, float]:
    """Constant and slope of the similarity to a description by that to the label."""
    evidence = np.concatenate([case.evidence for case in found])
    slope, constant = np.polyfit(evidence[:, 0], evidence[:, 1], 1)
    return round(float(constant), 3), round(float(slope), 3)


def _ranking_weights(found: Sequence[Case], columns: tuple[int, ...]) -> Floats:
    """Weights that make the right answer likeliest (conditional logit), by Newton's method."""
    weights = np.full(len(columns), 5.0)
    for _ in range(20):
        gradient = np.zeros_like(weights)
        curvature = np.eye(len(weights)) * 1e-6
        for case in found:
            evidence = case.evidence[:, columns]
            scores = evidence @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            mean = shares @ evidence
            gradient += evidence[case.right].mean(axis=0) - mean
            around = evidence - mean
            curvature += (around * shares[:, np.newaxis]).T @ around
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def _first(case: Case, weights: Floats) -> tuple[float, float, float, float]:
    """Score, margin and overlap of the first answer, and whether it is right (1 or 0)."""
    scores = case.evidence @ weights
    first, second = np.argsort(-scores, kind="stable")[:2]
    return scores[first], scores[first] - scores[second], case.evidence[first, 2], float(case.right[first])


def _logistic(columns: Floats, right: Floats) -> list[float]:
    """Coefficients of the columns, then the constant, by Newton's method."""
    matrix = np.column_stack([columns, np.ones(len(columns))])
    weights = np.zeros(matrix.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(matrix @ weights)))
        gradient = matrix.T @ (right - chance) - 1e-3 * weights
        curvature = (matrix * (chance * (1 - chance))[:, np.newaxis]).T @ matrix + 1e-3 * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return [round(float(one), 2) for one in weights]
