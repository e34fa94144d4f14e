"""Reads an open file in whatever format it is, recognised by its content and never by its name.

Another format is one module with a `FORMAT`, and one line in `FORMATS`; formats of JSON documents stand in
`documents.py`. Files, folders and standard input are opened by `sources.py`.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from indexer.readers import archives, csv_rows, documents, json_files, jsonl, png, svg, tokens, vocabularies
from indexer.readers.encodings import in_utf_8
from indexer.readers.formats import Context, Record, StreamFormat
from indexer.readers.one_person import People
from indexer.readers.signatures import other
from indexer.readers.unpacking import first_bytes, rejoined
from matcher.messages import Said, said
from matcher.records import Recognised, Rejected

_SIGNED: tuple[StreamFormat, ...] = (png.FORMAT, *archives.FORMATS)
"""Those that begin with a signature, and so can be nothing else."""

FORMATS: tuple[StreamFormat, ...] = (
    *_SIGNED,
    svg.FORMAT,
    tokens.FORMAT,
    jsonl.FORMAT,
    json_files.FORMAT,
    csv_rows.FORMAT,
)
"""In the order in which they are tried."""

_HEAD = 65_536


def read_stream(
    stream: BinaryIO,
    context: Context,
    unpack: Callable[[BinaryIO, Context], Iterator[Record]] | None = None,
) -> Iterator[Record]:
    """The records of an open stream, read forward only, and what could not be read.

    What is in no format we know is one `Rejected`. A `Rejected`'s raw record, corrected, can be read in this
    way again. `unpack` reads the files in it, where that is not done in this way, too.
    Raises OSError where the stream itself cannot be read.
    """
    head, stream, encoding = in_utf_8(first_bytes(stream, _HEAD), stream, context.file)
    start = head.removeprefix(BOM_UTF8)
    if more := after_white_space(head, stream, context.limits.document):
        head += more
        start = more.lstrip() or head
    format_ = _recognised(start, _SIGNED)
    reason = None if format_ else _reason(start)
    format_ = format_ or (None if reason else _recognised(start, FORMATS))
    if format_ is None:
        unknown = said("in none of the formats we read")
        yield Rejected(context.file, 0, "", reason or unknown, "")
        return
    yield Recognised(context.file, format_.name)
    if encoding:
        yield encoding
    inside = replace(context, nested=documents.read_document, unpack=unpack or read_stream)
    if not context.candidate or context.people:
        yield from format_.read(rejoined(head, stream), inside)
        return
    people = People(context.candidate, context.limits.parts)
    yield from people.decided(format_.read(rejoined(head, stream), replace(inside, people=people)))


def _recognised(start: bytes, formats: Sequence[StreamFormat]) -> StreamFormat | None:
    return next((one for one in formats if one.recognises(start)), None)


def after_white_space(head: bytes, stream: BinaryIO, longest: int) -> bytes:
    """What follows the first bytes of a file where they are all white space, up to `longest` with them."""
    more, last = b"", head
    while not last.strip() and len(more) < longest and (last := first_bytes(stream, _HEAD)):
        more += last
    return more


def blank(start: bytes) -> Said | None:
    """What to say of a file that begins with nothing but white space; None where it does not."""
    if start.strip():
        return None
    if len(start) <= _HEAD:
        return said("the file is empty")
    return said("the file begins with nothing but white space")


def _reason(start: bytes) -> Said | None:
    """Why nothing that begins in this way is read; None where it may be."""
    return blank(start) or vocabularies.refusal(start) or other(start)
