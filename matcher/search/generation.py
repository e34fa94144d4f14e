"""What a process sees of one organisation's index: the manifest, and the segments it names.

    <folder>/<organisation>/
        manifest.json       which generation answers, which was the last, the segments of both
        writer.lock         locked by the one process that may write
        g000007/s000001     the segments of a generation, one file each
        g000008/building.json   the segments written so far of a generation that is not published yet

A manifest is written beside the old one, synced, and put in its place by a rename, after everything that it
names was synced: at any moment a crash leaves the old state or the new one. A build that was killed is gone
on with by the next of the same floor and vocabulary; whatever else no manifest names is a left-over, and the
next writer removes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from matcher.errors import Damaged
from matcher.search.engine import IndexState
from matcher.search.segment import Segment

LAYOUT = 2
"""Version of the files' layout and of what documents carry. An index of another version is none: it is built
anew. 2: a document carries the regions that its own lies in."""


class Entry(BaseModel):
    """A segment as the manifest names it: its file, with its size in bytes and its digest."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int
    digest: str


class Generation(BaseModel):
    """One build with all changes applied to it since. `segments`: a later one hides rows of earlier ones.

    `built`: the moment at which it was put in place. `written` counts the segments ever written, so that no
    name is used twice.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    floor: int
    vocabulary: str
    change_number: int = 0
    logged: int | None = None
    documents: int = 0
    written: int = 0
    built: int | None = None
    segments: tuple[Entry, ...] = ()

    @property
    def state(self) -> IndexState:
        """The generation as callers know it."""
        return IndexState(
            self.name, self.change_number, self.floor, self.vocabulary, self.documents, self.logged
        )


class Manifest(BaseModel):
    """Which generation answers (`live`), and the one before it."""

    model_config = ConfigDict(frozen=True)

    layout: int = LAYOUT
    live: Generation
    last: Generation | None = None


class _Layout(BaseModel):
    layout: int


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A segment beside later ones.

    `hidden`: its rows, rising, of candidates that a later segment has too; `absent`: those and tombstones.
    """

    segment: Segment
    hidden: NDArray[np.intp]
    absent: NDArray[np.intp]

    @property
    def shown(self) -> int:
        """How many rows are not hidden."""
        return len(self.segment) - len(self.hidden)

    def mask(self) -> NDArray[np.bool_]:
        """Which rows are not hidden."""
        mask = np.ones(len(self.segment), np.bool_)
        mask[self.hidden] = False
        return mask


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """An index as one manifest states it, mapped. Stays whole while it is held, whatever is written."""

    manifest: Manifest
    parts: tuple[Part, ...]

    @property
    def generation(self) -> Generation:
        """The generation that answers."""
        return self.manifest.live


def parts_of(segments: Sequence[Segment]) -> tuple[Part, ...]:
    """What segments, the oldest first, are to each other."""
    parts = []
    for number, segment in enumerate(segments):
        later = [segment.rows_of(newer.candidates) for newer in segments[number + 1 :]]
        hidden = np.unique(np.concatenate(later)) if later else np.empty(0, np.intp)
        parts.append(Part(segment, hidden, np.union1d(hidden, segment.tombstones)))
    return tuple(parts)


def count_documents(parts: Iterable[Part]) -> int:
    """How many candidates parts hold, tombstones left out."""
    return sum(len(part.segment) - len(part.absent) for part in parts)


def read_manifest(text: bytes) -> Manifest | None:
    """A manifest from its JSON; None where it is of another layout. Raises Damaged."""
    try:
        if _Layout.model_validate_json(text).layout != LAYOUT:
            return None
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise Damaged("the search index is damaged: its manifest cannot be read; build it anew") from error
