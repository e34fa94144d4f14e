"""Reads endorsements: what somebody says in favour of an award, an achievement or an issuer.

They are kept apart and shown, and never scored. An endorsement stands alone, or in what it endorses; that of
Open Badges 3.0 and CLR 2.0 is a credential (EndorsementCredential), that of Open Badges 2.0 and CLR 1.0 has a
`claim` (Endorsement). What is taken, by the names of the specifications:

    about    credentialSubject.id, or claim.id; else the id of what it stands in
    comment  endorsementComment of either
    issuer   issuer: id, else url; name
    issued   awardedDate, else issuanceDate, else validFrom; issuedOn
    key      id

One that was revoked is said and not kept. Signed ones (`endorsementJwt`, `signedEndorsements`) are read as
tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from indexer.readers.credential_parts import Named, Profile, entries, parsed
from indexer.readers.formats import Context, Document, DocumentFormat, Record, types_of, under
from indexer.readers.json_text import encode
from indexer.readers.parts import Part, Single, spelt
from indexer.readers.problems import NO_CONTROL, NO_NUL, indexable
from indexer.readers.shape import read_moment
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import EndorsementRecord, IssuerRef, Notice, Recognised, Rejected


def _decoded(value: object) -> object:
    return unquote(value) if isinstance(value, str) else value


_Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=1_000, pattern=NO_CONTROL),
    AfterValidator(indexable),
]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=NO_NUL)]
_Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50_000, pattern=NO_NUL)]
_Decoded = Annotated[_Address, BeforeValidator(_decoded)]
_DATES = ("awardedDate", "issuanceDate", "validFrom", "issuedOn")
_OBJECTS = ("endorsement", "endorsements")
_TOKENS = ("endorsementJwt", "signedEndorsements")


class _Claim(Part):
    id: _Address | None = None
    endorsement_comment: _Prose | None = None


class _Issuer(Profile):
    id: _Decoded | None = None
    name: _Name | None = None
    url: _Decoded | None = None


class _Endorsement(Part):
    id: _Decoded | None = None
    issuer: Named[_Issuer]
    claim: Single[Named[_Claim | None]] = spelt("credentialSubject", "claim")
    revoked: bool = False
    awarded_date: str | None = None
    issuance_date: str | None = None
    valid_from: str | None = None
    issued_on: str | None = None


def recognises(document: Document) -> bool:
    """By its type, or by a comment of its subject. One with a `claim`, alone, is an Open Badge 2.0's."""
    if "EndorsementCredential" in types_of(document):
        return True
    subject = document.get("credentialSubject")
    return isinstance(subject, dict) and "endorsementComment" in subject


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The endorsement that a document is. Raises InvalidInput with the JSON path of what is wrong."""
    yield from _read(document, at, "", context)


def embedded(things: Iterable[tuple[str, object]], context: Context) -> Iterator[Record]:
    """The endorsements that stand in things: each with its path, and anything else than an object skipped.

    One that does not say what it is about is about the thing.
    """
    for number, (at, body, about) in enumerate(_found(things, context)):
        if number >= context.limits.parts:
            reason = said("more than %(most)s endorsements in one document", most=context.limits.parts)
            yield Rejected(context.file, context.line, at, reason, "")
            return
        try:
            if isinstance(body, str):
                yield from _signed(body, at, context)
            else:
                yield from _read(body, at, about, context)
        except InvalidInput as error:
            yield Rejected(context.file, context.line, error.where, error.reason, encode(body))


def within_achievement(achievement: object, at: str) -> Iterator[tuple[str, object]]:
    """What may be endorsed in an achievement that stands at the path `at`, with its path."""
    if not isinstance(achievement, dict):
        return
    yield at, achievement
    for profile in ("creator", "issuer"):
        yield f"{at}.{profile}", achievement.get(profile)
    for name in ("alignment", "alignments"):
        alignments = achievement.get(name)
        for number, alignment in enumerate(alignments if isinstance(alignments, list) else [alignments]):
            yield f"{at}.{name}[{number}]", alignment


def _found(things: Iterable[tuple[str, object]], context: Context) -> Iterator[tuple[str, Any, str]]:
    """Endorsements with their path and the id of what they stand in."""
    for at, thing in things:
        if not isinstance(thing, dict):
            continue
        about = thing.get("id")
        for name in (*_OBJECTS, *_TOKENS):
            # One more than may be read, so that `embedded` sees it and says so.
            stated = thing.get(name)
            some = stated[: context.limits.parts + 1] if isinstance(stated, list) else stated
            for where, body in entries(some, under(at, name), context.limits.parts + 1):
                yield where, body, about if isinstance(about, str) else ""


def _signed(token: str, at: str, context: Context) -> Iterator[Record]:
    for record in context.nested(token, at, context):
        if isinstance(record, EndorsementRecord | Rejected | Notice | Recognised):
            yield record
        else:  # never an award, whatever was signed
            yield Rejected(context.file, context.line, at, said("is no endorsement"), encode(token))


def _read(document: object, at: str, about: str, context: Context) -> Iterator[Record]:
    endorsement = parsed(_Endorsement, document, at, context)
    claim = endorsement.claim or _Claim()
    field = "claim" if isinstance(document, dict) and "claim" in document else "credentialSubject"
    about = claim.id or parsed(_Claim, {"id": about}, at, context).id or ""
    if not about:
        raise InvalidInput(said("nothing says what is endorsed"), where=under(at, f"{field}.id"))
    issuer = IssuerRef(endorsement.issuer.name or "", endorsement.issuer.id or endorsement.issuer.url or "")
    if issuer == IssuerRef():
        raise InvalidInput(said("nothing says who endorses"), where=under(at, "issuer.id"))
    if endorsement.revoked:
        text = said("the endorsement %(which)s was revoked; it is not kept", which=at or about)
        yield Notice(context.file, context.line, text)
        return
    yield EndorsementRecord(
        about=about,
        issuer=issuer,
        key=endorsement.id or "",
        comment=claim.endorsement_comment or "",
        issued=_issued(endorsement, at, context),
    )


def _issued(endorsement: _Endorsement, at: str, context: Context) -> int | None:
    dates = (
        endorsement.awarded_date,
        endorsement.issuance_date,
        endorsement.valid_from,
        endorsement.issued_on,
    )
    field, text = next(((name, date) for name, date in zip(_DATES, dates, strict=True) if date), ("", None))
    return read_moment(text, context.zone, under(at, field))


FORMAT = DocumentFormat(
    name=marked("Endorsement"),
    recognised_by="is an `EndorsementCredential`, or its subject has `endorsementComment`",
    taken={
        "id": "identity of the endorsement, with its issuer",
        "credentialSubject.id, or claim.id": "what is endorsed; else what it stands in",
        "endorsementComment": "comment",
        "issuer: id (else url), name": "who endorses",
        "awardedDate, issuanceDate, validFrom, or issuedOn": "day",
        "revoked": "it is not kept",
    },
    recognises=recognises,
    read=read,
)
