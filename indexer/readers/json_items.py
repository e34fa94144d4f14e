"""The items of a JSON list, one by one, in bounded memory however long the list is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from indexer.readers.json_text import MARKS
from indexer.readers.limits import Limits
from indexer.readers.unpacking import PIECE, BadStream, Exhausted, first_bytes
from matcher.messages import Said, said

_KEPT_OF_TOO_LONG = 2_000


@dataclass(frozen=True, slots=True)
class Item:
    """The text of an item. `wrong`: why only its start is there."""

    data: bytes
    wrong: Said | None = None


class Items:
    """The items of the list that a stream begins with, told apart by quotation marks and brackets alone.

    Once they were gone through, `closed` says whether the list is, `wrong` what is wrong with its end, and
    `rest` is what stands there. An item with more values than `limits` allow is the last one: where it ends
    would take long to find, and nothing is read of it anyway.
    """

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self.closed = False
        self.wrong: Said | None = None
        self.rest = b""
        self._stream = stream
        self._limits = limits
        self._marks = 0  # of the item that goes on
        self._depth = 0
        self._string = b""  # the start of a string that goes on in the next piece
        self._kept = bytearray()  # of the item that goes on there
        self._is_long = False
        self._is_first = True

    def __iter__(self) -> Iterator[Item]:
        """Raises Exhausted: of an archive that unpacks to too much, nothing more is read."""
        try:
            while not (self.closed or self.wrong) and (piece := first_bytes(self._stream, PIECE)):
                yield from self._items(piece)
            self.rest = (self.rest + first_bytes(self._stream, PIECE)).strip()
        except Exhausted:
            raise
        except BadStream as error:
            self.wrong = said("the file %(reason)s; what stands before is read", reason=error.reason)
            return
        if self.wrong:
            self.rest = bytes(self._kept[:_KEPT_OF_TOO_LONG]).strip()
        elif not self.closed:
            self.rest = bytes(self._kept).strip()
            self.wrong = said("the list is not closed; what stands before is read")
        elif self.rest:
            self.wrong = said("something follows the list, and is not read")

    def _items(self, piece: bytes) -> Iterator[Item]:
        """The items that end in a further piece."""
        data, start = self._string + piece, len(self._string)
        self._string = b""
        for mark in self._counted(data):
            sign = mark[0]
            if sign.startswith(b'"'):
                if not mark[1]:
                    # A backslash may be cut off from what it escapes.
                    self._string = b'"' + data[mark.end() :]
            elif sign in b"[{":
                self._depth += 1
                start = mark.end() if self._depth == 1 else start
            elif self._depth == 1 and sign in b",]":
                self.closed = sign == b"]"
                item = self._ended(data[start : mark.start()])
                if item.data or not (self.closed and self._is_first):  # else the list is empty
                    yield item
                self._is_first = False
                self._marks = 0
                start = mark.end()
                if self.closed:
                    self.rest = data[start:]
                    return
            elif sign != b",":
                self._depth -= 1
        self._keep(data[start:])

    def _counted(self, data: bytes) -> Iterator[re.Match[bytes]]:
        """The marks in `data`, as far as an item may have so many."""
        for mark in MARKS.finditer(data):
            self._marks += 1
            if self._marks > self._limits.values:
                most = self._limits.values
                self.wrong = said("has more than %(most)s values; what stands before is read", most=most)
                return
            yield mark

    def _keep(self, data: bytes) -> None:
        self._kept += data
        self._is_long = self._is_long or len(self._kept) > self._limits.document
        if self._is_long:
            del self._kept[_KEPT_OF_TOO_LONG:]

    def _ended(self, data: bytes) -> Item:
        """The item that ends with `data`."""
        self._keep(data)
        wrong = said("is longer than %(most)s bytes", most=self._limits.document) if self._is_long else None
        item = Item(bytes(self._kept).strip(), wrong)
        self._kept.clear()
        self._is_long = False
        return item
