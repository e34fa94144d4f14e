"""Reads a file that is one JSON document, or a list of them.

Where it is neither, as something in it is damaged, what is whole is read all the same: of a list the other
entries, of a file with an object a line the other lines.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from indexer.readers import jsonl
from indexer.readers.documents import read_document
from indexer.readers.formats import Context, Record, StreamFormat
from indexer.readers.json_text import decode, entries_of, holds_too_many, place_of, raw_text
from indexer.readers.limits import Limits
from indexer.readers.unpacking import rejoined
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Rejected

_KEPT_OF_TOO_LONG = 2_000


def _recognises(head: bytes) -> bool:
    return head.lstrip().startswith((b"{", b"["))


def _read(stream: BinaryIO, context: Context) -> Iterator[Record]:
    longest = context.limits.document
    data = stream.read(longest + 1)
    if len(data) > longest and jsonl.has_whole_lines(data, context.limits):
        yield from jsonl.read(rejoined(data, stream), context)
        return
    if len(data) > longest:
        reason = said(
            "the document is longer than %(most)s bytes; write large exports as one document a line",
            most=longest,
        )
        yield Rejected(context.file, 0, "", reason, raw_text(data[:_KEPT_OF_TOO_LONG]))
        return
    try:
        document = decode(data, context.limits)
    except InvalidInput as error:
        yield from _read_damaged(data, error, context)
        return
    yield from read_document(document, "", context)


def _read_damaged(data: bytes, error: InvalidInput, context: Context) -> Iterator[Record]:
    entries = _entries(data, context.limits)
    if len(entries) > 1:
        inside = replace(context, depth=context.depth + 1)
        for number, entry in enumerate(entries):
            yield from _read_entry(entry, f"[{number}]", inside)
    elif jsonl.has_whole_lines(data, context.limits):
        yield from jsonl.read(io.BytesIO(data), context)
    else:
        yield Rejected(context.file, 0, place_of(data, error), error.reason, raw_text(data))


def _entries(data: bytes, limits: Limits) -> list[str]:
    """The texts of a list's entries; none where it is none, or holds more than is looked at."""
    text = "" if holds_too_many(data, limits) else raw_text(data).strip()
    return entries_of(text, limits.parts) if text.startswith("[") else []


def _read_entry(entry: str, at: str, context: Context) -> Iterator[Record]:
    data = entry.encode()
    try:
        body = decode(data, context.limits)
    except InvalidInput as error:
        where = f"{at}.{place_of(data, error)}".rstrip(".")
        yield Rejected(context.file, context.line, where, error.reason, entry)
        return
    yield from read_document(body, at, context)


FORMAT = StreamFormat(
    name=marked("JSON"),
    recognised_by="begins with { or [",
    taken={"a document, or a list of documents": "see the formats of documents"},
    recognises=_recognises,
    read=_read,
)
