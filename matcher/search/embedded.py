"""The embedded engine: an index in memory-mapped files, nothing to install, exact to the last point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

import numpy as np

from matcher.errors import Damaged, NotFound, Unavailable
from matcher.records import SearchDocument
from matcher.search.assembly import Draft, merge
from matcher.search.building import Building, begin, disk
from matcher.search.contents import documents
from matcher.search.description import Description
from matcher.search.engine import (
    NO_EARLIER,
    Builder,
    IndexState,
    Query,
    Recall,
    check_organisation,
    holdable,
    no_index,
)
from matcher.search.folder import Folder
from matcher.search.generation import LAYOUT, Generation, Manifest, Part, View, count_documents, parts_of
from matcher.search.recall import recall
from matcher.search.segment import Segment

SEGMENT_ROWS = 1 << 17
"""Rows of a segment at most: so the running sums of a query stay in the processor's cache (measured: a
million rows in one segment take more than twice as long)."""

MERGE_FACTOR = 10
"""A change takes in the segments with at most so many times its own rows. So sizes grow tenfold from one to
the next: few segments, and few rows written again."""


class EmbeddedEngine:
    """`Engine` over one folder. Several processes may use the same; a write is seen at the next query."""

    def __init__(self, folder: Path) -> None:
        self._path = folder
        self._folders: dict[str, Folder] = {}

    def state(self, organisation: str) -> IndexState | None:
        """The state that answers now; None where nothing was published yet. Raises Unavailable."""
        view = self._folder(organisation).view()
        return None if view is None else view.generation.state

    def recall(self, organisation: str, query: Query, first: int) -> Recall:
        """Recall candidates (see `Engine.recall`). Raises Unavailable, also where nothing was published."""
        return recall(self._view(organisation), query, first)

    def apply(
        self,
        organisation: str,
        documents: Iterable[SearchDocument],
        change_number: int,
        logged: int | None = None,
    ) -> IndexState:
        """Replace or remove some candidates (see `Engine.apply`). Raises Unavailable, also where nothing was
        published or somebody else is writing."""
        folder = self._folder(organisation)
        with _sole_writer(folder), disk():
            view = self._view(organisation)
            if change_number <= view.generation.change_number:
                return view.generation.state
            reached = {"change_number": change_number, "logged": logged}
            generation = _changed(folder, view, documents).model_copy(update=reached)
            folder.publish(Manifest(live=generation, last=view.manifest.last))
            folder.clean_segments(generation)
        return generation.state

    def describe(self, organisation: str) -> Description:
        """The engine and the organisation's index, for whoever watches. A damaged index is one without a
        date. Raises Unavailable."""
        view = None
        with suppress(Damaged):
            view = self._folder(organisation).view()
        return Description(
            kind="embedded index",
            version=f"layout {LAYOUT}",
            where=str(self._path),
            built=None if view is None else view.generation.built,
        )

    def documents(self, organisation: str, after: int, limit: int) -> list[SearchDocument]:
        """What the live generation holds (see `Engine.documents`). Raises Unavailable."""
        return documents(self._view(organisation).parts, after, limit)

    @contextmanager
    def build(
        self, organisation: str, *, floor: int, vocabulary: str, change_number: int
    ) -> Iterator[Builder]:
        """Build a new generation (see `Engine.build`). Raises Unavailable, also where somebody else is
        writing. Needs memory for one segment (131,072 candidates) at a time; a kill loses no more."""
        folder = self._folder(organisation)
        wanted = Generation(name="", floor=floor, vocabulary=vocabulary, change_number=change_number)
        with _sole_writer(folder):
            with disk():
                building = begin(folder, wanted, SEGMENT_ROWS)
            keep = False
            try:
                yield building
            except BaseException as error:
                gone_on_with = isinstance(error, Unavailable) or not isinstance(error, Exception)
                keep = gone_on_with and building.reached > 0
                raise
            finally:
                if not (keep or building.published):
                    folder.discard(building.state.generation)

    @contextmanager
    def reopen(self, organisation: str) -> Iterator[Builder]:
        """The generation before the live one (see `Engine.reopen`). Raises NotFound where there is none, and
        Unavailable, also where somebody else is writing."""
        folder = self._folder(organisation)
        with _sole_writer(folder):
            manifest = folder.manifest()
            if manifest is None or manifest.last is None:
                raise NotFound(NO_EARLIER)
            last = manifest.last
            with disk():
                folder.clean_segments(last)  # of somebody who was killed in here
                building = Building(folder, last, SEGMENT_ROWS, keeps=False)
            try:
                yield building
            finally:
                if not building.published:
                    with disk():
                        folder.clean_segments(last)

    @contextmanager
    def writer(self, organisation: str) -> Iterator[bool]:
        """The right to write, without waiting; whether it was got. Raises Unavailable."""
        with self._folder(organisation).writer() as got:
            yield got

    def _view(self, organisation: str) -> View:
        view = self._folder(organisation).view()
        if view is None:
            raise no_index()
        return view

    def _folder(self, organisation: str) -> Folder:
        found = self._folders.get(organisation)
        if found is None:
            check_organisation(organisation)
            # Two threads may both come here: the first one's folder is the one that stays.
            found = self._folders.setdefault(organisation, Folder(self._path / organisation))
        return found


@contextmanager
def _sole_writer(folder: Folder) -> Iterator[None]:
    with folder.writer() as got:
        if not got:
            raise Unavailable("another process is writing the search index")
        yield


def _changed(folder: Folder, view: View, documents: Iterable[SearchDocument]) -> Generation:
    """Write what changed; gives the generation with it."""
    generation = view.generation
    named = list(zip(generation.segments, (part.segment for part in view.parts), strict=True))
    written = generation.written
    for new in _segments(filter(holdable, documents)):
        parts = parts_of([*(segment for _, segment in named), new])
        chosen = _to_merge(parts)
        for number in chosen:
            folder.check(named[number][0])
        merged = _merged(parts, {*chosen, len(named)}) if chosen else new
        named = [pair for number, pair in enumerate(named) if number not in chosen]
        if len(merged):
            written += 1
            named.append((folder.write(generation.name, written, merged), merged))
    return generation.model_copy(
        update={
            "documents": count_documents(parts_of([segment for _, segment in named])),
            "written": written,
            "segments": tuple(entry for entry, _ in named),
        }
    )


def _segments(documents: Iterable[SearchDocument]) -> Iterator[Segment]:
    remaining = iter(documents)
    while True:
        draft = Draft()
        for document in islice(remaining, SEGMENT_ROWS):
            draft.add(document)
        if not len(draft):
            return
        yield draft.segment()


def _to_merge(parts: Sequence[Part]) -> set[int]:
    """Which of the older parts to join with the newest: from the smallest on, while they are at most
    MERGE_FACTOR times as large as what is joined already, or mostly hidden, and all fit in a segment."""
    joined = len(parts[-1].segment)
    chosen = set()
    for number in sorted(range(len(parts) - 1), key=lambda number: parts[number].shown):
        part = parts[number]
        small = part.shown <= MERGE_FACTOR * joined or 2 * part.shown < len(part.segment)
        if small and joined + part.shown <= SEGMENT_ROWS:
            chosen.add(number)
            joined += part.shown
    return chosen


def _merged(parts: Sequence[Part], chosen: set[int]) -> Segment:
    """One segment of the shown rows of the chosen parts; a tombstone only while it hides a row elsewhere."""
    others = [part.segment for number, part in enumerate(parts) if number not in chosen]
    joined = [parts[number] for number in sorted(chosen)]
    masks = []
    for part in joined:
        mask = part.mask()
        dead = part.segment.candidates[part.segment.tombstones]
        hides = [other.candidates[other.rows_of(dead)] for other in others]
        mask[part.segment.tombstones] &= np.isin(dead, np.concatenate([dead[:0], *hides]))
        masks.append(mask)
    return merge([part.segment for part in joined], masks)
