"""The files that frameworks lie in, and tables of them, row by row, in bounded memory.

A file may be gzip. UTF-16 is read as such; a line of a table that is not UTF-8 is Windows-1252.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from indexer.readers.encodings import in_utf_8, text_of
from indexer.readers.unpacking import rejoined
from matcher.errors import InvalidInput
from matcher.records import Notice, Rejected

_HEAD = 4_096
_LONGEST_LINE = 1_000_000
_LONGEST_TABLE = 1_000_000_000
_DELIMITERS = ",;\t"
_END = re.compile(r"(?<=\r)(?!\n)")

Cells = tuple[int, dict[str, str]]
"""A row: the line it begins on, and its cells by their columns' names."""


@contextmanager
def unpacked(path: Path, name: str = "") -> Iterator[tuple[BinaryIO, Notice | None]]:
    """What a file holds (of gzip what is in it), in UTF-8 unless it is text of one byte a letter.

    With it comes what the encoding is, where that is not plain UTF-8. `name` is the file's in messages.
    Raises InvalidInput where it cannot be read.
    """
    name = name or path.name
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with cast(BinaryIO, gzip.open(path)) if packed else path.open("rb") as stream:
            head, rest, encoding = in_utf_8(stream.read(_HEAD), stream, name)
            yield rejoined(head.removeprefix(BOM_UTF8), rest), encoding
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"cannot be read: {error}", where=name) from error


def table_rows(path: Path, name: str = "") -> Iterator[Cells | Rejected | Notice]:
    """The rows of a CSV file, each with the line it begins on, as column name -> cell.

    The separator is a comma, a semicolon or a tab, found from the first line, which names the columns. What
    is not UTF-8 is read as Windows-1252, and a notice at the end says so. A row with another number of
    cells, in neither encoding or with a NUL is rejected. `name` is the file's in messages.
    Raises InvalidInput where the file cannot be read or is empty.
    """
    name = name or path.name
    with unpacked(path, name) as (stream, _):
        source = _Lines(stream, name)
        first = next(source, "")
        if not first.strip():
            raise InvalidInput("no first line with names of columns", where=name)
        reader = csv.reader(chain([first], source), delimiter=max(_DELIMITERS, key=first.count))
        try:
            header = [column.strip() for column in next(reader)]
        except csv.Error as error:
            raise InvalidInput(f"the first line is not readable as CSV: {error}", where=name) from error
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                yield Rejected(name, line, "", f"not readable as CSV: {error}", "")
                continue
            if cells:
                yield _row(name, line, header, cells, source.reason)
        yield from other_encoding(name, source.other)


def other_encoding(name: str, line: int) -> Iterator[Notice]:
    """That a table is in Windows-1252, where `line` is the first of which that was seen; 0 for none."""
    if line:
        yield Notice(name, line, "not UTF-8: this line, and others like it, are read as Windows-1252")


class _Lines:
    """The lines of a table as text. `other`: the first that is Windows-1252; `reason`: why one is neither."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.other = 0
        self.reason = ""
        self._lines = self._read(stream, name)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._lines)

    def _read(self, stream: BinaryIO, name: str) -> Iterator[str]:
        size, number = 0, 0
        while data := stream.readline(_LONGEST_LINE):
            size += len(data)
            if len(data) == _LONGEST_LINE or size > _LONGEST_TABLE:
                reason = (
                    f"a line is longer than {_LONGEST_LINE:,} bytes, or all longer than {_LONGEST_TABLE:,}"
                )
                raise InvalidInput(reason, where=name)
            for line in filter(None, _END.split(self._text(data, number + 1))):
                number += 1
                yield line

    def _text(self, data: bytes, number: int) -> str:
        try:
            text, is_utf_8 = text_of(data)
        except InvalidInput as error:
            self.reason = error.reason
            return data.decode("utf-8", "replace")
        self.other = self.other or (0 if is_utf_8 else number)
        return text


def _row(name: str, line: int, header: list[str], cells: list[str], reason: str) -> Cells | Rejected:
    raw = ",".join(cells)
    if len(cells) != len(header):
        return Rejected(name, line, "", f"{len(cells)} cells, the header has {len(header)}", raw)
    for column, cell in zip(header, cells, strict=True):
        if "\ufffd" in cell or "\0" in cell:
            wrong = reason if "\ufffd" in cell and reason else "bytes that are no text"
            return Rejected(name, line, column, wrong, raw)
    return line, dict(zip(header, cells, strict=True))


def first_line_cells(head: bytes) -> list[str]:
    """The names of columns in the first line of a table; empty where the line is none of a table."""
    first = re.split(rb"[\r\n]", head.removeprefix(BOM_UTF8), maxsplit=1)[0].decode("utf-8", "replace")
    if first.lstrip().startswith(("{", "[", "<")):
        return []
    try:
        cells = next(csv.reader([first], delimiter=max(_DELIMITERS, key=first.count)), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in cells]
