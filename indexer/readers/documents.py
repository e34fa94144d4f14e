"""Reads JSON documents of every kind we know, each recognised by what it holds.

Another kind is one module with a `FORMAT`, and one line in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from indexer.readers import (
    candidates,
    clr_1,
    clr_2,
    ctdl,
    endorsements,
    envelopes,
    hr_open,
    hr_open_credentials,
    json_resume,
    ler_rs,
    open_badges_2,
    open_badges_3,
    other_credentials,
    presentations,
    schema_org,
    tokens,
    vocabularies,
)
from indexer.readers.damaged_json import joined_documents, whole_members
from indexer.readers.entries import check_number
from indexer.readers.formats import Context, Document, DocumentFormat, Record, types_of, under
from indexer.readers.json_text import decode, encode, place_of, raw_text, shown
from indexer.readers.limits import Limits
from matcher.errors import InvalidInput
from matcher.messages import Said, said
from matcher.records import CandidateRecord, Notice, Place, Recognised, Rejected

FORMATS: tuple[DocumentFormat, ...] = (
    candidates.FORMAT,
    clr_2.FORMAT,
    presentations.FORMAT,
    envelopes.FORMAT,
    endorsements.FORMAT,
    ler_rs.FORMAT,
    hr_open_credentials.FORMAT,
    open_badges_3.FORMAT,
    open_badges_2.FORMAT,
    clr_1.FORMAT,
    clr_1.ASSERTION,
    json_resume.FORMAT,
    ctdl.FORMAT,
    schema_org.FORMAT,
    other_credentials.FORMAT,
)
"""In the order in which they are tried."""

_ENDS = {
    "verifiableCredential": "",
    "credentialSubject.verifiableCredential": "",
    "awards": "candidate",
    "certificates": "basics",
    **dict.fromkeys(hr_open.SECTIONS, "person"),
}
_MEMBERS = {
    *_ENDS,
    "assertions",
    "achievements",
    "signedAssertions",
    "credentialSubject.achievement",
    "credentialSubject.association",
    "@graph",
    "hasCredential",
    *(f"credentialSubject.{section}" for section in hr_open.SECTIONS),
}
"""Lists of which a member that cannot be read loses no other; of a document that is cut off only those of
`_ENDS`, behind which nothing changes the meaning, as that a record was revoked would, once it is said whose
they are."""


_JOINED = said("a comma is missing between entries; each is read")


def recognise(document: Document) -> DocumentFormat | None:
    """The format that a document is of; None where we know none."""
    return next((one for one in FORMATS if one.recognises(document)), None)


def read_document(body: object, at: str, context: Context) -> Iterator[Record]:
    """The records of a decoded JSON value, or of the documents in a list; what is wrong is a `Rejected`.

    A text that is a token is read as what it holds. `at` is the JSON path at which it stands, "" for a whole
    file.
    """
    inside = replace(context, depth=context.depth + 1, nested=read_document)
    try:
        body = tokens.opened(body, at, context.limits)
        for record in _read(body, at, inside):
            if isinstance(record, CandidateRecord) and record.place == Place():
                yield replace(record, place=Place(context.file, context.line, at))
            else:
                yield record
    except InvalidInput as error:
        # What is no document cannot be corrected, and is not kept.
        raw = encode(body) if isinstance(body, dict | list) or tokens.is_token(str(body)) else ""
        yield Rejected(context.file, context.line, error.where or at, error.reason, raw)


def holds_members(data: bytes, limits: Limits) -> bool:
    """Whether `read_damaged` finds something whole in a JSON text that cannot be decoded."""
    return whole_members(data, limits, _MEMBERS, _ENDS) is not None


def read_damaged(data: bytes, error: InvalidInput, at: str, context: Context) -> Iterator[Record]:
    """What is whole of a JSON text that cannot be decoded, for which `error` says why; the rest is refused.

    Of what holds credentials, such as a presentation, those are read that can be, as of a list.
    """
    found = whole_members(data, context.limits, _MEMBERS, _ENDS)
    if found is None and (several := joined_documents(data, context.limits)):
        yield from _read_joined(several, at, context)
        return
    if found is None:
        where = under(at, place_of(data, error))
        yield Rejected(context.file, context.line, where, error.reason, raw_text(data))
        return
    if found.joined:
        yield Notice(context.file, context.line, _JOINED)
    room = context.limits.document
    for path, number, one in found.damaged:
        where = under(at, under(f"{path}[{number}]", one.where))
        raw = found.alone(path, one) if room > 0 else ""
        room -= len(raw)
        yield Rejected(context.file, context.line, where, one.reason, raw)
    if found.cut_off:
        reason = said("the document is not closed; what stands before is read")
        if found.endless:  # it may have taken in members that are whole
            reason = said(
                "the document is not closed; what stands before is read, and nothing of the rest: an entry "
                "does not end (bytes: %(count)s)",
                count=found.endless,
            )
        yield Rejected(context.file, context.line, at, reason, "")
    yield from read_document(found.document, at, context)


def _read_joined(documents: list[bytes], at: str, context: Context) -> Iterator[Record]:
    """Read documents that follow each other without a comma, as in a list."""
    yield Notice(context.file, context.line, _JOINED)
    for number, data in enumerate(documents):
        where = f"{at}[{number}]"
        try:
            body = decode(data, context.limits)
        except InvalidInput as error:
            yield Rejected(context.file, context.line, where, error.reason, raw_text(data))
        else:
            yield from read_document(body, where, context)


def _read(body: object, at: str, context: Context) -> Iterator[Record]:
    if context.depth > context.limits.depth:
        reason = said("documents in documents, more than %(most)s levels deep", most=context.limits.depth)
        raise InvalidInput(reason, where=at)
    if isinstance(body, list):
        if not body:
            raise InvalidInput(said("is an empty list"), where=at)
        check_number(_entries(body), context.limits.parts, at)
        for number, one in enumerate(body):
            yield from read_document(one, f"{at}[{number}]", context)
        return
    if not isinstance(body, dict):
        raise InvalidInput(said("%(value)s is no credential", value=shown(body)), where=at)
    if isinstance(graph := body.get("@graph"), list):
        check_number(len(graph), context.limits.parts, under(at, "@graph"))
    format_ = recognise(body)
    if format_ is None and _is_part_of_a_badge(body, context):
        text = said("badges that lie beside it refer to it; there is nothing in it to import")
        yield Notice(context.file, context.line, text)
        return
    if format_ is None:
        raise InvalidInput(_unknown(body), where=at)
    yield Recognised(context.file, format_.name)
    yield from format_.read(body, at, context)


def _is_part_of_a_badge(body: Document, context: Context) -> bool:
    """Whether it says nothing of its kind, as in 1.x, but a badge or an issuer names it.

    Such are classes, issuers, and what was revoked: ids with reasons.
    """
    is_named = isinstance(body.get("name"), str)
    is_list = all(why is None or isinstance(why, str) for why in body.values())
    return (is_named or is_list) and not types_of(body) and context.neighbours.refer_to(body, context.file)


def _entries(body: list[object]) -> int:
    """How many entries a list has, with those of the lists in it."""
    count, waiting = 0, [body]
    while waiting:
        entries = waiting.pop()
        count += len(entries)
        waiting += [one for one in entries if isinstance(one, list)]
    return count


def _unknown(body: Document) -> Said:
    if framework := vocabularies.refusal(body):
        return framework
    if not body:
        return said("in none of the formats we read: it holds nothing")
    held = tuple(map(shown, list(body)[:5]))
    return said("in none of the formats we read: it holds %(held)s", held=held)
