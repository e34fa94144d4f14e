"""Reads a candidate in our own shape (`shape.py`) as one JSON document; `jsonl.py` reads one a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from indexer.readers.formats import Context, Document, DocumentFormat, Record, under
from indexer.readers.json_text import encode
from indexer.readers.shape import about, read_candidate, without_extensions
from matcher.errors import InvalidInput
from matcher.messages import marked
from matcher.records import Rejected

_PIECES = frozenset({"awards", "applied_to"})


def recognises(document: Document) -> bool:
    """By its candidate, or by what can only be ours."""
    return "candidate" in document or bool(document and document.keys() <= _PIECES)


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The candidate with its good awards, and its bad awards as `Rejected`.

    The raw record of a bad award is a whole candidate with that award alone: corrected, it can be imported.
    Raises InvalidInput where the candidate itself is wrong, or is not the one that the file is about.
    """
    try:
        body = without_extensions(dict(document))
        if context.candidate:
            body = {"candidate": {"key": context.candidate}, **body}
        record, refused = read_candidate(body, context)
        if context.people:
            context.people.names(record.identifiers, record.key)
        record = about(
            context.candidate, replace(record, own_key=bool(record.key) and "candidate" in document)
        )
    except InvalidInput as error:
        raise InvalidInput(error.reason, where=under(at, error.where)) from error
    yield record
    whose = {"key": record.key} if record.key else {"identifiers": record.identifiers}
    for award, wrong in refused:
        raw = encode({"candidate": whose, "awards": [award]})
        yield Rejected(context.file, context.line, under(at, wrong.where), wrong.reason, raw)


FORMAT = DocumentFormat(
    name=marked("credmatch JSON"),
    recognised_by="has `candidate`, or nothing but `awards` and `applied_to`",
    taken={"all fields": "what they are called here"},
    recognises=recognises,
    read=read,
)
