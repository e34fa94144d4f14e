"""Reads a Comprehensive Learner Record 1.0, and one of its assertions alone, as a signed one is.

What is taken, by the names of the specification (IMS Comprehensive Learner Record 1.0):

    candidate    learner: id, email, url, where they identify a person everywhere; of an assertion alone its
                 recipient, unless it is hashed. Not the learner's name: a record does not rename the person
                 that the pool knows
    award        achievement.issuer.id and id, trimmed and percent-decoded, are its identity; issuedOn;
                 startDate; endDate (drafts: expires); revoked; evidence. One that is verified where it is
                 hosted, or against its issuer's revocationList, has an unknown status
    achievement  id, name, description with requirement.narrative; issuer, else the record's publisher
    competencies achievement.alignments: targetName, targetUrl, educationalFramework
    relations    achievement.associations: associationType, targetId
    level        results and achievement.resultDescriptions, as of an Open Badge 3.0
    achievements those of `achievements` that nobody is awarded
    more awards  signedAssertions, read as tokens; assertions that are Open Badges, read as these

A bad assertion or achievement does not lose the others. A record that its publisher has revoked is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import unquote

from indexer.readers import endorsements
from indexer.readers.credential_parts import (
    Achievement,
    Evidence,
    Leftovers,
    Named,
    Names,
    Profile,
    achievement_alone,
    achievement_shape,
    award,
    entries,
    evidence_texts,
    identifiers,
    parsed,
)
from indexer.readers.formats import Context, Document, DocumentFormat, Record, types_of, under
from indexer.readers.json_text import shown
from indexer.readers.learner_records import Learner, check_person, strangers, unknown_types
from indexer.readers.levels import Outcome, Result, outcome
from indexer.readers.parts import Many, Part, Single, spelt
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import AchievementRecord, AwardRecord, CandidateRecord, Notice

_PIECES = ("assertions", "achievements", "signedAssertions")
_OF_ALIGNMENT = {"uri": "targetUrl", "label": "targetName", "framework": "educationalFramework"}
_OF_ASSOCIATION = {"key": "targetId", "type": "associationType"}
_PLACES = {
    "key": "id",
    "name": "name",
    "description": "description",
    "issuer.name": "issuer.name",
    "issuer.url": "issuer.id",
}
_ALONE = Names(
    places={f"achievement.{field}": path for field, path in _PLACES.items()},
    alignment="alignments",
    related="associations",
    of_alignment=_OF_ALIGNMENT,
    of_related=_OF_ASSOCIATION,
)
_AWARDED = Names(
    places={
        "key": "id",
        "issued": "issuedOn",
        "valid_from": "startDate",
        "level.label": "results",
        "achievement": "achievement",
        **{f"achievement.{field}": f"achievement.{path}" for field, path in _PLACES.items()},
    },
    alignment="achievement.alignments",
    related="achievement.associations",
    of_alignment=_OF_ALIGNMENT,
    of_related=_OF_ASSOCIATION,
)


class _Issuer(Profile):
    revocation_list: Any = None


class _Achievement(Achievement):
    issuer: Named[_Issuer | None] = None


class _Verification(Part):
    type: Any = None


class _Recipient(Part):
    type: str | None = None
    identity: str | None = None
    hashed: bool = False


class _Assertion(Part):
    id: str | None = None
    achievement: _Achievement
    recipient: _Recipient | None = None
    issued_on: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    expires: str | None = None
    revoked: bool = False
    results: Many[Result] = spelt("results", "result")
    evidence: Many[Named[Evidence]] = None
    verification: Single[Named[_Verification | None]] = None


class _Learner(Part):
    id: str | None = None
    email: str | None = None
    url: str | None = None


class _Clr(Part):
    learner: Named[_Learner]
    publisher: Named[Profile | None] = None
    revoked: bool = False
    revocation_reason: str | None = None


def recognises(document: Document) -> bool:
    """By its type, or by a learner with assertions."""
    types = {one.casefold() for one in types_of(document)}
    return "clr" in types or ("learner" in document and any(name in document for name in _PIECES))


def recognises_assertion(document: Document) -> bool:
    """By an achievement and what an assertion says of it."""
    about = ("recipient", "issuedOn", "revoked")
    has_some = any(name in document for name in about) or "Assertion" in types_of(document)
    return isinstance(document.get("achievement"), dict) and has_some


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The records of a learner's record. Raises InvalidInput with the JSON path of what is wrong."""
    clr = parsed(_Clr, document, at, context)
    if clr.revoked:
        reason = said(
            "its publisher has revoked this record (%(reason)s)",
            reason=shown(clr.revocation_reason) if clr.revocation_reason else said("no reason is given"),
        )
        raise InvalidInput(reason, where=under(at, "revoked"))
    who = _who(clr.learner)
    if not (who or context.candidate):
        raise InvalidInput(said("no subject: nothing says whose it is"), where=under(at, "learner.id"))
    pieces = {name: entries(document.get(name), under(at, name), context.limits.parts) for name in _PIECES}
    if not any(pieces.values()):
        raise InvalidInput(said("holds no assertion"), where=under(at, "assertions"))
    learner = Learner(who, context, Leftovers(context, _alone(document)))
    associations: list[tuple[str, str]] = []
    signed = (learner.take("signedAssertions", token, where) for where, token in pieces["signedAssertions"])
    assertions = _assertions(pieces["assertions"], clr, learner, associations)
    yield from learner.before(chain(assertions, chain.from_iterable(signed)), lambda: learner.awards)
    yield from _achievements(pieces["achievements"], clr, learner, associations)
    yield from unknown_types(associations, context)
    yield from endorsements.embedded(_endorsed(document, at, pieces), context)


