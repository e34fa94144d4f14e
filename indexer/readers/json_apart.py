"""Takes a JSON document apart into the items of its lists, also where one of them is no JSON.

An item that lacks a quotation mark or a bracket has no end that can be told from its start: it takes in
whatever follows. So the items before it are told from the start of the document, and those behind it from
the document's end, where brackets and quotation marks pair just as well.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator
from itertools import pairwise

from indexer.readers.json_marks import marks_from_behind, marks_of
from indexer.readers.json_text import decode, is_json
from indexer.readers.limits import Limits
from matcher.errors import InvalidInput
from matcher.messages import said

_LIST, _END_OF_LIST, _OBJECT, _END_OF_OBJECT, _COMMA = b"[]{},"
_ENDS = {_LIST: _END_OF_LIST, _OBJECT: _END_OF_OBJECT}
_BEGINS = re.compile(rb'\s*(\{\s*"[^"]{1,100}"|")')
"""How an item begins: with the name of its first field, as others of its list do, what is in it seldom."""

_FIELD = re.compile(rb'\s*"[^"]*"\s*:')

_LISTS = 100
"""So many lists are looked at for the one in which an item stands."""

_TO_LISTS = frozenset({b"[", b"{[", b"{{["})
"""The brackets that are open where an item of a list begins, as `lists_of` finds them."""


class Apart:
    """A document that is taken apart into the `items` of its lists and its `rest`.

    `items` has their texts, list by list; the `rest` is the document with these lists empty. They are told
    apart by brackets and commas alone, objects also where a comma is missing (`joined`: how often). A bracket
    that an item closes too often counts for nothing; what it leaves open ends with its list. Of a document
    that is cut off in a list (`cut_off`), the rest ends there, and what was begun is the last item
    (`endless`). `unended`: where the first item begins of which the end was not found so, and how many
    brackets are open there; None where all were.
    """

    def __init__(self, data: bytes, most: int, piece: tuple[int, int] = (-1, -1)) -> None:
        """`piece`: from where to where an item goes whose brackets and quotation marks count for nothing.

        Raises InvalidInput where the lists have more than `most` items.
        """
        self.items: list[list[bytes]] = []
        self.unended: tuple[int, int] | None = None
        self.joined = 0
        self._most = most
        self._count = 0  # of the items
        self._data = data
        self._piece = piece
        self._rest = bytearray()
        self._start = 0  # of what is neither in `items` nor in the rest yet
        self._opened = bytearray()  # the brackets that are open
        self._level = 0  # how many of them are to the list in which we are; 0 in none
        start, end = piece
        self._walk(data if start < 0 else data[:start] + b" " * (end - start) + data[end:])
        self.cut_off = bool(self._opened)
        self.endless = b""
        if not self._level:
            self._rest += data[self._start :]
        elif text := data[self._start :].strip():
            self._has_no_end()
            self.endless = text
            self.items[-1].append(text)
        self.rest = bytes(self._rest)

    def _walk(self, marked: bytes) -> None:
        """Go through the marks of a text. Of millions in an item each takes one or two comparisons only."""
        opened = self._opened
        for mark, place in marks_of(marked):
            if mark == _COMMA:
                if self._level and self._level == len(opened):
                    self._end_item(place)
                    self._start = place + 1
            elif mark in _ENDS:
                if self._level and self._level == len(opened):
                    self._part(place)
                opened.append(mark)
                if not self._level and bytes(opened[:4]) in _TO_LISTS:
                    self._begin_list(place)
            elif mark == _END_OF_LIST:
                self._close_list(place)
            elif opened and opened[-1] == _OBJECT:
                opened.pop()

    def _part(self, place: int) -> None:
        """End the item before a bracket at `place` that begins another, though there is no comma."""
        start, end = self._piece
        if self._start == start and place >= end:
            self._end_item(end)
            self._start = end
        elif self._data.startswith(b"{", place) and self._data[self._start : place].rstrip().endswith(b"}"):
            self.joined += 1
            self._end_item(place)
            self._start = place

    def _begin_list(self, place: int) -> None:
        self._level = len(self._opened)
        self._rest += self._data[self._start : place + 1]
        self._start = place + 1
        self.items.append([])

    def _close_list(self, place: int) -> None:
        opened = self._opened
        while self._level and opened[-1] == _OBJECT:
            self._has_no_end()
            opened.pop()
        if self._level and self._level == len(opened):
            self._end_item(place, is_last=True)
            self._start = place
            self._level = 0
        if opened and opened[-1] == _LIST:
            opened.pop()

    def _end_item(self, place: int, *, is_last: bool = False) -> None:
        text = self._data[self._start : place].strip()
        if text or not is_last or self.items[-1]:  # else the list is empty
            self.items[-1].append(text)
            self._count += 1
            if self._count > self._most:
                raise InvalidInput(said("has more than %(most)s values", most=self._most))

    def _has_no_end(self) -> None:
        self.unended = self.unended or (self._start, self._level)


def taken_apart(data: bytes, most: int, limits: Limits, lists: Collection[str] | None = None) -> Apart:
    """`data` taken apart, from its end too where an item's end is not found from its start.

    `lists`: the paths of those whose items stand for themselves; None for all. Raises InvalidInput where its
    lists have more than `most` items.
    """
    found = Apart(data, most)
    if not (found.unended and data.rstrip().endswith((b"]", b"}"))):
        return found
    start, level = found.unended
    if _FIELD.match(data, start):
        return found  # what lacks its end is no item, but the list
    first = _BEGINS.match(data, start)
    begins = first[1] if first else b""
    best, most_whole = found, 0
    behind = _lists_from_behind(data, start, level, limits.values)
    for ends in behind[: 1 + 2 * limits.document // len(data)]:  # as each takes as long as reading it
        end = _end_of(data, ends, begins, limits)
        again = Apart(data, most, (start, _without_a_line(data, start, end, limits)))
        # Where it is cut off, nothing can be told from its end.
        if not again.cut_off and (whole := _whole(again, lists, limits)) > most_whole:
            best, most_whole = again, whole
    return best


def lists_of(document: object) -> Iterator[tuple[str, list[object]]]:
    """The lists in which a document has its items, with their JSON paths: itself, or fields of an object."""
    if isinstance(document, list):
        yield "", document
    elif isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, list):
                yield name, value
            elif isinstance(value, dict):
                yield from ((f"{name}.{key}", one) for key, one in value.items() if isinstance(one, list))


def _lists_from_behind(data: bytes, start: int, level: int, most: int) -> list[list[int]]:
    """Where the items end of each list in which that may stand which begins at `start`, told from behind.

    `level`: how many brackets are open in it. It may leave open what looks like the beginning of its list,
    and hold other lists; and others may follow its own. The first is the one that ends first.
    """
    opened = bytearray()  # the closing brackets, from the end of the text on
    lists: deque[list[int]] = deque(maxlen=_LISTS)
    for mark, place in marks_from_behind(data):
        if place < start:
            break
        if mark == _COMMA:
            if lists and len(opened) == level and len(lists[-1]) <= most:
                lists[-1].append(place)
        elif mark not in _ENDS:
            opened.append(mark)
            if len(opened) == level:
                lists.append([place])
        elif opened and opened[-1] == _ENDS[mark]:
            opened.pop()
        else:
            break
    for ends in lists:
        ends.reverse()
    return [*reversed(lists)]


def _whole(apart: Apart, lists: Collection[str] | None, limits: Limits) -> int:
    """How many bytes the items of these lists have that are whole; 0 where the rest is no JSON."""
    try:
        paths = [path for path, _ in lists_of(decode(apart.rest, limits))]
    except InvalidInput:
        return 0
    if len(paths) != len(apart.items):
        return 0
    return sum(
        len(text)
        for path, texts in zip(paths, apart.items, strict=True)
        if lists is None or path in lists
        for text in texts
        if _is_item(text, b"", limits)
    )


def _end_of(data: bytes, ends: list[int], begins: bytes, limits: Limits) -> int:
    """Where the item that cannot be read ends: behind it there is a whole one, or the end of the list."""
    for beginning in (begins, b""):
        for one, following in pairwise(ends):
            if _is_item(data[one + 1 : following], beginning, limits):
                return one
    return ends[-1]


def _without_a_line(data: bytes, start: int, end: int, limits: Limits) -> int:
    """Where an item ends that is cut off, if the next begins on a line of its own as it does; else `end`."""
    text = data[start:end]
    before = text[: len(text) - len(text.lstrip())]
    place = text.rfind(b"\n" + before.rpartition(b"\n")[2] + b"{")
    if b"\n" in before and place > len(before) and _is_item(text[place:], b"", limits):
        return start + place
    return end


def _is_item(text: bytes, begins: bytes, limits: Limits) -> bool:
    """Whether this is an object or a string, begins so, and is JSON."""
    text = text.lstrip()
    return text.startswith((b"{", b'"')) and text.startswith(begins) and is_json(text, limits)
