"""Reads an Open Badges 3.0 credential (AchievementCredential, OpenBadgeCredential).

Nothing is fetched and nothing is checked: a proof counts as stated, and the status of a credential that names
a status list is unknown. What is taken, by the names of the specification (1EdTech Open Badges 3.0):

    award        issuer.id and id, trimmed and percent-decoded, are its identity; awardedDate, else
                 issuanceDate, else validFrom; validFrom; validUntil, else expirationDate; evidence;
                 credentialStatus and refreshService as they stand
    achievement  id, name, description with criteria.narrative, related; the credential's issuer, even where
                 another made the achievement (creator), because who awards is who answers for it
    competencies achievement.alignment: targetName, targetUrl, targetFramework. Not the alignments of results:
                 what a result measures may have been missed, and they differ from holder to holder
    level        the first result that states one: an achievedLevel or an allowedValue of rank i of n is i/n
                 (the specification orders both lists from low to high; points or numbers of all levels of a
                 rubric state their order whichever way it is listed; from a scale that contradicts itself no
                 level is taken, and a notice says so); a number is placed between valueMin (else 0) and
                 valueMax (a Percent: 100). Without such a result the requiredLevel or requiredValue, which
                 every holder has reached; else a value without a place is a label only
    candidate    credentialSubject.id, and e-mail addresses, DIDs and URLs of credentialSubject.identifier
                 that are not hashed; numbers that only one issuer understands are not taken
    endorsements those of the credential, its issuer, and its achievement

A credential about several subjects is one record for each. Its id does not tell their awards apart, so these
are identified by holder, achievement and date. A result whose status is not Completed is no award yet, and
one that was not passed is none (`levels.py`).

Records have no key unless one is given: whose they are, the store finds by their identifiers. A name on a
credential is not taken: a badge does not rename the person that the pool knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from pydantic.alias_generators import to_camel

from indexer.readers import endorsements
from indexer.readers.credential_parts import (
    Achievement,
    Evidence,
    Identities,
    Leftovers,
    Named,
    Names,
    Profile,
    achievement_shape,
    are_hashed,
    award,
    entries,
    evidence_texts,
    identifiers,
    nobody,
    parsed,
)
from indexer.readers.formats import Context, Document, DocumentFormat, Record, types_of, under
from indexer.readers.levels import Outcome, Result, outcome
from indexer.readers.parts import Many, Part
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import CandidateRecord, Notice

_TYPES = {"AchievementCredential", "OpenBadgeCredential"}
_ISSUED = ("awarded_date", "issuance_date", "valid_from")
_EXPIRES = ("valid_until", "expiration_date")
_PLACES = {
    "key": "id",
    "valid_from": "validFrom",
    "credential_status": "credentialStatus",
    "refresh_service": "refreshService",
    "achievement.issuer.name": "issuer.name",
    "achievement.issuer.url": "issuer.id",
}
_OF_SUBJECT = {
    "level.label": "result",
    "achievement": "achievement",
    "achievement.key": "achievement.id",
    "achievement.name": "achievement.name",
    "achievement.description": "achievement.description",
    "achievement.competencies": "achievement.alignment",
    "achievement.related": "achievement.related",
}


class _Subject(Part):
    id: str | None = None
    identifier: Identities = None
    achievement: Achievement
    result: Many[Result] = None


class _Credential(Part):
    id: str | None = None
    issuer: Named[Profile]
    awarded_date: str | None = None
    issuance_date: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    expiration_date: str | None = None
    credential_status: Any = None
    refresh_service: Any = None
    evidence: Many[Named[Evidence]] = None


def recognises(document: Document) -> bool:
    """By its types, or by an achievement that a subject has."""
    if _TYPES & types_of(document):
        return True
    stated = document.get("credentialSubject")
    subjects = stated if isinstance(stated, list) else [stated]
    return any(isinstance(subject, dict) and "achievement" in subject for subject in subjects)


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The records of a credential. Raises InvalidInput with the JSON path of what is wrong."""
    credential = parsed(_Credential, document, at, context)
    place = under(at, "credentialSubject")
    subjects = entries(document.get("credentialSubject"), place, context.limits.parts)
    if not subjects:
        raise InvalidInput(said("holds no subject"), where=place)
    if len(subjects) == 1:
        yield from _records(credential, subjects[0], at, context)
    else:
        yield from _each(credential, document, subjects, at, context)
    yield from endorsements.embedded(_endorsed(document, at, subjects), context)


def _each(
    credential: _Credential,
    document: Document,
    subjects: Sequence[tuple[str, Any]],
    at: str,
    context: Context,
) -> Iterator[Record]:
    """The records of a credential about several; a bad one does not lose the others."""
    shared = {key: value for key, value in document.items() if key != "id"}
    leftovers = Leftovers(context, lambda name, subject: {**shared, name: subject})
    of_many = credential.model_copy(update={"id": None})
    for place, subject in subjects:
        try:
            # A key that is given for a whole file cannot say which of several is meant.
            yield from _records(of_many, (place, subject), at, context, needs_id=True)
        except InvalidInput as error:
            yield leftovers.refused(error, "credentialSubject", subject)