def read_assertion(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The record of one assertion. Raises InvalidInput with the JSON path of what is wrong."""
    assertion = parsed(_Assertion, document, at, context)
    recipient = assertion.recipient or _Recipient()
    who = () if recipient.hashed else _identified(recipient)
    if not (who or context.candidate):
        raise InvalidInput(
            said("no subject: nothing says whose it is"), where=under(at, "recipient.identity")
        )
    for found in _award(assertion, Profile(), at, context):
        if isinstance(found, AwardRecord):
            yield CandidateRecord(key=context.candidate, awards=(found,), identifiers=who)
        else:
            yield found
    yield from unknown_types(_associated(assertion.achievement, under(at, "achievement")), context)
    things = (
        (at, document),
        *endorsements.within_achievement(document.get("achievement"), under(at, "achievement")),
    )
    yield from endorsements.embedded(things, context)


def _alone(document: Document) -> Any:
    none: dict[str, object] = {name: [] for name in _PIECES if name in document}
    return lambda name, piece: {**document, **none, name: [piece]}


def _who(learner: _Learner) -> tuple[str, ...]:
    email = (learner.email or "").strip()
    found = [*identifiers(learner.id), *([email] if "@" in email else []), *identifiers(learner.url)]
    return tuple(dict.fromkeys(one[:1_000] for one in found))


def _identified(recipient: _Recipient) -> tuple[str, ...]:
    """Who a recipient is; numbers that only one school understands say nothing."""
    text = (recipient.identity or "").strip()
    if recipient.type == "email":
        return (text[:1_000],) if "@" in text else ()
    return tuple(identifiers(text)) if recipient.type in {"id", "url"} else ()


def _assertions(
    pieces: list[tuple[str, Any]], clr: _Clr, learner: Learner, associations: list[tuple[str, str]]
) -> Iterator[Record]:
    """Read the assertions of a record into `learner`; the types of their associations are added."""
    for where, body in pieces:
        if not isinstance(body, dict) or ("badge" in body and "achievement" not in body):
            yield from learner.take("assertions", body, where)
            continue
        try:
            assertion = parsed(_Assertion, body, where, learner.context)
            recipient = assertion.recipient or _Recipient()
            named = () if recipient.hashed else _identified(recipient)
            check_person(named, learner.identifiers, f"{where}.recipient.identity")
            found = list(_award(assertion, clr.publisher or Profile(), where, learner.context))
            associations += _associated(assertion.achievement, f"{where}.achievement")
            found += strangers(named, learner.identifiers, where, learner.context)
        except InvalidInput as error:
            yield learner.leftovers.refused(error, "assertions", body)
            continue
        for one in found:
            if isinstance(one, AwardRecord):
                learner.awards.append(one)
            else:
                yield one


def _award(
    assertion: _Assertion, publisher: Profile, at: str, context: Context
) -> Iterator[AwardRecord | Notice]:
    """The award, if its results are of one, and what is worth knowing of these."""
    results_at, scales_at = under(at, "results"), under(at, "achievement.resultDescriptions")
    scales = assertion.achievement.result_description or ()
    reached = outcome(assertion.results or (), scales, results_at, scales_at)
    for remark in filter(None, (reached.failed, reached.remark)):
        yield Notice(context.file, context.line, remark)
    if reached.failed:
        return

    def named(where: str) -> str:
        if where == "expires":
            return "endDate" if assertion.end_date else "expires"
        return _AWARDED.place(where, assertion.achievement)

    yield award(_shape(assertion, publisher, reached), context, at, named)


def _shape(assertion: _Assertion, publisher: Profile, reached: Outcome) -> Mapping[str, Any]:
    """The award in the shape of `shape.py`."""
    achievement = assertion.achievement
    return {
        "key": unquote(assertion.id or ""),
        "achievement": achievement_shape(achievement, achievement.issuer or publisher),
        "issued": assertion.issued_on,
        "valid_from": assertion.start_date,
        "expires": assertion.end_date or assertion.expires,
        "status": _status(assertion),
        "level": reached.level,
        "evidence": list(evidence_texts(assertion.evidence or ())),
    }


def _status(assertion: _Assertion) -> str:
    if assertion.revoked:
        return "revoked"
    hosted = assertion.verification and "hosted" in str(assertion.verification.type).casefold()
    issuer = assertion.achievement.issuer
    return "unknown" if hosted or (issuer and issuer.revocation_list) else "active"


def _achievements(
    pieces: list[tuple[str, Any]], clr: _Clr, learner: Learner, associations: list[tuple[str, str]]
) -> Iterator[Record]:
    context = learner.context
    awarded = {one.achievement.key for one in learner.awards}
    for where, body in pieces:
        try:
            achievement = parsed(_Achievement, body, where, context)
            found = _achievement(achievement, clr, where, context)
        except InvalidInput as error:
            yield learner.leftovers.refused(error, "achievements", body)
            continue
        # One that is awarded says the same of itself there.
        if not found.key or found.key not in awarded:
            associations += _associated(achievement, where)
            yield found


def _associated(achievement: _Achievement, at: str) -> Iterator[tuple[str, str]]:
    """The types of an achievement's associations, each with its path."""
    for number, one in enumerate(achievement.related or ()):
        if one.association_type:
            yield one.association_type, f"{at}.associations[{number}]"


def _achievement(achievement: _Achievement, clr: _Clr, at: str, context: Context) -> AchievementRecord:
    issuer = achievement.issuer or clr.publisher or Profile()
    return achievement_alone(achievement, issuer, at, _ALONE, context)


def _endorsed(
    document: Document, at: str, pieces: Mapping[str, list[tuple[str, Any]]]
) -> Iterator[tuple[str, object]]:
    """What may be endorsed in a record, with its path."""
    yield under(at, "publisher"), document.get("publisher")
    for where, assertion in pieces["assertions"]:
        if isinstance(assertion, dict) and "badge" not in assertion:
            yield where, assertion
            yield from endorsements.within_achievement(assertion.get("achievement"), f"{where}.achievement")
    for where, achievement in pieces["achievements"]:
        yield from endorsements.within_achievement(achievement, where)


_TAKEN = {
    "id, with achievement.issuer.id": "identity of the award",
    "issuedOn": "day of the award",
    "startDate": "start of validity",
    "endDate (or expires)": "expiry",
    "revoked, verification.type, issuer.revocationList": "status: revoked, or unknown",
    "evidence: id, name, narrative, description": "evidence",
    "achievement: id, name, description, requirement.narrative": "achievement",
    "achievement.issuer: id (else url), name": "issuer",
    "achievement.alignments: targetUrl, targetName, educationalFramework": "competencies",
    "achievement.associations: associationType, targetId": "related achievements; parts lend to their whole",
    "rubricCriterionLevels: points, else level": "the order of the levels, as of an Open Badge 3.0",
    "results: achievedLevel, value; resultDescriptions": "level; one that was not passed is no award",
    "endorsements, signedEndorsements": "endorsements",
}

FORMAT = DocumentFormat(
    name=marked("CLR 1.0"),
    recognised_by="is a `CLR`, or has a `learner` with assertions or achievements",
    taken={
        "learner: id, email, url": "whose awards they are",
        "assertions": "awards; see CLR 1.0 assertion",
        "signedAssertions (tokens)": "awards; see CLR 1.0 assertion",
        "achievements": "achievements that nobody is awarded",
        "publisher: id, name": "issuer of achievements that name none",
        "revoked": "the record is refused",
    },
    recognises=recognises,
    read=read,
)

ASSERTION = DocumentFormat(
    name=marked("CLR 1.0 assertion"),
    recognised_by="has an `achievement` and a `recipient`, `issuedOn` or `revoked`",
    taken={"recipient (id, email, url; not hashed)": "whose award it is", **_TAKEN},
    recognises=recognises_assertion,
    read=read_assertion,
)
