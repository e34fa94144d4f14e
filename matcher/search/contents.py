"""Reading documents back from segments: what was put in, candidate by candidate, in the order of their ids.

Postings lie by competency. Of each segment all of them are looked through for the rows asked for (8 ms for
131,072 rows), which costs less than keeping them by row as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from matcher.records import SearchDocument
from matcher.search.generation import Part
from matcher.search.segment import Segment


def documents(parts: Sequence[Part], after: int, limit: int) -> list[SearchDocument]:
    """The first `limit` documents with ids above `after`, rising; tombstones and hidden rows left out."""
    rows = [_shown_rows(part, after, limit) for part in parts]
    ids = [part.segment.candidates[some] for part, some in zip(parts, rows, strict=True)]
    first = np.sort(np.concatenate([np.empty(0, np.int64), *ids]))[:limit]
    if not len(first):
        return []
    found: list[SearchDocument] = []
    for part, some, of in zip(parts, rows, ids, strict=True):
        found.extend(_read(part.segment, some[of <= first[-1]]))
    found.sort(key=lambda document: document.candidate)
    return found


def _shown_rows(part: Part, after: int, limit: int) -> NDArray[np.intp]:
    """Up to `limit` rows of a part, rising, that count and are of candidates above `after`."""
    first = int(np.searchsorted(part.segment.candidates, after, "right"))
    shown = np.ones(len(part.segment) - first, np.bool_)
    shown[part.absent[np.searchsorted(part.absent, first) :] - first] = False
    return np.flatnonzero(shown)[:limit] + first


def _read(segment: Segment, rows: NDArray[np.intp]) -> Iterator[SearchDocument]:
    """The documents in some rows (rising, each once) of a segment."""
    if not len(rows):
        return
    at, places, ends = _lines(segment.rows, segment.starts, rows)
    competencies = segment.competencies[places].tolist()
    now, ever = segment.now[at].tolist(), segment.ever[at].tolist()
    _, words, word_ends = _lines(segment.word_rows, segment.word_starts, rows)
    keywords = [segment.words[place] for place in words.tolist()]
    candidates, draws = segment.candidates[rows].tolist(), segment.draws[rows].tolist()
    for number, (candidate, draw) in enumerate(zip(candidates, draws, strict=True)):
        held = range(ends[number], ends[number + 1])
        yield SearchDocument(
            candidate,
            draw,
            {competencies[line]: now[line] for line in held if now[line]},
            {competencies[line]: ever[line] for line in held if ever[line]},
            frozenset(keywords[word_ends[number] : word_ends[number + 1]]),
        )


def _lines(
    line_rows: NDArray[np.int32], starts: NDArray[np.int64], rows: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], list[int]]:
    """The lines of postings that are of `rows`, row by row: where they lie, in which list each, and where
    those of the i-th row start and end."""
    first, last = int(rows[0]), int(rows[-1])
    number = np.full(last - first + 1, -1, np.intp)
    number[rows - first] = np.arange(len(rows))
    near = np.flatnonzero((line_rows >= first) & (line_rows <= last))
    of = number[line_rows[near] - first]
    near, of = near[of >= 0], of[of >= 0]
    at = near[np.argsort(of, kind="stable")]
    ends = np.append(0, np.cumsum(np.bincount(of, minlength=len(rows))))
    return at, np.searchsorted(starts, at, "right") - 1, ends.tolist()
