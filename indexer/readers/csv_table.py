"""A table of text, taken apart: its encoding, separator, header and rows, in bounded memory.

The separator is a comma, a semicolon, a tab or a bar, found from the header, unless a first line `sep=;`
says which (as Excel writes it). The header is the first of the first ten lines that names the columns
needed.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import BinaryIO

from indexer.readers.csv_columns import columns, known, not_known, repeated, suffices
from indexer.readers.encodings import text_of
from indexer.readers.json_text import raw_text
from indexer.readers.limits import Limits
from indexer.readers.lines import Line, lines
from matcher.errors import InvalidInput
from matcher.messages import Said, marked, said
from matcher.records import Notice

_SEPARATORS = ",;\t|"
_EMPTY = b",;\t| "
"""What a row without a cell that says something is made of."""

_HEADER_WITHIN = 10  # lines that are not empty
_HEADER_LINES = 500  # of one header: each line that may begin it is tried with each separator
_LOOKED_AT = 1_000  # cells of a line, to tell what the file is
_FINDINGS = {
    "expected after": marked("text follows a closing quotation mark; within a cell it is written twice"),
    "unexpected end of data": marked("a quotation mark is opened and not closed"),
    "field larger than field limit": marked("a cell has more than 131,072 characters"),
}
"""What is in the sentences of Python's reader, and what we say."""

_FOUND_OTHERWISE = marked("the line cannot be split")

