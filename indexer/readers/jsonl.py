"""Reads candidates from JSON Lines: one a line, in the shape that `shape.py` describes.

Each line stands alone: one that is not JSON, longer than 10 MB or wrong in a candidate's field is a
`Rejected`, and so is a bad award; the candidate's other awards are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO
from zoneinfo import ZoneInfo

from indexer.readers.json_text import decode, encode, raw_text
from indexer.readers.lines import Line, lines
from indexer.readers.shape import about, read_candidate, without_extensions
from matcher.errors import InvalidInput
from matcher.records import CandidateRecord, Rejected

LONGEST_LINE = 10_000_000
"""Bytes."""

_CANDIDATE = re.compile(rb'(?<!\\)"candidate"\s*:')
_START = re.compile(rb'\{\s*"(?:candidate|awards|applied_to)"\s*:')


def recognises(head: bytes) -> bool:
    """Whether a file that begins with `head` has an object a line, and is not one document over several."""
    found = [line.strip() for line in head.split(b"\n") if line.strip()]
    whole = [line.startswith(b"{") and line.endswith(b"}") for line in found]
    if any(is_whole and _CANDIDATE.search(line) for line, is_whole in zip(found, whole, strict=True)):
        return True
    return all(whole[:2]) if len(whole) > 1 else bool(_START.match(found[0]))


def read(
    stream: BinaryIO, file: str, zone: ZoneInfo, candidate: str = ""
) -> Iterator[CandidateRecord | Rejected]:
    """The candidates of `stream`, and what could not be read; `zone` is the organisation's.

    Where `candidate`, a key, is given, lines about anybody else are refused. The raw record of a bad award is
    a whole line with that award alone: corrected, it can be imported.
    """
    for line in lines(stream, LONGEST_LINE):
        if not line.whole:
            reason = f"the line is longer than {LONGEST_LINE:,} bytes"
            yield Rejected(file, line.number, "", reason, raw_text(line.data))
        elif line.data.strip():
            yield from _read_line(line, file, zone, candidate)


def _read_line(line: Line, file: str, zone: ZoneInfo, candidate: str) -> Iterator[CandidateRecord | Rejected]:
    try:
        body = decode(line.data)
        if b'"x-' in line.data or b'"@context"' in line.data:
            body = without_extensions(body)
        record, refused = read_candidate(body, zone)
        record = about(candidate, record)
    except InvalidInput as error:
        yield Rejected(file, line.number, error.where, error.reason, raw_text(line.data))
        return
    yield record
    whose = {"key": record.key} if record.key else {"identifiers": record.identifiers}
    for award, wrong in refused:
        raw = encode({"candidate": whose, "awards": [award]})
        yield Rejected(file, line.number, wrong.where, wrong.reason, raw)
