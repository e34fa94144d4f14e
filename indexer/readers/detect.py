"""Opens a file of candidates in whatever format it is, recognised by its content and never by its name.

Another format is one module with `recognises` and `read`, and one line in `FORMATS`.
"""

from __future__ import annotations

import io
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from indexer.readers import csv_rows, jsonl, open_badges
from indexer.readers.json_text import raw_text
from matcher.records import CandidateRecord, Rejected

Found = Iterator[CandidateRecord | Rejected]


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name, whether the first bytes of a file look like it, and what reads such a file."""

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[BinaryIO, str, ZoneInfo, str], Found]


FORMATS = (
    Format("JSON Lines", jsonl.recognises, jsonl.read),
    Format("Open Badges 3.0 (JSON)", open_badges.recognises, open_badges.read),
    Format("CSV", csv_rows.recognises, csv_rows.read),
)
"""In the order in which they are tried."""

_OTHERS = (
    (b"\x89PNG", "this is a PNG image; badges baked into images are not read yet"),
    (b"<", "this is XML or SVG; badges baked into images are not read yet"),
    (b"eyJ", "this looks like a JSON Web Token; credentials signed in this way are not read yet"),
    (b"PK\x03\x04", "this is a ZIP file or a spreadsheet; save the table as CSV in UTF-8"),
    (b"\x1f\x8b", "this is a gzip file; unpack it first"),
    (b"\xff\xfe", "this is UTF-16; save it in UTF-8"),
    (b"\xfe\xff", "this is UTF-16; save it in UTF-8"),
    (b"%PDF", "this is a PDF document"),
)
"""First bytes of what people try, and what to say of it."""

_HEAD = 65_536
_SHOWN = 200


def open_records(path: Path, zone: ZoneInfo, *, candidate: str = "") -> Found:
    """The candidates of the file at `path` (`-` is standard input), and what could not be read.

    `zone` is the organisation's; `candidate` the key of the person a file is about that is about nobody in
    particular. A file that cannot be opened, or in no format we know, is one `Rejected`.
    """
    if str(path) == "-":
        yield from read_stream(sys.stdin.buffer, "(standard input)", zone, candidate=candidate)
        return
    try:
        with path.open("rb") as stream:
            yield from read_stream(stream, str(path), zone, candidate=candidate)
    except OSError as error:
        yield Rejected(str(path), 0, "", f"cannot be read: {error.strerror}", "")


def read_stream(stream: BinaryIO, file: str, zone: ZoneInfo, *, candidate: str = "") -> Found:
    """The same for an open stream, read forward only; `file` names it in what is refused.

    A `Rejected`'s raw record, corrected, can be read in this way again.
    """
    head = stream.read(_HEAD)
    start = head.removeprefix(BOM_UTF8)
    reason = next((reason for first, reason in _OTHERS if start.startswith(first)), "")
    if not start.strip():
        reason = "the file is empty"
    format_ = None if reason else next((one for one in FORMATS if one.recognises(start)), None)
    if format_ is None:
        known = ", ".join(one.name for one in FORMATS)
        raw = raw_text(head[:_SHOWN])
        yield Rejected(file, 0, "", reason or f"in none of the formats we read: {known}", raw)
        return
    rejoined = cast(BinaryIO, io.BufferedReader(_Rejoined(head, stream), _HEAD))
    yield from format_.read(rejoined, file, zone, candidate)


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
