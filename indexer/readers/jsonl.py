"""Reads JSON Lines: a candidate a line in our own shape (`shape.py`), or a document of any other format.

Each line stands alone: one that is not JSON, too long or wrong in a candidate's field is a `Rejected`, and so
is a bad award; the candidate's other awards are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from indexer.readers import candidates
from indexer.readers.documents import read_document, recognise
from indexer.readers.formats import Context, Record, StreamFormat
from indexer.readers.json_text import decode, raw_text
from indexer.readers.lines import Line, lines
from matcher.errors import InvalidInput
from matcher.records import CandidateRecord, Place, Rejected

_CANDIDATE = re.compile(rb'(?<!\\)"candidate"\s*:')
_OURS = frozenset({"awards", "applied_to"})
_START = re.compile(rb'\{\s*"(?:candidate|awards|applied_to)"\s*:')


def recognises(head: bytes) -> bool:
    """Whether a file that begins with `head` has an object a line, and is not one document over several."""
    found = [line.strip() for line in head.split(b"\n") if line.strip()]
    whole = [line.startswith(b"{") and line.endswith(b"}") for line in found]
    if any(is_whole and _CANDIDATE.search(line) for line, is_whole in zip(found, whole, strict=True)):
        return True
    if len(found) > 2:
        return all(whole[:2])
    # Of two lines the second may be cut off where `head` ends.
    return whole[0] and found[1].startswith(b"{") if len(found) > 1 else bool(_START.match(found[0]))


def read(stream: BinaryIO, context: Context) -> Iterator[Record]:
    """The candidates of `stream`, and what could not be read.

    Where the context names a candidate, lines about anybody else are refused.
    """
    for line in lines(stream, context.limits.line):
        if not line.whole:
            reason = f"the line is longer than {context.limits.line:,} bytes"
            yield Rejected(context.file, line.number, "", reason, raw_text(line.data))
        elif line.data.strip():
            yield from _read_line(line, replace(context, line=line.number))


def _read_line(line: Line, context: Context) -> Iterator[Record]:
    try:
        body = decode(line.data, values=context.limits.values)
    except InvalidInput as error:
        yield Rejected(context.file, line.number, error.where, error.reason, raw_text(line.data))
        return
    if isinstance(body, dict) and _is_ours(body):
        yield from _candidate(body, line, context)
    else:
        yield from read_document(body, "", context)


def _is_ours(body: dict[str, object]) -> bool:
    """Whether an object is, or is meant to be, in our own shape. A résumé has `awards` too."""
    return "candidate" in body or (not _OURS.isdisjoint(body) and recognise(body) is None)


def _candidate(body: dict[str, object], line: Line, context: Context) -> Iterator[Record]:
    try:
        for record in candidates.read(body, "", context):
            if isinstance(record, CandidateRecord):
                yield replace(record, place=Place(context.file, line.number))
            else:
                yield record
    except InvalidInput as error:
        yield Rejected(context.file, line.number, error.where, error.reason, raw_text(line.data))


FORMAT = StreamFormat(
    name="JSON Lines",
    recognised_by="an object a line",
    taken={"a line": "a candidate in our own shape, or a document of any other format"},
    recognises=recognises,
    read=read,
)
