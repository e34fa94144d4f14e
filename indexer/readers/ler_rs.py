"""Reads HR Open's LER-RS (Learner and Employment Record Resume Standard 4.4 and 4.5; from 4.6 on also called
Trusted Career Profile), bare or as the credentialSubject of a verifiable credential.

What is taken, by the names of the standard:

    candidate    person.name (formattedName, else given and family); communication.email[].address, as e-mail
                 address and identifiers; the subject's id where it is an address
    awards       each entry of certifications, licenses, educationAndLearnings and skills (`hr_open.py`)
    verifications  of these: each embedded credential is read as what it is, in whatever format we know

Whose word it is. A record is the person's own document: a builder of résumés signs whatever was typed into
it, so the signature on the whole says who packed it and nothing about a single entry. An issuer that stands
behind an entry says so by a credential in its `verifications`. Therefore:

- an entry of which a credential was embedded is that credential, with its own issuer, and the entry's own
  words are not read beside it: they would be the same award twice. Where the credential cannot be read the
  entry is refused with it, so that the two come in together once it is corrected;
- every other entry is a claim, whoever signed the whole, and also where `verifications` only names whom to
  ask (`org`, `ref`). A claim has no credential id and its achievement no key (see `json_resume.py`).

An embedded credential is the person's whose record it is, and what it calls its subject is not taken: it
neither renames the person nor gives them another's identifiers. One issued to e-mail addresses of which the
record has none is refused where the record has others: it is about somebody else. Where it names its subject
by something else that the record does not name, a notice says so, as wallets make such names anew.

Not taken: addresses, telephones, narratives, job, employmentHistories, preferences, attachments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator

from indexer.readers import hr_open
from indexer.readers.entries import (
    Found,
    Stated,
    alone,
    award_of,
    check_number,
    object_of,
    read_part,
    read_person,
    read_section,
    with_awards,
)
from indexer.readers.formats import Context, Document, DocumentFormat, Record, types_of, under
from indexer.readers.json_text import encode, shown
from indexer.readers.learner_records import check_person, strangers
from indexer.readers.parts import Many, Part
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import CandidateRecord, Notice, Rejected

_TYPES = frozenset({"LER-RSType.json", "TrustedCareerProfileType.json"})
_WRAPPED = frozenset({"LER-RS VC", "LERRS", "TrustedCareerProfileCredential"}) | _TYPES
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S{1,980}")
_KEPT_EMAILS = 3
_REFERENCES = frozenset({"org", "ref"})
_ANYBODY = "the person of the record"
"""Whom an embedded credential is read about where no candidate is given: it need not name its subject."""


def _addressed(value: object) -> object:
    return {"address": value} if isinstance(value, str) else value


class _Name(Part):
    formatted_name: str | None = None
    given: str | None = None
    family: str | None = None


class _Email(Part):
    address: str | None = None


class _Communication(Part):
    email: Many[Annotated[_Email, BeforeValidator(_addressed)]] = None


class _Person(Part):
    name: _Name | None = None
    communication: _Communication | None = None


class _Record(Part):
    id: str | None = None
    person: _Person | None = None
    communication: _Communication | None = None


_PERSON = {
    "name": "person.name",
    "email": "communication.email",
    "identifiers": "communication.email",
}


@dataclass(frozen=True, slots=True)
class _Whose:
    """The person of the record, and the part of the record that says who it is."""

    record: CandidateRecord
    document: Mapping[str, Any]


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The person with their claims, then the awards of the embedded credentials, each as a record of its own.

    Raises InvalidInput where nothing says whose the record is, or where that is wrong.
    """
    subject, where = _subject(document, at)
    stated = read_part(_Record, subject, where)
    communication = stated.communication or (stated.person and stated.person.communication)
    emails = [one.address for one in (communication and communication.email) or () if one.address]
    did = (stated.id or "").strip()
    identifiers = [*([did] if _URI.fullmatch(did) else ()), *emails]
    shape = {"name": _name(stated), "email": next(iter(emails), None), "identifiers": identifiers}
    record = read_person(shape, _PERSON, where, context)
    document_of = {
        "type": "LER-RSType.json",
        "id": did or None,
        "person": {"name": {"formattedName": record.name}},
        "communication": {"email": [{"address": address} for address in emails[:_KEPT_EMAILS]]},
    }
    yield from with_awards(record, _entries(subject, _Whose(record, document_of), where, context))


def _subject(document: Document, at: str) -> tuple[Document, str]:
    """The record itself, and the JSON path at which it stands."""
    if "credentialSubject" not in document:
        return document, at
    subject, where = document["credentialSubject"], under(at, "credentialSubject")
    if isinstance(subject, list):
        if len(subject) != 1:
            reason = said("has %(number)s subjects; a record is about one person", number=len(subject))
            raise InvalidInput(reason, where=where)
        subject, where = subject[0], f"{where}[0]"
    subject = object_of(subject, where)
    if "lerrsType" in subject:
        inner = object_of(subject["lerrsType"], under(where, "lerrsType"))
        return {"id": subject.get("id"), **inner}, under(where, "lerrsType")
    return subject, where


