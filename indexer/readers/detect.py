"""Opens a file of candidates in whatever format it is, recognised by its content and never by its name.

Another format is one module with a `FORMAT`, and one line in `FORMATS`; formats of JSON documents stand in
`documents.py`.
"""

from __future__ import annotations

import io
import sys
from codecs import BOM_UTF8, BOM_UTF32_LE
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from indexer.readers import csv_rows, documents, jsonl, vocabularies
from indexer.readers.encodings import in_utf_8
from indexer.readers.formats import Context, Record, StreamFormat
from indexer.readers.json_text import raw_text, shown
from indexer.readers.written import refused
from matcher.records import CandidateRecord, Recognised, Rejected

FORMATS: tuple[StreamFormat, ...] = (jsonl.FORMAT, documents.FORMAT, csv_rows.FORMAT)
"""In the order in which they are tried."""

_OTHERS = (
    (b"\x89PNG", "this is a PNG image; badges baked into images are not read yet"),
    (b"<", "this is XML or SVG; badges baked into images are not read yet"),
    (b"eyJ", "this looks like a JSON Web Token; credentials signed in this way are not read yet"),
    (b"PK\x03\x04", "this is a ZIP file or a spreadsheet; save the table as CSV in UTF-8"),
    (b"\x1f\x8b", "this is a gzip file; unpack it first"),
    (BOM_UTF32_LE, "this is UTF-32; save it in UTF-8"),
    (b"%PDF", "this is a PDF document"),
)
"""First bytes of what people try, and what to say of it."""

_HEAD = 65_536
_SHOWN = 200


def open_records(path: Path, context: Context) -> Iterator[Record]:
    """The records of the file at `path` (`-` is standard input), and what could not be read.

    The context's `file` is set to the path. A file that cannot be opened, or in no format we know, is one
    `Rejected`.
    """
    if str(path) == "-":
        yield from read_stream(sys.stdin.buffer, replace(context, file="(standard input)"))
        return
    named = replace(context, file=str(path))
    try:
        with path.open("rb") as stream:
            yield from read_stream(stream, named)
    except OSError as error:
        yield Rejected(named.file, 0, "", f"cannot be read: {error.strerror}", "")


def read_stream(stream: BinaryIO, context: Context) -> Iterator[Record]:
    """The same for an open stream, read forward only.

    A `Rejected`'s raw record, corrected, can be read in this way again.
    """
    head, stream, encoding = in_utf_8(stream.read(_HEAD), stream, context.file)
    start = head.removeprefix(BOM_UTF8)
    reason = next((reason for first, reason in _OTHERS if start.startswith(first)), "")
    if not start.strip():
        reason = "the file is empty"
    elif framework := vocabularies.recognise(head):
        reason = f"this is a framework of competencies ({framework}): `credmatch vocabulary import` loads it"
    format_ = None if reason else next((one for one in FORMATS if one.recognises(start)), None)
    if format_ is None:
        known = ", ".join(one.name for one in FORMATS)
        raw = raw_text(head[:_SHOWN])
        yield Rejected(context.file, 0, "", reason or f"in none of the formats we read: {known}", raw)
        return
    yield Recognised(context.file, format_.name)
    if encoding:
        yield encoding
    rejoined = cast(BinaryIO, io.BufferedReader(_Rejoined(head, stream), _HEAD))
    yield from _about_one(format_.read(rejoined, context), context)


def _about_one(records: Iterator[Record], context: Context) -> Iterator[Record]:
    """`records`; of a file that is said to be about one person, those about a second person are refused.

    Documents name their subject by identifiers. The first that names any says which ones are meant.
    """
    meant: set[str] = set()
    for record in records:
        if not (context.candidate and isinstance(record, CandidateRecord) and record.identifiers):
            yield record
        elif not meant or not meant.isdisjoint(record.identifiers):
            meant.update(record.identifiers)
            yield record
        else:
            reason = (
                f"is about {shown(record.identifiers[0])}, and what came before it in this file about "
                f"{shown(min(meant))}; the file should be about one person, {shown(context.candidate)}"
            )
            yield refused(record, reason)


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        data = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
