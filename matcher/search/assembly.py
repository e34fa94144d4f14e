"""Making segments: from search documents, and from the rows of other segments that still count."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.records import SearchDocument
from matcher.search.segment import Segment


class Draft:
    """Search documents gathered to become a segment; one given again replaces the earlier one.

    Holds about 16 bytes per posting. Bounds outside 0..65,535 raise OverflowError.
    """

    def __init__(self) -> None:
        self._candidates = array("q")
        self._draws = array("q")
        self._held = array("q")
        self._competencies = array("q")
        self._now = array("H")
        self._ever = array("H")
        self._words: dict[str, int] = {}
        self._carried = array("q")
        self._word_of = array("q")

    def __len__(self) -> int:
        """How many documents were added."""
        return len(self._candidates)

    def add(self, document: SearchDocument) -> None:
        """Take one more document."""
        now, ever = document.now, document.ever
        held = now.keys() | ever.keys()
        self._candidates.append(document.candidate)
        self._draws.append(document.draw)
        self._held.append(len(held))
        self._competencies.extend(held)
        self._now.extend([now.get(competency, 0) for competency in held])
        self._ever.extend([ever.get(competency, 0) for competency in held])
        self._carried.append(len(document.keywords))
        words = self._words
        self._word_of.extend([words.setdefault(word, len(words)) for word in document.keywords])

    def segment(self) -> Segment:
        """The documents as a segment."""
        competencies, of = np.unique(_int64(self._competencies), return_inverse=True)
        words = sorted(self._words)
        place = np.empty(len(words), np.int64)
        place[[self._words[word] for word in words]] = np.arange(len(words))
        return _assemble(
            _Loose(
                candidates=_int64(self._candidates),
                draws=_int64(self._draws),
                competencies=competencies,
                of=of,
                rows=_repeated(_int64(self._held)),
                now=np.frombuffer(self._now, np.uint16),
                ever=np.frombuffer(self._ever, np.uint16),
                words=tuple(words),
                word_of=place[_int64(self._word_of)],
                word_rows=_repeated(_int64(self._carried)),
            )
        )


def merge(segments: Sequence[Segment], kept: Sequence[NDArray[np.bool_]]) -> Segment:
    """One segment of the `kept` rows (a mask each) of several; among them each candidate at most once."""
    competencies = np.unique(np.concatenate([segment.competencies for segment in segments]))
    words = sorted({word for segment in segments for word in segment.words})
    place = {word: number for number, word in enumerate(words)}
    pieces = []
    first = 0
    for segment, keep in zip(segments, kept, strict=True):
        pieces.append(_loosen(segment, keep, first, competencies, place))
        first += len(pieces[-1].candidates)

    joined = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in _BY_LINE}
    return _assemble(_Loose(competencies=competencies, words=tuple(words), **joined))


@dataclass(frozen=True, slots=True, eq=False)
class _Loose:
    """Rows in any order, postings line by line; `of` and `word_of`: places in `competencies`, `words`."""

    candidates: NDArray[np.int64]
    draws: NDArray[np.int64]
    competencies: NDArray[np.int64]
    of: NDArray[np.int64]
    rows: NDArray[np.int64]
    now: NDArray[np.uint16]
    ever: NDArray[np.uint16]
    words: tuple[str, ...]
    word_of: NDArray[np.int64]
    word_rows: NDArray[np.int64]


_BY_LINE = ("candidates", "draws", "of", "rows", "now", "ever", "word_of", "word_rows")


def _loosen(
    segment: Segment,
    keep: NDArray[np.bool_],
    first: int,
    competencies: NDArray[np.int64],
    place: dict[str, int],
) -> _Loose:
    """The kept rows of a segment, numbered from `first`, their postings by place in the common lists."""
    number = np.cumsum(keep) + (first - 1)
    held, carried = keep[segment.rows], keep[segment.word_rows]
    of = np.repeat(np.searchsorted(competencies, segment.competencies), np.diff(segment.starts))
    places = np.array([place[word] for word in segment.words], np.int64)
    return _Loose(
        candidates=segment.candidates[keep],
        draws=segment.draws[keep],
        competencies=competencies,
        of=of[held],
        rows=number[segment.rows[held]],
        now=segment.now[held],
        ever=segment.ever[held],
        words=(),
        word_of=np.repeat(places, np.diff(segment.word_starts))[carried],
        word_rows=number[segment.word_rows[carried]],
    )


def _assemble(loose: _Loose) -> Segment:
    order = np.argsort(loose.candidates, kind="stable")
    ids = loose.candidates[order]
    last = np.append(ids[1:] != ids[:-1], True) if len(ids) else np.empty(0, np.bool_)
    order = order[last]
    place = np.full(len(ids), -1, np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)

    rows = place[loose.rows]
    bounded = (rows >= 0) & ((loose.now > 0) | (loose.ever > 0))
    rows, of = rows[bounded], loose.of[bounded]
    by, starts, some = _grouped(of, len(loose.competencies))
    word_rows = place[loose.word_rows]
    carried = word_rows >= 0
    word_rows, word_of = word_rows[carried], loose.word_of[carried]
    by_word, word_starts, some_words = _grouped(word_of, len(loose.words))

    alive = np.zeros(len(order), np.bool_)
    alive[rows] = True
    alive[word_rows] = True
    return Segment(
        candidates=ids[last],
        draws=loose.draws[order],
        tombstones=np.flatnonzero(~alive).astype(np.int32),
        competencies=loose.competencies[some],
        starts=starts,
        rows=rows[by],
        now=loose.now[bounded][by],
        ever=loose.ever[bounded][by],
        words=tuple(loose.words[number] for number in np.flatnonzero(some_words)),
        word_starts=word_starts,
        word_rows=word_rows[by_word],
    )


def _grouped(
    of: NDArray[np.int64], groups: int
) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.bool_]]:
    """How to order lines by group, where each group that has any starts and ends, and which those are."""
    counts = np.bincount(of, minlength=groups)
    some = counts > 0
    # NumPy sorts 16-bit numbers by radix, ten times faster than longer ones.
    narrow = of.astype(np.uint16) if groups <= 1 << 16 else of
    return np.argsort(narrow, kind="stable"), np.append(0, np.cumsum(counts[some])), some


def _int64(numbers: array[int]) -> NDArray[np.int64]:
    return np.frombuffer(numbers, np.int64)


def _repeated(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(counts)), counts)