def _name(stated: _Record) -> str:
    name = (stated.person and stated.person.name) or _Name()
    return name.formatted_name or " ".join(filter(None, (name.given, name.family)))


def _entries(subject: Document, whose: _Whose, at: str, context: Context) -> Iterator[Found]:
    for section in hr_open.SECTIONS:
        yield from read_section(
            subject.get(section),
            under(at, section),
            context,
            partial(_entry, section=section, whose=whose, context=context),
            partial(alone, section=section, whose=whose.document),
        )


def _entry(entry: object, at: str, *, section: str, whose: _Whose, context: Context) -> Iterator[Found]:
    stands_for_it = False
    inside = replace(context, candidate=context.candidate or _ANYBODY)
    embedded = list(_embedded(entry, at))
    check_number(len(embedded), context.limits.parts, under(at, "verifications"))
    for where, verification, body in embedded:
        for record in _nested(body, where, inside):
            for one in _attributed(record, where, whose, context):
                stands_for_it |= isinstance(one, CandidateRecord | Rejected)
                if isinstance(one, Rejected):
                    reduced = {"verifications": [verification]}
                    raw = encode(alone(reduced, section=section, whose=whose.document))
                    yield replace(one, raw=raw)
                else:
                    yield one
    only_refers = isinstance(entry, dict) and entry.keys() == {"verifications"}
    if not (stands_for_it or only_refers):
        yield from _own_words(entry, at, section, context)


def _nested(body: object, at: str, context: Context) -> Iterator[Record]:
    # A list, or a person in our own shape, has no issuer: it would make claims look like an issuer's word.
    if isinstance(body, list) or (isinstance(body, dict) and "candidate" in body):
        reason = said("%(value)s without an issuer is no credential", value=shown(body))
        yield Rejected(context.file, context.line, at, reason, "")
    else:
        yield from context.nested(body, at, context)


def _embedded(entry: object, at: str) -> Iterator[tuple[str, object, object]]:
    """Each credential that an entry has: its JSON path, the verification, and the credential in that."""
    if not isinstance(entry, dict) or entry.get("verifications") is None:
        return
    stated, where = entry["verifications"], under(at, "verifications")
    for number, one in enumerate(stated if isinstance(stated, list) else [stated]):
        path = f"{where}[{number}]" if isinstance(stated, list) else where
        if isinstance(one, dict) and "credentialSubject" not in one:
            if not _REFERENCES.isdisjoint(one):
                continue
            if "other" in one:
                yield f"{path}.other", one, one["other"]
                continue
        yield path, one, one


def _attributed(record: Record, at: str, whose: _Whose, context: Context) -> Iterator[Record]:
    """A record of an embedded credential as one of the person's; what is somebody else's is refused."""
    if not isinstance(record, CandidateRecord):
        yield record
        return
    try:
        check_person(record.identifiers, whose.record.identifiers, at)
    except InvalidInput as error:
        yield Rejected(context.file, context.line, error.where, error.reason, "")
    else:
        yield replace(whose.record, name="", email="", awards=record.awards, place=record.place)
        yield from strangers(record.identifiers, whose.record.identifiers, at, context)


def _own_words(entry: object, at: str, section: str, context: Context) -> Iterator[Found]:
    for where, found in hr_open.stated(section, entry, at):
        if isinstance(found, Stated):
            claim = Stated({**found.shape, "claimed": True}, found.places)
            yield award_of(claim, context, at)
        else:
            yield Notice(context.file, context.line, hr_open.not_taken(at, where, found))


def _recognises(document: Mapping[str, Any]) -> bool:
    subject = document.get("credentialSubject")
    if subject is None:
        return _is_record(document)
    one = subject[0] if isinstance(subject, list) and subject else subject
    inside = isinstance(one, dict) and ("lerrsType" in one or _is_record(one))
    return inside or not _WRAPPED.isdisjoint(types_of(document))


def _is_record(document: Mapping[str, Any]) -> bool:
    if not _TYPES.isdisjoint(types_of(document)):
        return True
    return isinstance(document.get("person"), dict) and not hr_open.SECTIONS.keys().isdisjoint(document)


FORMAT = DocumentFormat(
    name=marked("HR Open LER-RS"),
    recognised_by="has the type LER-RSType or TrustedCareerProfileType, or `person` and one of its sections",
    taken={
        "person.name": "the candidate's name",
        "communication.email": "the candidate's e-mail address, and identifiers",
        "credentialSubject.id": "an identifier of the candidate",
        "certifications, licenses, educationAndLearnings[].educationDegrees, skills": "claimed awards",
        "their verifications": "awards of the person, as the embedded credential's own format is read",
        "educationDegrees[].degreeGrantedStatus": "only what was granted is an award",
        "skills[].proficiencyLevel": "level, where its score has a maximum",
    },
    recognises=_recognises,
    read=read,
)
