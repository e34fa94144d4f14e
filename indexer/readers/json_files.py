"""Reads a file that is one JSON document, or a list of them, each read as if it stood alone.

A list may be as long as it likes. Where a file is neither, as something in it is damaged, what is whole is
read all the same: of a list the other entries, of a file with an object a line the other lines, of a document
that holds credentials the others of these.
"""

from __future__ import annotations

import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import BinaryIO

from indexer.readers import jsonl
from indexer.readers.damaged_json import whole_entries
from indexer.readers.documents import holds_members, read_damaged, read_document
from indexer.readers.floods import Patience
from indexer.readers.formats import Context, Record, StreamFormat
from indexer.readers.json_items import Item, Items
from indexer.readers.json_text import decode, is_json, raw_text
from indexer.readers.limits import Limits
from indexer.readers.unpacking import first_bytes, rejoined
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Rejected

_KEPT_OF_TOO_LONG = 2_000
_UNSEPARATED = re.compile(rb"\}\r?\n\{")
_SEPARATED = re.compile(rb"\},\r?\n")
"""Where a line ends with an object and the next begins with one, or a list may go on."""


def _recognises(head: bytes) -> bool:
    return head.lstrip().startswith((b"{", b"["))


def _read(stream: BinaryIO, context: Context) -> Iterator[Record]:
    longest = context.limits.document
    data = first_bytes(stream, longest + 1)
    start = data.removeprefix(BOM_UTF8).lstrip()
    if start.startswith(b"[") and _begins_lines(start, context.limits):
        of_list = start.partition(b"\n")[0].strip() == b"["
        yield from jsonl.read(rejoined(data, stream), context, of_list=of_list)
    elif start.startswith(b"[") and _has_cut_off_lines(start, context.limits):
        yield from jsonl.read(rejoined(data, stream), context, of_list=True)
    elif start.startswith(b"[") and (len(data) > longest or _is_list(start, context.limits)):
        yield from _read_list(rejoined(data, stream), context)
    else:
        data += stream.read(longest + 1 - len(data))  # where the stream goes bad, this says so
        yield from _read_long(data, stream, context) if len(data) > longest else _read_short(data, context)


def _read_long(data: bytes, stream: BinaryIO, context: Context) -> Iterator[Record]:
    """What begins with more bytes than a document may have."""
    if jsonl.has_whole_lines(data, context.limits):
        yield from jsonl.read(rejoined(data, stream), context)
    else:
        reason = said(
            "the document is longer than %(most)s bytes; write large exports as a list, or a document a line",
            most=context.limits.document,
        )
        yield Rejected(context.file, 0, "", reason, raw_text(data[:_KEPT_OF_TOO_LONG]))


def _read_short(data: bytes, context: Context) -> Iterator[Record]:
    try:
        document = decode(data, context.limits)
    except InvalidInput as error:
        has_lines = jsonl.has_whole_lines(data, context.limits)
        if has_lines and not (_is_separated(data) and holds_members(data, context.limits)):
            yield from jsonl.read(io.BytesIO(data), context)
        else:
            yield from read_damaged(data, error, "", context)
        return
    yield from read_document(document, "", context)


def _is_separated(data: bytes) -> bool:
    """Whether objects on lines of their own are rather the entries of a list than documents."""
    return len(_SEPARATED.findall(data)) > len(_UNSEPARATED.findall(data))


def _begins_lines(start: bytes, limits: Limits) -> bool:
    """Whether these are lines, each a document, though the first begins as a list does."""
    if len(_UNSEPARATED.findall(start)) > len(_SEPARATED.findall(start)):
        return True  # the first line is damaged
    first, _, rest = start.partition(b"\n")
    if not (first.rstrip().endswith(b"]") and rest.strip()):
        return False
    items = Items(io.BytesIO(first), limits)
    for _ in items:
        pass
    return items.closed


def _has_cut_off_lines(start: bytes, limits: Limits) -> bool:
    """Whether a list has an entry a line, of which one that others follow is cut off: it would take them in.

    None of its lines may close what another has opened, most have to be whole, and no entry may be that goes
    over several.
    """
    if not 0 < start.count(b"\n") < limits.values:
        return False
    lines = start[1:].strip().removesuffix(b"]").split(b"\n")
    entries = [line for line in lines if line.strip()][:-1]  # the last may be cut off here
    opened = [sum(map(line.count, (b"[", b"{"))) - sum(map(line.count, (b"]", b"}"))) for line in entries]
    if not (all(line.startswith(b"{") for line in entries) and min(opened, default=0) >= 0 and any(opened)):
        return False
    if 2 * sum(is_json(line.rstrip().removesuffix(b","), limits) for line in entries) < len(entries):
        return False
    items = Items(io.BytesIO(start), limits)
    return not any(b"\n" in item.data and is_json(item.data, limits) for item in items)


def _is_list(start: bytes, limits: Limits) -> bool:
    """Whether an item of the list that begins so ends, or the list is empty."""
    items = Items(io.BytesIO(start), limits)
    return next(iter(items), None) is not None or items.closed or bool(whole_entries(start, limits))


def _read_list(stream: BinaryIO, context: Context) -> Iterator[Record]:
    items, inside = Items(stream, context.limits), replace(context, depth=context.depth + 1)
    patience = Patience(context.limits.parts)
    number = -1
    for number, item in enumerate(chain(items, _rest(items, context.limits))):
        yield from patience.through(_read_item(item, f"[{number}]", inside))
        if patience.lost:
            yield Rejected(context.file, 0, f"[{number}]", patience.reason, "")
            return
    if number < 0 and items.closed:
        yield from read_document([], "", context)
    if items.wrong:
        yield Rejected(context.file, 0, f"[{number + 1}]", items.wrong, raw_text(items.rest.strip()))


def _rest(items: Items, limits: Limits) -> Iterator[Item]:
    """What can be read behind the last item whose end was found, once all before were gone through."""
    if items.wrong is None or items.closed:
        return
    if is_json(items.rest, limits):
        items.wrong = said("the list is not closed; what stands before is read")
        yield Item(items.rest.strip())
        items.rest = b""
    elif further := whole_entries(b"[" + items.rest, limits):
        items.wrong = None
        yield from map(Item, further)


def _read_item(item: Item, at: str, context: Context) -> Iterator[Record]:
    if item.wrong:
        yield Rejected(context.file, context.line, at, item.wrong, raw_text(item.data))
        return
    try:
        body = decode(item.data, context.limits)
    except InvalidInput as error:
        yield from read_damaged(item.data, error, at, context)
        return
    yield from read_document(body, at, context)


FORMAT = StreamFormat(
    name=marked("JSON"),
    recognised_by="begins with { or [",
    taken={"a document, or each of a list of any length": "see the formats of documents"},
    recognises=_recognises,
    read=_read,
)
