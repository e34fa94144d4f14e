"""The seam between ranking and a search engine: what an engine must do, and nothing about how.

An engine holds a copy of the store, one `SearchDocument` a candidate, and answers which candidates could
score most. It only bounds; the truth decides. Every engine passes tests/contract/test_engine.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matcher.records import SearchDocument


@dataclass(frozen=True, slots=True)
class Clause:
    """One requirement, as recall sees it.

    `points`: what it is worth at most. `relations`: competency -> relation in units, above 0; a candidate's
    bound for it is points x max(relation x bound) / 10^8, to the nearest point. `needed`: where not None,
    only candidates that hold a bound above 0 for at least one of these are of interest (a must-have).
    """

    points: int
    relations: tuple[tuple[int, int], ...]
    needed: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What to recall. `keywords`: sets of `field:value`; a candidate must carry one of each set.

    `ever` asks for the bounds that hold at any moment instead of those from the floor day on.
    """

    clauses: tuple[Clause, ...]
    keywords: tuple[frozenset[str], ...] = ()
    ever: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Some candidates with their bounds, arrays of one length: int64 ids, points and draws."""

    candidates: NDArray[np.int64]
    bounds: NDArray[np.int64]
    draws: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class IndexState:
    """Which copy answers. `floor` is a moment: the bounds in `now` hold from it on. `vocabulary` is the
    vocabulary's version when the generation was built; `documents` counts candidates, tombstones left out."""

    generation: str
    change_number: int
    floor: int
    vocabulary: str
    documents: int


@dataclass(frozen=True, slots=True)
class Recall:
    """An answer to a query, all from one state of the index.

    `batches` come with bounds falling and, among equal bounds, draws rising; only candidates with a bound
    above 0. `matched`: how many candidates that is in all. `missing`: per clause, how many candidates that
    pass the keywords lack everything `needed` there (0 where nothing is needed).
    """

    state: IndexState
    matched: int
    missing: tuple[int, ...]
    batches: Iterator[Batch]


class Builder(Protocol):
    """A generation being built beside the live one."""

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Take further documents; a candidate given again is replaced, by a tombstone removed."""

    def publish(self, change_number: int) -> IndexState:
        """Make the generation the one that answers, at once for every process. The last one is kept."""


class Engine(Protocol):
    """A search engine for all organisations; each call names one, and nothing crosses.

    All calls raise `Unavailable` where the engine does not answer; `apply` and `build` also where
    somebody else holds the right to write, `recall` and `apply` also where nothing was published yet.
    """

    def state(self, organisation: str) -> IndexState | None:
        """The state that answers now; None where nothing was published yet."""

    def recall(self, organisation: str, query: Query, first: int) -> Recall:
        """Recall candidates; the first batch has at least `first`, or all. Later ones may be larger."""

    def apply(self, organisation: str, documents: Iterable[SearchDocument], change_number: int) -> IndexState:
        """Replace (or with tombstones remove) some candidates; visible to every process at its next query.

        Ignored where `change_number` is not above the state's."""

    def build(self, organisation: str, *, floor: int, vocabulary: str) -> AbstractContextManager[Builder]:
        """Build a new generation; left without `publish`, nothing remains of it and nothing changed."""

    def writer(self, organisation: str) -> AbstractContextManager[bool]:
        """The right to write (`apply`, `build`), one holder at a time on all processes.

        Yields whether it was got; does not wait. Freed when its holder dies."""
