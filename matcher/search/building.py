"""A generation of the embedded engine while it is written: new, gone on with after a kill, or reopened."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from matcher.errors import Damaged, Unavailable
from matcher.records import SearchDocument
from matcher.search.assembly import Draft
from matcher.search.contents import documents
from matcher.search.engine import IndexState, holdable
from matcher.search.folder import Folder
from matcher.search.generation import Generation, Manifest, Part, count_documents, parts_of
from matcher.search.segment import Segment


class Building:
    """`Builder` of the embedded engine: each `rows` documents become a segment at once.

    `keeps`: after each segment, what there is so far is written down, so that it is found after a kill.
    Opens the segments that `generation` has already. Raises Damaged, and OSError.
    """

    def __init__(self, folder: Folder, generation: Generation, rows: int, *, keeps: bool) -> None:
        self._folder = folder
        self._generation = generation
        self._rows = rows
        self._keeps = keeps
        self._draft = Draft()
        self._segments: list[Segment] = [folder.open(entry) for entry in generation.segments]
        self._parts: tuple[Part, ...] | None = None
        self.published = False

    @property
    def state(self) -> IndexState:
        """What is being built (see `Builder.state`)."""
        return self._generation.state

    @property
    def reached(self) -> int:
        """The highest id in what was written; what came after is not safe yet (see `Builder.reached`)."""
        return max((int(segment.candidates[-1]) for segment in self._segments), default=0)

    def add(self, documents: Iterable[SearchDocument]) -> list[int]:
        """Take further documents; gives the ids of those that cannot be held. Raises Unavailable."""
        refused = []
        for document in documents:
            if not holdable(document):
                refused.append(document.candidate)
                continue
            self._draft.add(document)
            if len(self._draft) >= self._rows:
                self._write()
        return refused

    def documents(self, after: int, limit: int) -> list[SearchDocument]:
        """What it holds by now (see `Builder.documents`). Raises Unavailable."""
        return documents(self._all(), after, limit)

    def publish(self, change_number: int, logged: int | None = None) -> IndexState:
        """Make it what answers (see `Builder.publish`); each segment was read after it was written. Raises
        Unavailable."""
        parts = self._all()
        with disk():
            updated = {
                "change_number": change_number,
                "logged": logged,
                "documents": count_documents(parts),
                "built": int(time.time()),
            }
            generation = self._generation.model_copy(update=updated)
            before = live_manifest(self._folder)
            manifest = Manifest(live=generation, last=None if before is None else before.live)
            self.published = True  # from here on it may be in use, whatever fails
            self._folder.publish(manifest)
            self._folder.finish(generation)
            self._folder.clean_generations(manifest)
        return generation.state

    def _all(self) -> tuple[Part, ...]:
        if len(self._draft):
            self._write()
        if self._parts is None:
            self._parts = parts_of(self._segments)
        return self._parts

    def _write(self) -> None:
        number = self._generation.written + 1
        with disk():
            entry = self._folder.write(self._generation.name, number, self._draft.segment())
            segments = (*self._generation.segments, entry)
            generation = self._generation.model_copy(update={"written": number, "segments": segments})
            if self._keeps:
                self._folder.keep(generation)
            self._segments.append(self._folder.open(entry))
        self._generation = generation
        self._draft, self._parts = Draft(), None


def begin(folder: Folder, wanted: Generation, rows: int) -> Building:
    """Begin a generation, or go on with the unfinished one that has the floor and vocabulary of `wanted`
    (whose name does not count); other left-overs are removed. Raises OSError."""
    live = live_manifest(folder)
    found = folder.unfinished(live)
    building = None
    if found is not None and (found.floor, found.vocabulary) == (wanted.floor, wanted.vocabulary):
        try:
            building = Building(folder, found, rows, keeps=True)
            folder.clean_segments(found)
        except Damaged:
            pass  # nothing of it counts; a new one is begun
    if live is not None:
        folder.clean_generations(live, () if building is None else (building.state.generation,))
    if building is None:
        if found is not None:
            folder.discard(found.name)
        name = folder.new_generation()
        building = Building(folder, wanted.model_copy(update={"name": name}), rows, keeps=True)
    return building


def live_manifest(folder: Folder) -> Manifest | None:
    """The manifest that counts; None where there is none or the index is damaged and to be replaced."""
    try:
        view = folder.view()
    except Unavailable:
        return None
    return None if view is None else view.manifest


@contextmanager
def disk() -> Iterator[None]:
    """Writes to the index: what the disk refuses becomes Unavailable."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the search index cannot be written: {error.strerror}") from error