_STATED = re.compile(r'"?sep=([^\w\s"]|\t)"?[,;\t|]*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its cells as they stand, or the reason why it has none."""

    number: int
    text: str
    cells: tuple[str, ...] = ()
    reason: Said | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """The row that names the columns. `names` and `columns` are without empty ones at the end.

    `columns`: what of awards the names mean, empty in a table of something else; `start`: a line `sep=...`
    before it, with its end.
    """

    row: Row
    names: tuple[str, ...]
    columns: tuple[str, ...]
    separator: str
    start: str = ""


@dataclass(slots=True)
class Remarks:
    """What is worth knowing of a file, each said once, with the first line that it is about."""

    noted: dict[Said, int] = field(default_factory=dict)
    told: int = 0

    def note(self, text: Said, line: int = 0) -> None:
        """Note `text`, unless it was noted."""
        self.noted.setdefault(text, line)

    def notices(self, file: str) -> Iterator[Notice]:
        """What was noted since this was asked last."""
        for text, line in islice(self.noted.items(), self.told, None):
            self.told += 1
            yield Notice(file, line, text)


@dataclass(frozen=True, slots=True)
class Columns:
    """What a header is known by: how many of its cells name a column, and whether they are enough."""

    known: Callable[[Sequence[str]], int]
    suffices: Callable[[Sequence[str]], bool]


class Table:
    """The rows of a stream: `open` (of awards) or `find` gives the header, and `rows` goes on below it.

    `most`: how many bytes of it are read, None for all of it.
    """

    def __init__(self, stream: BinaryIO, limits: Limits, remarks: Remarks, most: int | None = None) -> None:
        self._source = source = lines(stream, limits.row, limits.values, most, blank=_EMPTY)
        self._limits = limits
        self._waiting: deque[Line] = deque()  # lines taken from `source` that no row has used yet
        self._remarks = remarks
        self._alone_before = 0  # the number of a line: a row that begins before it ends with its first line
        self.first: Line | None = next((line for line in source if line.data.strip()), None)
        if self.first:
            self._waiting.append(self.first)

    def open(self, *, about_one: bool) -> Header:
        """Find the header of awards. Raises InvalidInput with what is wrong with the likeliest one."""
        header = self._found(Columns(known, partial(suffices, about_one=about_one)))
        found = columns(header.names, about_one=about_one)
        self._say(header, found)
        return replace(header, columns=tuple(found))

    def find(self, wanted: Columns) -> Header:
        """Find the header of a table of something else, else what is most like one.

        Raises InvalidInput where no line can be split.
        """
        header = self._found(wanted)
        self._say_above(header)
        return header

    def _found(self, wanted: Columns) -> Header:
        start, separators = self._stated_separator()
        if start:
            self._waiting.popleft()
        row, names, separator, used = self._likeliest(separators, wanted)
        for _ in range(used):
            self._waiting.popleft()
        return Header(row, tuple(names), (), separator, start)

    def rows(self, separator: str) -> Iterator[Row]:
        """The rows with a cell that says something; one that cannot be split loses its first line alone.

        The lines that it was looked for on are rows of their own, so that none is looked through again for
        each of them. Where very many rows in a row cannot be split, the rest is not read.
        """
        waiting, wrong, idle = self._waiting, 0, 0
        while True:
            waiting.extend(islice(self._source, 0 if waiting else 1))
            if not waiting:
                return
            start = waiting[0]
            if not start.wrong and not start.data.strip(_EMPTY):
                waiting.popleft()  # says nothing: seen at once, as there may be a million
                wrong = 0
                continue
            parts: list[str] = []
            try:
                text, used, cells = self._row(0, separator, parts)
            except InvalidInput as error:
                last = waiting[max(len(parts) - 1, 0)].number
                self._alone_before = max(self._alone_before, last)
                waiting.popleft()
                yield Row(start.number, raw_text(start.data), reason=error.reason)
                wrong += 1
                if wrong > self._limits.parts:
                    reason = said(
                        "more than %(most)s rows one after the other are none; the rest is not read",
                        most=self._limits.parts,
                    )
                    yield Row(start.number, "", reason=reason)
                    return
                continue
            wrong = 0
            for _ in range(used):
                waiting.popleft()
            if any(map(str.strip, cells)):
                idle = 0
                yield Row(start.number, text, tuple(cells))
                continue
            idle += 1
            if idle > self._limits.values:
                reason = said(
                    "more than %(most)s lines in a row are empty; the rest is not read",
                    most=self._limits.values,
                )
                yield Row(start.number, "", reason=reason)
                return

    def _stated_separator(self) -> tuple[str, str]:
        """A first line `sep=;`, and the separators that may be meant."""
        try:
            text = self._text(self._waiting[0])
        except InvalidInput:
            return "", _SEPARATORS
        found = _STATED.fullmatch(text.rstrip(" "))
        return (f"{text}\n", found[1]) if found else ("", _SEPARATORS)

    def _likeliest(self, separators: str, wanted: Columns) -> tuple[Row, list[str], str, int]:
        """The header or what is most like one, its names and separator, and the lines to its end.

        Raises InvalidInput where none names a column and one cannot be split: it may be the header.
        """
        self._look_ahead()
        best: tuple[int, tuple[Row, list[str], str, int]] | None = None
        wrong: InvalidInput | None = None
        for number, line in enumerate(list(self._waiting)):
            if not line.data.strip():
                continue
            try:
                found = self._as_header(number, separators, wanted)
            except InvalidInput as error:
                wrong = error if best is None else wrong
                continue
            if wanted.suffices(found[1]):
                return found
            if best is None or wanted.known(found[1]) > best[0]:
                best = wanted.known(found[1]), found
        if wrong and (best is None or best[0] == 0):
            raise wrong
        if best is None:
            raise InvalidInput(said("there is only a line that says which separator is meant"))
        return best[1]

    def _look_ahead(self) -> None:
        """Take the lines among which the header may be."""
        filled = sum(bool(line.data.strip()) for line in self._waiting)
        while filled < _HEADER_WITHIN and len(self._waiting) < self._limits.parts:
            line = next(self._source, None)
            if line is None:
                return
            self._waiting.append(line)
            filled += bool(line.data.strip())

    def _as_header(self, number: int, separators: str, wanted: Columns) -> tuple[Row, list[str], str, int]:
        """The row that begins with one of the lines waiting, by the separator that makes most names of it."""
        line = self._waiting[number]
        wrong: InvalidInput | None = None
        found: list[tuple[int, tuple[Row, list[str], str, int]]] = []
        for separator in separators:
            try:
                text, used, cells = self._row(number, separator, [], _HEADER_LINES)
            except InvalidInput as error:
                wrong = wrong or error
                continue
            if len(cells) > self._limits.parts:
                raise InvalidInput(
                    said(
                        "has %(number)s columns, more than %(most)s",
                        number=len(cells),
                        most=self._limits.parts,
                    )
                )
            row = Row(line.number, text, tuple(cells))
            found.append((wanted.known(cells), (row, _named(cells), separator, number + used)))
        if not found:
            raise wrong or InvalidInput(said("the line cannot be split"))
        return max(found, key=lambda one: (one[0], len(one[1][1]) if one[0] else 0))[1]

    def _say_above(self, header: Header) -> None:
        if self.first and header.row.number > self.first.number + 1:
            self._remarks.note(said("the header; what stands above it is not read"), header.row.number)

    def _say(self, header: Header, found: Sequence[str]) -> None:
        self._say_above(header)
        row, names = header.row, header.names
        if unread := not_known(names, found):
            self._remarks.note(said("columns not known and not read: %(names)s", names=unread), row.number)
        for remark in repeated(names, found):
            self._remarks.note(remark, row.number)

    def _row(
        self, start: int, separator: str, parts: list[str], most: int | None = None
    ) -> tuple[str, int, list[str]]:
        """The row that begins with a line waiting: its text, how many lines it has, and its cells.

        More lines, `most` in all, are taken while a quoted cell goes on, each added to `parts`; they stay
        waiting.
        """
        text = self._text(self._waiting[start])
        if '"' not in text and "\r" not in text:
            return text, 1, text.split(separator)
        try:
            cells = next(csv.reader(self._parts(start, parts, most), delimiter=separator, strict=True), [])
        except csv.Error as error:
            if any("\r" in part for part in parts):
                raise InvalidInput(said("lines end in CR alone: save the file as CSV in UTF-8")) from error
            found = next((ours for theirs, ours in _FINDINGS.items() if theirs in str(error)), None)
            raise InvalidInput(said("not CSV: %(found)s", found=said(found or _FOUND_OTHERWISE))) from error
        return "".join(parts).rstrip("\n"), len(parts), cells

    def _parts(self, start: int, parts: list[str], most: int | None) -> Iterator[str]:
        """The line waiting at `start` and what follows it, each added to `parts`."""
        length, limits = 0, self._limits
        longest = limits.parts if most is None else min(limits.parts, most)
        while len(parts) < longest and length < limits.row:
            if parts and self._waiting[start].number < self._alone_before:
                raise InvalidInput(said("a quotation mark is opened and not closed"))
            if len(self._waiting) == start + len(parts):
                self._waiting.extend(islice(self._source, 1))
            if len(self._waiting) == start + len(parts):
                raise InvalidInput(said("a quotation mark is opened and not closed"))
            parts.append(self._text(self._waiting[start + len(parts)]) + "\n")
            length += len(parts[-1])
            yield parts[-1]
        if length >= limits.row:
            reason = said("a quotation mark is opened and not closed within %(most)s bytes", most=limits.row)
        else:
            reason = said("a quotation mark is opened and not closed within %(most)s lines", most=longest)
        raise InvalidInput(reason)

    def _text(self, line: Line) -> str:
        if line.wrong:
            raise InvalidInput(line.wrong)
        text, is_utf_8 = text_of(line.data)
        if not is_utf_8:
            self._remarks.note(
                said("not UTF-8: this line, and others like it, are read as Windows-1252"), line.number
            )
        return text


def looks_like_one(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like a table of text."""
    found = (line for line in head.splitlines() if line.strip())
    texts = [line.decode("utf-8", "replace") for line in islice(found, _HEADER_WITHIN)]
    if not texts or not texts[0].replace("\t", " ").isprintable():
        return False
    if any(separator in texts[0] or known([texts[0]]) for separator in _SEPARATORS):
        return True
    return any(
        known(_split(text, separator)[:_LOOKED_AT]) > 1 for text in texts[1:] for separator in _SEPARATORS
    )


def _split(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        return []


def _named(cells: Sequence[str]) -> list[str]:
    names = list(cells)
    while len(names) > 1 and not names[-1].strip():
        names.pop()
    return names
