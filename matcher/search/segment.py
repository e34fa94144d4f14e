"""A segment: the postings of some candidates as sorted arrays, in one file that is mapped into memory.

    8 bytes   b"CREDSEG1"
    8 bytes   length of the header, little endian
    header    JSON: {"words": [...], "arrays": {name: [type, offset, count]}}
    arrays    one behind the other, each from a multiple of 64 bytes; offsets count from the first

A file is written once, synced, and never changed afterwards. It may be unlinked while processes map it: on
Linux and macOS its pages stay until the last of them lets go.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.errors import Damaged

_MAGIC = b"CREDSEG1"
_ALIGN = 64

_TYPES = {
    "candidates": "<i8",
    "draws": "<i8",
    "tombstones": "<i4",
    "competencies": "<i8",
    "starts": "<i8",
    "rows": "<i4",
    "now": "<u2",
    "ever": "<u2",
    "word_starts": "<i8",
    "word_rows": "<i4",
}


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Some candidates, a row each, in the order of their ids, each id once.

    The postings of `competencies[i]` (ids, rising) lie at `starts[i]:starts[i + 1]` of `rows`, `now` and
    `ever`: the rows that hold it, each at most once, with their bounds in units. Those of `words[i]`
    (keywords, sorted) lie at `word_starts[i]:word_starts[i + 1]` of `word_rows`. `tombstones`: the rows,
    rising, that have neither and only hide older ones.
    """

    candidates: NDArray[np.int64]
    draws: NDArray[np.int64]
    tombstones: NDArray[np.int32]
    competencies: NDArray[np.int64]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    now: NDArray[np.uint16]
    ever: NDArray[np.uint16]
    word_starts: NDArray[np.int64]
    word_rows: NDArray[np.int32]
    words: tuple[str, ...]

    def __len__(self) -> int:
        """How many rows there are, tombstones included."""
        return len(self.candidates)

    def rows_of(self, candidates: NDArray[np.int64]) -> NDArray[np.intp]:
        """The rows of those among `candidates` (ids, rising, each once) that have one here, rising."""
        if not len(self):
            return np.empty(0, np.intp)
        start = np.searchsorted(candidates, self.candidates[0], "left")
        end = np.searchsorted(candidates, self.candidates[-1], "right")
        asked = candidates[start:end]
        at = np.searchsorted(self.candidates, asked)
        found: NDArray[np.intp] = at[self.candidates[at] == asked]
        return found

    def spans(self, competencies: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Start and end of the postings of each of `competencies` (ids, any order); equal where none."""
        if not len(self.competencies):
            none = np.zeros(len(competencies), np.int64)
            return none, none
        at = np.minimum(np.searchsorted(self.competencies, competencies), len(self.competencies) - 1)
        starts = self.starts[at]
        return starts, np.where(self.competencies[at] == competencies, self.starts[at + 1], starts)

    def rows_with(self, word: str) -> NDArray[np.int32]:
        """The rows that carry a keyword."""
        at = bisect_left(self.words, word)
        if at == len(self.words) or self.words[at] != word:
            return np.empty(0, np.int32)
        return self.word_rows[self.word_starts[at] : self.word_starts[at + 1]]


def write_segment(segment: Segment, path: Path) -> tuple[int, str]:
    """Write a segment to a new file and sync it; gives its size in bytes and its digest. Raises OSError."""
    path.unlink(missing_ok=True)  # a left-over; never written over, in case somebody maps it
    digest = _digest()
    size = 0
    with path.open("xb") as file:
        for piece in _pieces(segment):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def open_segment(path: Path, size: int, digest: str) -> Segment:
    """Map the segment in a file, after reading all of it: 24 MB (100,000 candidates) take some 35 ms.

    Raises Damaged where the file is missing or is not, to the last bit, what was written; and OSError.
    """
    try:
        with path.open("rb") as file:
            # The size first: a file without content cannot be mapped.
            if os.fstat(file.fileno()).st_size != size or _digest_of(file) != digest:
                raise Damaged(f"the search index is damaged: {path.name} was altered; build it anew")
            return _mapped_segment(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError as error:
        raise Damaged(f"the search index is damaged: {path.name} is missing; build it anew") from error


def _digest() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=16)


def _digest_of(file: BufferedReader) -> str:
    # Read, not mapped: a disk's error is then an OSError, and no signal that ends the process.
    return hashlib.file_digest(file, _digest).hexdigest()


def _mapped_segment(mapped: mmap.mmap) -> Segment:
    end = 16 + int.from_bytes(mapped[8:16], "little")
    header = json.loads(mapped[16:end])
    first = _aligned(end)
    arrays = {
        name: np.frombuffer(mapped, type_, count, first + offset)
        for name, (type_, offset, count) in header["arrays"].items()
    }
    return Segment(**arrays, words=tuple(header["words"]))


def _pieces(segment: Segment) -> Iterator[bytes | memoryview]:
    arrays = {name: np.ascontiguousarray(getattr(segment, name), type_) for name, type_ in _TYPES.items()}
    places: dict[str, tuple[str, int, int]] = {}
    offset = 0
    for name, array in arrays.items():
        places[name] = (_TYPES[name], offset, len(array))
        offset = _aligned(offset + array.nbytes)
    header = json.dumps({"words": segment.words, "arrays": places}).encode()
    yield _MAGIC + len(header).to_bytes(8, "little") + header
    yield bytes(_aligned(16 + len(header)) - 16 - len(header))
    for array in arrays.values():
        yield array.data.cast("B") if len(array) else b""
        yield bytes(_aligned(array.nbytes) - array.nbytes)


def _aligned(length: int) -> int:
    return -(-length // _ALIGN) * _ALIGN
