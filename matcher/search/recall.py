"""Recall over mapped segments: the bounds of all candidates for a query, and the highest of them, lazily.

All arithmetic is in integers, so the bounds equal those of any other engine to the last point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.records import UNITS
from matcher.search.engine import Batch, Clause, Query, Recall
from matcher.search.generation import Part, View
from matcher.search.segment import Segment

_DRAW_BITS = 33
_DRAW_DROPPED = 30
"""A draw is 0 .. 2**62; its upper 33 bits stand in a sorting key below the bound."""


def recall(view: View, query: Query, first: int) -> Recall:
    """Recall from one view, as the engine's protocol states it (see `Engine.recall`)."""
    wanted = _Wanted.of(query.clauses)
    answers = [_recall_part(part, query, wanted) for part in view.parts]
    found = [answer.found for answer in answers]
    missing = [sum(counts) for counts in zip(*(answer.missing for answer in answers), strict=True)]
    everybody = Batch(
        candidates=np.concatenate([batch.candidates for batch in found] or [_NONE]),
        bounds=np.concatenate([batch.bounds for batch in found] or [_NONE]),
        draws=np.concatenate([batch.draws for batch in found] or [_NONE]),
    )
    return Recall(
        state=view.generation.state,
        matched=len(everybody.candidates),
        missing=tuple(missing) if missing else (0,) * len(query.clauses),
        batches=_batches(everybody, max(first, 1)),
    )


_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """The relations of all clauses in one line: those of clause i lie at `ends[i]:ends[i + 1]`."""

    competencies: NDArray[np.int64]
    relations: NDArray[np.int32]
    ends: list[int]

    @classmethod
    def of(cls, clauses: Sequence[Clause]) -> _Wanted:
        pairs = [pair for clause in clauses for pair in clause.relations]
        lengths = [len(clause.relations) for clause in clauses]
        return cls(
            competencies=np.array([competency for competency, _ in pairs], np.int64),
            relations=np.array([relation for _, relation in pairs], np.int32),
            ends=np.append(0, np.cumsum(lengths, dtype=np.int64)).tolist(),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """What one segment answers: its candidates with bounds above 0, and per clause how many lack it."""

    found: Batch
    missing: tuple[int, ...]


def _recall_part(part: Part, query: Query, wanted: _Wanted) -> _Answer:
    segment = part.segment
    allowed, missing = _allowed(part, query)
    sums = _sums(segment, query, wanted)
    sums[part.absent] = 0
    if allowed is not None:
        sums[~allowed] = 0
    rows = np.flatnonzero(sums)
    return _Answer(Batch(segment.candidates[rows], sums[rows], segment.draws[rows]), missing)


def _sums(segment: Segment, query: Query, wanted: _Wanted) -> NDArray[np.int64]:
    """The bound of every row, absent ones included, shape (rows,)."""
    best, sums = np.zeros(len(segment), np.int32), np.zeros(len(segment), np.int64)
    bounds = segment.ever if query.ever else segment.now
    starts, ends = segment.spans(wanted.competencies)
    for clause, first, end in zip(query.clauses, wanted.ends, wanted.ends[1:], strict=False):
        spans = _slices(starts[first:end], ends[first:end])
        if not spans:
            continue
        rows = np.concatenate([segment.rows[span] for span in spans]).astype(np.intp)
        strengths = np.concatenate([bounds[span] for span in spans]).astype(np.int32)
        strengths *= np.repeat(wanted.relations[first:end], ends[first:end] - starts[first:end])
        np.maximum.at(best, rows, strengths)
        points = best[rows].astype(np.int64)
        points *= clause.points
        points += UNITS * UNITS // 2
        points //= UNITS * UNITS
        # A row that occurs more than once is given the same sum each time: no need to find those.
        points += sums[rows]
        sums[rows] = points
        best[rows] = 0
    return sums


def _allowed(part: Part, query: Query) -> tuple[NDArray[np.bool_] | None, tuple[int, ...]]:
    """Which rows pass the keywords and hold what is needed (None: all but the absent ones), and per clause
    how many pass the keywords but lack what it needs."""
    if not query.keywords and all(clause.needed is None for clause in query.clauses):
        return None, (0,) * len(query.clauses)
    segment = part.segment
    passing = np.ones(len(segment), np.bool_)
    passing[part.absent] = False
    for words in query.keywords:
        carrying = np.zeros(len(segment), np.bool_)
        for word in words:
            carrying[segment.rows_with(word)] = True
        passing &= carrying
    allowed = passing.copy()
    missing = []
    for clause in query.clauses:
        if clause.needed is None:
            missing.append(0)
            continue
        holding = _holding(segment, clause.needed, segment.ever if query.ever else segment.now)
        missing.append(int(np.count_nonzero(passing & ~holding)))
        allowed &= holding
    return allowed, tuple(missing)


def _holding(segment: Segment, competencies: frozenset[int], bounds: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """A mask of the rows with a bound above 0 for at least one of some competencies."""
    holding = np.zeros(len(segment), np.bool_)
    starts, ends = segment.spans(np.fromiter(competencies, np.int64, len(competencies)))
    for span in _slices(starts, ends):
        holding[segment.rows[span][bounds[span] > 0]] = True
    return holding


def _slices(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[slice]:
    return [
        slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True) if start < end
    ]


def _batches(everybody: Batch, first: int) -> Iterator[Batch]:
    """Candidates in order of bound (falling), draw and id, each batch twice as long as the one before.

    The key joins the bound and the upper bits of the draw. It orders as these do, only more coarsely, so a
    cut between two keys is a cut in that order; within a batch the whole draw decides.
    """
    keys = (-everybody.bounds << _DRAW_BITS) + (everybody.draws >> _DRAW_DROPPED)
    left = everybody
    size = first
    while len(keys):
        chosen = np.ones(len(keys), np.bool_)
        if size < len(keys):
            chosen = keys <= np.partition(keys, size - 1)[size - 1]
        yield _ordered(_choose(left, chosen))
        left, keys = _choose(left, ~chosen), keys[~chosen]
        size *= 2


def _choose(batch: Batch, chosen: NDArray[np.bool_]) -> Batch:
    return Batch(batch.candidates[chosen], batch.bounds[chosen], batch.draws[chosen])


def _ordered(batch: Batch) -> Batch:
    order = np.lexsort((batch.candidates, batch.draws, -batch.bounds))
    return Batch(batch.candidates[order], batch.bounds[order], batch.draws[order])
