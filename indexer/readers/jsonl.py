"""Reads JSON Lines: a candidate a line in our own shape (`shape.py`), or a document of any other format.

Each line stands alone: one that is not JSON, too long or wrong in a candidate's field is a `Rejected`, and so
is a bad award; the candidate's other awards are read.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from indexer.readers import candidates
from indexer.readers.documents import read_damaged, read_document, recognise
from indexer.readers.floods import Patience
from indexer.readers.formats import Context, Record, StreamFormat
from indexer.readers.json_text import decode, raw_text
from indexer.readers.limits import Limits
from indexer.readers.lines import Line, lines
from matcher.errors import InvalidInput
from matcher.messages import marked
from matcher.records import CandidateRecord, Place, Rejected

_CANDIDATE = re.compile(rb'(?<!\\)"candidate"\s*:')
_TOKEN = b"eyJ"
_LIMITS = Limits()
"""Of a line that is only looked at, to tell what the file is."""

_OURS = frozenset({"awards", "applied_to"})
_START = re.compile(rb'\{\s*"(?:candidate|awards|applied_to)"\s*:')


def recognises(head: bytes) -> bool:
    """Whether a file that begins with `head` has an object a line, and is not one document over several."""
    found = [line.strip() for line in head.split(b"\n") if line.strip()]
    if found[0].startswith(b"["):
        return False  # a list, or lines of which the first is one: `json_files.py` tells them apart
    if not found[0].startswith(b"{"):
        # Lines of which the first is damaged; not a text that quotes one.
        return 2 * sum(line.startswith(b"{") for line in found) >= len(found) and has_whole_lines(
            head, _LIMITS
        )
    if any(_CANDIDATE.search(line) and _is_closed(line) for line in found):
        return True
    if len(found) > 1:
        return _object(found[0]) is not None  # what follows an object on another line is no part of it
    return bool(_START.match(found[0]))


def _is_closed(line: bytes) -> bool:
    """Whether an object seems to begin and end on a line, whole or damaged: it closes what it opens."""
    return (
        line.startswith(b"{")
        and line.endswith(b"}")
        and line.count(b"{") == line.count(b"}")
        and line.count(b"[") == line.count(b"]")
    )


def has_whole_lines(data: bytes, limits: Limits) -> bool:
    """Whether a line of `data`, which as a whole is no JSON, is a document that is read.

    As many lines are looked at as may follow each other without being records.
    """
    return any(
        (body := _object(line.strip())) is not None and (_is_ours(body) or recognise(body) is not None)
        for line in islice(io.BytesIO(data), limits.parts)
    )


def _object(line: bytes) -> dict[str, object] | None:
    """The object that a line is; None where it is none, or not a whole one."""
    if not (line.startswith(b"{") and line.endswith(b"}")):
        return None
    try:
        body = decode(line, _LIMITS)
    except InvalidInput:
        return None
    return body if isinstance(body, dict) else None


def read(stream: BinaryIO, context: Context, *, of_list: bool = False) -> Iterator[Record]:
    """The candidates of `stream`, and what could not be read.

    `of_list`: the lines are the entries of a list, whose brackets and commas are no part of them. Where the
    context names a candidate, lines about anybody else are refused.
    """
    limits = context.limits
    patience = Patience(limits.parts)
    found_lines = lines(stream, limits.document if of_list else limits.line, limits.values)
    if of_list:
        found_lines = (line._replace(data=_entry(line.data)) for line in found_lines)
    for line in found_lines:
        if line.wrong:
            yield Rejected(context.file, line.number, "", line.wrong, raw_text(line.data))
        elif line.data.strip():
            found = _read_line(line, replace(context, line=line.number))
            yield from patience.through(found, useful=bool(_CANDIDATE.search(line.data)))
            if patience.lost:
                yield Rejected(context.file, line.number, "", patience.reason, "")
                return


def _entry(line: bytes) -> bytes:
    """What is an entry of a line that stands in a list."""
    entry = line.strip().removeprefix(b"[").removesuffix(b",").rstrip()
    return entry.removesuffix(b"]") if entry.count(b"]") > entry.count(b"[") else entry


def _read_line(line: Line, context: Context) -> Iterator[Record]:
    if line.data.startswith(_TOKEN):
        yield from read_document(line.data.decode("utf-8", "replace").strip(), "", context)
        return
    try:
        body = decode(line.data, context.limits)
    except InvalidInput as error:
        yield from read_damaged(line.data, error, "", context)
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
    name=marked("JSON Lines"),
    recognised_by="an object a line",
    taken={"a line": "a candidate in our own shape, or a document of any other format"},
    recognises=recognises,
    read=read,
)