def _records(
    credential: _Credential, stated: tuple[str, Any], at: str, context: Context, *, needs_id: bool = False
) -> Iterator[CandidateRecord | Notice]:
    place, body = stated
    subject = parsed(_Subject, body, place, context)
    who = _who(subject)
    if not who and (needs_id or not context.candidate):
        hashed = not needs_id and are_hashed(subject.identifier or ())
        raise InvalidInput(nobody(hashed=hashed), where=f"{place}.id")
    scales = subject.achievement.result_description or ()
    reached = outcome(
        subject.result or (), scales, f"{place}.result", f"{place}.achievement.resultDescription"
    )
    for remark in filter(None, (reached.failed, reached.remark)):
        yield Notice(context.file, context.line, remark)
    if reached.failed:
        return

    below = place[len(at) :].removeprefix(".")

    def named(where: str) -> str:
        return _place(where, credential, subject, below)

    found = award(_shape(credential, subject, reached), context, at, named)
    yield CandidateRecord(key=context.candidate, awards=(found,), identifiers=who)


def _who(subject: _Subject) -> tuple[str, ...]:
    return tuple(dict.fromkeys(identifiers(subject.id, subject.identifier or ())))


def _shape(credential: _Credential, subject: _Subject, reached: Outcome) -> dict[str, Any]:
    """The award in the shape of `shape.py`."""
    return {
        "key": unquote(credential.id or ""),
        "achievement": achievement_shape(subject.achievement, credential.issuer),
        "issued": _first(credential, _ISSUED)[1],
        "valid_from": credential.valid_from,
        "expires": _first(credential, _EXPIRES)[1],
        "status": "active" if credential.credential_status is None else "unknown",
        "level": reached.level,
        "evidence": list(evidence_texts(credential.evidence or ())),
        "credential_status": credential.credential_status,
        "refresh_service": credential.refresh_service,
    }


def _first(credential: _Credential, fields: Sequence[str]) -> tuple[str, str | None]:
    """The first of `fields` that the credential states, and its value."""
    stated = ((to_camel(field), getattr(credential, field)) for field in fields)
    return next(((field, value) for field, value in stated if value), (to_camel(fields[0]), None))


def _place(where: str, credential: _Credential, subject: _Subject, below: str) -> str:
    """The JSON path in the credential of a field of the shape; `below`: the path of its subject."""
    if where == "issued":
        return _first(credential, _ISSUED)[0]
    if where == "expires":
        return _first(credential, _EXPIRES)[0]
    names = Names(
        places={**_PLACES, **{field: f"{below}.{path}" for field, path in _OF_SUBJECT.items()}},
        alignment=f"{below}.achievement.alignment",
        related=f"{below}.achievement.related",
    )
    return names.place(where, subject.achievement)


def _endorsed(
    document: Document, at: str, subjects: Sequence[tuple[str, Any]]
) -> Iterator[tuple[str, object]]:
    """What may be endorsed in a credential, with its path."""
    yield at, document
    yield under(at, "issuer"), document.get("issuer")
    for place, subject in subjects:
        if isinstance(subject, dict):
            yield from endorsements.within_achievement(subject.get("achievement"), f"{place}.achievement")


FORMAT = DocumentFormat(
    name=marked("Open Badges 3.0"),
    recognised_by="is an `AchievementCredential` or `OpenBadgeCredential`, or its subject has `achievement`",
    taken={
        "id, with issuer.id": "identity of the award",
        "issuer: id (else url), name": "issuer",
        "awardedDate, else issuanceDate, else validFrom": "day of the award",
        "validFrom": "start of validity",
        "validUntil, else expirationDate": "expiry",
        "credentialStatus": "kept as it stands; the status is unknown until it is checked",
        "refreshService": "kept as it stands",
        "evidence: id, name, narrative, description": "evidence",
        "credentialSubject.id, identifier (e-mail address, DID, URL)": "whose award it is",
        "achievement: id, name, description, criteria.narrative": "achievement",
        "achievement.alignment: targetUrl, targetName, targetFramework": "competencies",
        "achievement.related": "related achievements",
        "result: achievedLevel, value; resultDescription": "level",
        "rubricCriterionLevel: points, else level": "the order of the levels, where all have different ones; "
        "else they go from low to high. A scale that contradicts itself gives no level, and a notice says so",
        "result.status": "only `Completed`, or none, is an award",
        "result: value, achievedLevel that was not passed": "no award, and a notice says so",
        "endorsement, endorsementJwt": "endorsements",
    },
    recognises=recognises,
    read=read,
)
