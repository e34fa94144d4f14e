"""The seam between ranking and a search engine: what an engine must do, and nothing about how.

An engine holds a copy of the store, one `SearchDocument` a candidate, and answers which candidates could
score most. It only bounds; the truth decides. Every engine passes tests/contract/test_engine.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matcher.errors import InvalidInput, Unavailable
from matcher.messages import said
from matcher.records import UNITS, SearchDocument
from matcher.validation import shown

Right = Callable[[str], AbstractContextManager[bool]]
"""Gives the right to write an organisation's index, one holder at a time; whether it was got."""


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
    vocabulary's version when the generation was built; `documents` counts candidates, tombstones left out.
    `logged` is what was given with `change_number`: when that change was logged, None where nobody knew."""

    generation: str
    change_number: int
    floor: int
    vocabulary: str
    documents: int
    logged: int | None = None


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


def no_index() -> Unavailable:
    """What is raised where nothing was published: operators are told what builds it."""
    return Unavailable(
        said("the search index is not there at the moment"),
        inside="there is no search index yet; `credmatch reindex` builds it",
    )


NO_EARLIER = said("no earlier search index is kept that could be taken up again")

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def check_organisation(key: str) -> None:
    """Refuse what is no key of an organisation, before it becomes part of a name. Raises InvalidInput."""
    if not _KEY.fullmatch(key):
        raise InvalidInput(said("%(key)s is no key of an organisation", key=shown(key)), where="organisation")


def holdable(document: SearchDocument) -> bool:
    """Whether an engine can hold a document: bounds of 1..10,000, draw of 0..2^62, ids of 0..2^63 - 1."""
    bounds = (*document.now.values(), *document.ever.values())
    ids = (document.candidate, *document.now, *document.ever)
    return (
        all(0 < bound <= UNITS for bound in bounds)
        and all(0 <= id_ < 1 << 63 for id_ in ids)
        and 0 <= document.draw <= 1 << 62
    )


class Builder(Protocol):
    """A generation being built, or brought up to date, beside the live one."""

    @property
    def state(self) -> IndexState:
        """What is being built. The log after `change_number` is still to be applied; `documents` is not
        kept up while building."""

    @property
    def reached(self) -> int:
        """The highest candidate id such that all that was added up to it is safely kept, whatever becomes of
        this process; 0 at first. Whoever goes on adds those above it, and then the log."""

    def add(self, documents: Iterable[SearchDocument]) -> list[int]:
        """Take further documents; a candidate given again is replaced, by a tombstone removed.

        Gives the ids of those of this call that cannot be held (see `holdable`; an engine may refuse others
        too): they are left out, all others are taken.
        """

    def documents(self, after: int, limit: int) -> list[SearchDocument]:
        """What it holds by now: the first `limit` documents with ids above `after`, rising, exactly as they
        were added; tombstones left out."""

    def publish(self, change_number: int, logged: int | None = None) -> IndexState:
        """Make the generation the one that answers, at once for every process. The last one is kept."""


class Engine(Protocol):
    """A search engine for all organisations; each call names one, and nothing crosses.

    All calls raise `Unavailable` where the engine does not answer; `apply` and `build` also where
    somebody else holds the right to write (as `reopen` does); `recall`, `apply` and `documents` also where
    nothing was published yet.
    """

    def state(self, organisation: str) -> IndexState | None:
        """The state that answers now; None where nothing was published yet."""

    def recall(self, organisation: str, query: Query, first: int) -> Recall:
        """Recall candidates; the first batch has at least `first`, or all. Later ones may be larger."""

    def apply(
        self,
        organisation: str,
        documents: Iterable[SearchDocument],
        change_number: int,
        logged: int | None = None,
    ) -> IndexState:
        """Replace (or with tombstones remove) some candidates; visible to every process at its next query.

        Ignored where `change_number` is not above the state's. Documents that are not `holdable` are left
        out: their candidates stay as they are."""

    def documents(self, organisation: str, after: int, limit: int) -> list[SearchDocument]:
        """What the live generation holds: the first `limit` documents with ids above `after`, rising, exactly
        as they were added; tombstones left out. All from one state of the index."""

    def build(
        self, organisation: str, *, floor: int, vocabulary: str, change_number: int
    ) -> AbstractContextManager[Builder]:
        """Build a new generation of what the store holds, read when its log had `change_number` or later.

        Goes on with an unfinished build of the same floor, vocabulary and layout, whose process was killed or
        whose engine went away: then `reached` may be above 0 and `state.change_number` is the one it began
        with. Other left-overs are removed. Left by `Unavailable` or an interrupt (no `Exception`), what is
        safely kept stays for the next; left by any other error, or without `publish`, nothing remains. In
        each case nothing changed for who searches.
        """

    def reopen(self, organisation: str) -> AbstractContextManager[Builder]:
        """The generation before the live one, to be brought up to date and published again; the live one
        becomes the kept one then. Left without `publish`, the live one stays as it was, and the other too,
        but for what was added, which it may keep. Raises NotFound where there is none."""

    def writer(self, organisation: str) -> AbstractContextManager[bool]:
        """The right to write (`apply`, `build`), one holder at a time on all processes.

        Yields whether it was got; does not wait. Freed when its holder dies."""
