"""Files cut to pieces small enough to be read ten thousand times, their rows or items taken apart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from indexer.readers.damaged_json import lists_of

_MOST = 12  # rows or items
_MARK = "items stand here"
_OF_ALL = ("CompetencyFramework", "StandardDocument")


@dataclass(frozen=True)
class Piece:
    """A piece of a file: its rows or items, what stands before, between and behind them."""

    name: str
    start: bytes
    items: tuple[bytes, ...]
    between: bytes = b"\n"
    end: bytes = b"\n"

    @property
    def is_json(self) -> bool:
        """Whether it is one JSON document, so that an item may break the syntax of all."""
        return self.between != b"\n"

    def with_items(self, items: Iterable[bytes]) -> bytes:
        """The file with other items."""
        return self.start + self.between.join(items) + self.end

    def having(self, number: int, item: bytes) -> bytes:
        """The file with another item in one place."""
        return self.with_items((*self.items[:number], item, *self.items[number + 1 :]))

    def lacking(self, number: int) -> bytes:
        """The file without one of its items."""
        return self.with_items((*self.items[:number], *self.items[number + 1 :]))


def piece_of(name: str, data: bytes) -> Piece:
    """The first items of the longest list of a JSON document, else the first rows of a table or lines."""
    try:
        document = json.loads(data)
    except ValueError:
        rows = rows_of(data)
        start = b"" if data.startswith(b"{") else next(rows) + b"\n"
        return Piece(name, start, tuple(islice(rows, _MOST)))
    _, longest = max(lists_of(document), key=lambda found: len(found[1]))
    # What says something of all competencies stays as it is.
    first = [one for one in longest if any(word in json.dumps(one) for word in _OF_ALL)]
    items = [json.dumps(one, indent=1).encode() for one in longest if one not in first][:_MOST]
    longest[:] = [*first, _MARK]
    start, _, end = json.dumps(document, indent=1).encode().partition(f'"{_MARK}"'.encode())
    return Piece(name, start, tuple(items), b",\n", end)


def rows_of(data: bytes) -> Iterator[bytes]:
    """The rows of a table, those with line ends between quotation marks as one."""
    open_ = b""
    for line in data.split(b"\n"):
        open_ += line
        if open_.count(b'"') % 2:
            open_ += b"\n"
        elif open_:
            yield open_
            open_ = b""
