"""What a search index gives back, compared with what was put in and with what the store says."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import IO

import numpy as np

from indexer.copying import Loaded
from matcher.errors import unwritten
from matcher.records import SearchDocument

Field = tuple[str, object, object]
"""A field's name, its value in the index and the right one; None where there is none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the index and the store differ about a candidate (id).

    `what`: missing (in the index), surplus (no longer in the store), differs (then `fields` say where), or
    unreadable (in the store; `fields` are empty, `why` says more).
    """

    candidate: int
    what: str
    fields: tuple[Field, ...] = ()
    why: str = ""


def differences(held: Iterable[SearchDocument], right: Loaded) -> list[Difference]:
    """Where documents that an index holds differ from the right ones of the same candidates, by id."""
    left = {document.candidate: document for document in held}
    found = [Difference(candidate, "unreadable", why=why) for candidate, why in right.failed.items()]
    for document in right.documents:
        mine = left.pop(document.candidate, None)
        if mine == document or (mine is None and _is_tombstone(document)):
            continue
        if mine is None:
            found.append(Difference(document.candidate, "missing"))
        elif _is_tombstone(document):
            found.append(Difference(document.candidate, "surplus"))
        else:
            found.append(Difference(document.candidate, "differs", _fields(mine, document)))
    found.extend(Difference(candidate, "surplus") for candidate in left.keys() - right.failed.keys())
    return sorted(found, key=lambda difference: difference.candidate)


def _is_tombstone(document: SearchDocument) -> bool:
    return not (document.now or document.ever or document.keywords)


def _fields(mine: SearchDocument, right: SearchDocument) -> tuple[Field, ...]:
    one, other = dict(_values(mine)), dict(_values(right))
    names = [*one, *(name for name in other if name not in one)]
    return tuple((name, one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name))


def _values(document: SearchDocument) -> Iterator[tuple[str, object]]:
    yield "draw", document.draw
    yield "keywords", sorted(document.keywords)
    for name, bounds in (("now", document.now), ("ever", document.ever)):
        for competency, bound in sorted(bounds.items()):
            yield f"{name}.{competency}", bound


class Sums:
    """A checksum of each document that was put into an index, by the candidate's id.

    In an unnamed file, 8 bytes an id, so that memory does not grow with the pool. They hold for this process.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sums = np.zeros(0, np.uint64)

    def put(self, documents: Sequence[SearchDocument]) -> None:
        """These were put in; tombstones were taken out."""
        if not documents:
            return
        self._grow(max(document.candidate for document in documents) + 1)
        for document in documents:
            self._sums[document.candidate] = _sum(document)

    def differing(self, after: int, documents: Sequence[SearchDocument], upto: int | None) -> list[int]:
        """Ids above `after` and up to `upto` (None: all) of which `documents` are not what was put in."""
        end = len(self._sums) if upto is None else upto + 1
        self._grow(end)
        expected = self._sums[after + 1 : end]
        found = np.zeros(len(expected), np.uint64)
        for document in documents:
            found[document.candidate - after - 1] = _sum(document)
        return [int(place) + after + 1 for place in np.flatnonzero(expected != found)]

    def _grow(self, length: int) -> None:
        if length > len(self._sums):
            longer = max(length, len(self._sums) * 3 // 2, 1 << 12)
            try:
                # Written, not only made longer: on a full disk, what is mapped would end this process.
                self._file.write(bytes(longer * 8 - self._file.seek(0, os.SEEK_END)))
                self._file.flush()
            except OSError as error:
                raise unwritten("there is no room for checksums", Path(gettempdir()), error) from error
            self._sums = np.memmap(self._file, np.uint64, "r+", shape=(longer,))


@contextmanager
def new_sums() -> Iterator[Sums]:
    """Checksums of nothing yet; their file is gone at the end."""
    with TemporaryFile() as file:
        yield Sums(file)


def _sum(document: SearchDocument) -> int:
    """64 bits of all of a document; 0 only for a tombstone."""
    if _is_tombstone(document):
        return 0
    bounds = frozenset(document.now.items()), frozenset(document.ever.items())
    of_all = hash((document.candidate, document.draw, *bounds, document.keywords))
    return of_all % ((1 << 64) - 1) + 1
