"""Reads verifiable credentials whose subject is one part of HR Open's LER-RS: a certification, a license, an
education, or a skill that an issuer states (VerifiableCredential...Type; e.g. a FullTranscriptCredential).

What is taken, by the names of the data model and of `hr_open.py`:

    award        issuer (id, name) and id are its identity: the issuer of the credential says it, whatever
                 institution or authority it names. The fragment of the id tells several degrees of one
                 credential apart. Day of issue, else issuanceDate, else validFrom; expirationDate, else
                 validUntil, or the part's own end where that is earlier; credentialStatus
    candidate    credentialSubject.id

Nothing is fetched or checked: a proof counts as stated, and a status that would have to be asked for is
unknown. A degree that is not said to be granted, and an employment history, are no awards: a notice says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import BeforeValidator

from indexer.readers import hr_open
from indexer.readers.entries import One, Stated, award_of, object_of, read_part, read_person
from indexer.readers.formats import Context, Document, DocumentFormat, Record, under
from indexer.readers.parts import Part
from matcher.messages import Said, marked, said
from matcher.records import AwardRecord, Notice

_PARTS = {
    "certification": "certifications",
    "license": "licenses",
    "educationAndLearning": "educationAndLearnings",
    "skill": "skills",
}
_EMPLOYMENT = "employmentHistory"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S{1,980}")


def _profile(value: object) -> object:
    return {"id": value} if isinstance(value, str) else value


class _Issuer(Part):
    id: str | None = None
    name: str | None = None


class _Subject(Part):
    id: str | None = None


class _Credential(Part):
    id: str | None = None
    issuer: Annotated[_Issuer, BeforeValidator(_profile)]
    issuance_date: str | None = None
    valid_from: str | None = None
    expiration_date: str | None = None
    valid_until: str | None = None
    credential_status: Any = None
    credential_subject: One[_Subject] = None


_CREDENTIAL = {
    "key": "id",
    "achievement.issuer.name": "issuer.name",
    "achievement.issuer": "issuer",
    "credential_status": "credentialStatus",
}


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The award of each part that states one. Raises InvalidInput with the JSON path of what is wrong."""
    credential = read_part(_Credential, document, at)
    subject, where = _subject(document)
    did = ((credential.credential_subject and credential.credential_subject.id) or "").strip()
    identifiers = [did] if _URI.fullmatch(did) else []
    person = read_person({"identifiers": identifiers}, {"identifiers": f"{where}.id"}, at, context)
    awards: list[AwardRecord] = []
    notices: list[Said] = []
    for part in (one for one in _PARTS if one in subject):
        inside = under(where, part)
        for place, found in hr_open.stated(_PARTS[part], subject[part], under(at, inside)):
            if isinstance(found, Stated):
                awards.append(_award(credential, found, (inside, place), at, context))
            else:
                notices.append(hr_open.not_taken(under(at, inside), place, found))
    if _EMPLOYMENT in subject:
        notices.append(hr_open.not_taken(under(at, where), _EMPLOYMENT, said("employment is no award")))
    if awards:
        yield replace(person, awards=tuple(awards))
    elif not notices:
        notices.append(hr_open.not_taken(at, where, said("states no award")))
    yield from (Notice(context.file, context.line, text) for text in notices)


def _subject(document: Document) -> tuple[Document, str]:
    subject = document["credentialSubject"]
    if isinstance(subject, list):
        return object_of(subject[0], "credentialSubject[0]"), "credentialSubject[0]"
    return object_of(subject, "credentialSubject"), "credentialSubject"


def _award(
    credential: _Credential, stated: Stated, where: tuple[str, str], at: str, context: Context
) -> AwardRecord:
    """The award that a part of the credential states; `where`: the part, and what of it."""
    inside, place = where
    own, own_field = stated.shape.get("expires"), f"{inside}.{stated.places.get('expires', '')}"
    status = stated.shape.get("status", "active")
    shape = {
        **stated.shape,
        "key": unquote(credential.id or "").strip() + _fragment(inside, place) if credential.id else None,
        "achievement": {
            **stated.shape["achievement"],
            "issuer": {"name": credential.issuer.name, "url": unquote(credential.issuer.id or "")},
        },
        "issued": stated.shape.get("issued") or credential.issuance_date or credential.valid_from,
        "valid_from": stated.shape.get("valid_from") or credential.valid_from,
        "expires": credential.expiration_date or credential.valid_until,
        "status": "unknown" if credential.credential_status is not None and status == "active" else status,
        "credential_status": credential.credential_status,
    }
    places = {field: f"{inside}.{name}" for field, name in stated.places.items()} | _CREDENTIAL
    if not stated.shape.get("issued"):
        places["issued"] = "issuanceDate" if credential.issuance_date else "validFrom"
    if not stated.shape.get("valid_from"):
        places["valid_from"] = "validFrom"
    places["expires"] = "expirationDate" if credential.expiration_date else "validUntil"
    award = award_of(Stated(shape, places), context, at)
    if not own:
        return award
    ends = award_of(Stated({**shape, "expires": own}, {**places, "expires": own_field}), context, at)
    return ends if award.expires is None or (ends.expires or 0) < award.expires else award


def _fragment(inside: str, place: str) -> str:
    """What tells an award of the credential apart from its first: nothing for that."""
    first = place in {"", "educationDegrees", "educationDegrees[0]"}
    return "" if first else f"#{inside.rpartition('.')[2]}.{place}"


def _recognises(document: Mapping[str, Any]) -> bool:
    subject = document.get("credentialSubject")
    one = subject[0] if isinstance(subject, list) and subject else subject
    return isinstance(one, dict) and not {*_PARTS, _EMPLOYMENT}.isdisjoint(one)


FORMAT = DocumentFormat(
    name=marked("HR Open credential"),
    recognised_by="has `credentialSubject` with a certification, license, education or skill",
    taken={
        "issuer and id": "the award's identity",
        "credentialSubject.id": "an identifier of the candidate",
        "certification, license, educationAndLearning.educationDegrees, skill": "the achievement",
        "issuanceDate or validFrom": "when it was issued",
        "expirationDate or validUntil": "until when it holds",
        "credentialStatus": "kept; the status is unknown until it is asked for",
    },
    recognises=_recognises,
    read=read,
)
