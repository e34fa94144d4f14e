"""The items of a JSON list, one by one, in bounded memory however long the list is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from indexer.readers.json_marks import Strings
from indexer.readers.limits import Limits
from indexer.readers.unpacking import PIECE, BadStream, Exhausted, first_bytes
from matcher.messages import Said, said

_KEPT_OF_TOO_LONG = 2_000
_COMMA = ord(",")

_STEPS = np.zeros(256, np.int8)
"""By byte, outside of strings: how much deeper what follows it is nested."""
_STEPS[list(b"[{")] = 1
_STEPS[list(b"]}")] = -1


@dataclass(frozen=True, slots=True)
class Item:
    """The text of an item. `wrong`: why only its start is there."""

    data: bytes
    wrong: Said | None = None


class Items:
    """The items of the list that a stream begins with, told apart by quotation marks and brackets alone.

    Once they were gone through, `closed` says whether the list is, `wrong` what is wrong with its end, and
    `rest` is what stands there, or the beginning of it.
    """

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self.closed = False
        self.wrong: Said | None = None
        self.rest = b""
        self._stream = stream
        self._limits = limits
        self._depth = 0  # 1 between the items
        self._strings = Strings()
        self._kept = bytearray()  # of the item that goes on there
        self._length = 0  # of that item, so far
        self._is_long = False
        self._is_first = True
        self._is_over = False

    def __iter__(self) -> Iterator[Item]:
        """Raises Exhausted: of an archive that unpacks to too much, nothing more is read."""
        try:
            while not self._is_over and (piece := first_bytes(self._stream, PIECE)):
                if not self._depth:
                    _, bracket, piece = piece.partition(b"[")
                    self._depth = len(bracket)
                yield from self._items(piece)
            self.rest += first_bytes(self._stream, self._limits.document)
        except Exhausted:
            raise
        except BadStream as error:
            self.wrong = said("the file %(reason)s; what stands before is read", reason=error.reason)
            return
        self._end()

    def _end(self) -> None:
        """Say what is wrong with the end."""
        self.rest = bytes(self._kept) + self.rest
        self._kept.clear()
        if self.closed and self.rest.strip():
            self.wrong = said("something follows the list, and is not read")
        elif not self.closed:
            self.wrong = said("the list is not closed; what stands before is read")
            # An entry that does not end takes in all that follows it.
            if self.rest.strip() and not self._is_over:
                self.wrong = said(
                    "the list is not closed; what stands before is read, and nothing of the rest: an entry "
                    "does not end (bytes: %(count)s)",
                    count=self._length,
                )

    def _items(self, piece: bytes) -> Iterator[Item]:
        """The items that end in a further piece."""
        begun = self._strings.begun
        data, start = begun + piece, len(begun)
        for end in self._ends(data):
            self.closed = data.startswith(b"]", end)
            self._is_over = data[end] != _COMMA
            if self._is_over and not self.closed:
                break
            item = self._ended(data[start:end])
            if item.data or not (self.closed and self._is_first):  # else the list is empty
                yield item
            self._is_first = False
            start = end + 1
            if self.closed:
                self.rest = data[start:]
                return
        self._keep(data[start:])

    def _ends(self, data: bytes) -> list[int]:
        """Where in `data` items end: at commas between them, and where a bracket closes the list.

        By arrays, not sign by sign: an item may be as long as it likes, and hold nothing but signs.
        """
        if not data:
            return []
        signs, inside = self._strings.within(data)
        steps = _STEPS.take(signs) * ~inside
        depths = np.cumsum(steps, dtype=np.int32)
        depths += self._depth
        ends = ~inside & (signs == _COMMA) & (depths == 1) | (steps < 0) & (depths == 0)
        self._depth = int(depths[-1])
        return np.flatnonzero(ends).tolist()

    def _keep(self, data: bytes) -> None:
        self._kept += data
        self._length += len(data)
        self._is_long = self._is_long or len(self._kept) > self._limits.document
        if self._is_long:
            del self._kept[_KEPT_OF_TOO_LONG:]

    def _ended(self, data: bytes) -> Item:
        """The item that ends with `data`."""
        self._keep(data)
        wrong = said("is longer than %(most)s bytes", most=self._limits.document) if self._is_long else None
        item = Item(bytes(self._kept).strip(), wrong)
        self._kept.clear()
        self._length = 0
        self._is_long = False
        return item
