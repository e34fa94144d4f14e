"""Reads an Open Badges 3.0 credential (AchievementCredential, OpenBadgeCredential).

Nothing is fetched and nothing is checked: a proof counts as stated, and the status of a credential that names
a status list is unknown. What is taken, by the names of the specification (1EdTech Open Badges 3.0):

    award        issuer.id and id, trimmed and percent-decoded, are its identity; awardedDate, else
                 issuanceDate, else validFrom; validFrom; validUntil, else expirationDate; evidence
    achievement  id, name, description with criteria.narrative; the credential's issuer
    competencies achievement.alignment: targetName, targetUrl, targetFramework
    level        the first result that states one: an achievedLevel or an allowedValue of rank i of n is i/n
                 (the specification orders both lists from low to high); a number is placed between valueMin
                 (else 0) and valueMax (a Percent: 100), and states nothing where it lies outside
    candidate    credentialSubject.id, and e-mail addresses, DIDs and URLs of credentialSubject.identifier
                 that are not hashed; numbers that only one issuer understands are not taken

Records have no key unless one is given: whose they are, the store finds by their identifiers. A name on a
credential is not taken: a badge does not rename the person that the pool knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from indexer.readers.formats import Context, Document, DocumentFormat, Record, under
from indexer.readers.problems import problem
from indexer.readers.shape import read_award
from matcher.errors import InvalidInput
from matcher.records import CandidateRecord

_LONGEST_IDENTIFIER = 1_000
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S{1,980}")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")
_COMPETENCY = re.compile(r"achievement\.competencies\[(\d+)\](.*)")
_IDENTITIES = {"emailAddress", "did", "url"}
_NO_COMPETENCY = {"ceterms:Credential", "CFRubric", "CFRubricCriterion", "CFRubricCriterionLevel"}


def _listed(value: object) -> object:
    return value if value is None or isinstance(value, list) else [value]


def _single(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _profile(value: object) -> object:
    return {"id": value} if isinstance(value, str) else value


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_ISSUED = ("awarded_date", "issuance_date", "valid_from")
_EXPIRES = ("valid_until", "expiration_date")
_TARGETS = {".uri": ".targetUrl", ".label": ".targetName", ".framework": ".targetFramework"}
_PLACES = {
    "key": "id",
    "valid_from": "validFrom",
    "level.label": "credentialSubject.result",
    "achievement": "credentialSubject.achievement",
    "achievement.key": "credentialSubject.achievement.id",
    "achievement.name": "credentialSubject.achievement.name",
    "achievement.description": "credentialSubject.achievement.description",
    "achievement.issuer.name": "issuer.name",
    "achievement.issuer.url": "issuer.id",
}
_Item = TypeVar("_Item")
_Many = Annotated[list[_Item] | None, BeforeValidator(_listed)]
_Figure = Annotated[str | None, BeforeValidator(_text)]


class _Part(BaseModel):
    # What is not read may be there: documents carry much that is for people or for verifiers.
    model_config = ConfigDict(strict=True, alias_generator=to_camel, allow_inf_nan=False)


class _Alignment(_Part):
    target_name: str | None = None
    target_url: str | None = None
    target_framework: str | None = None
    target_type: str | None = None


class _Rank(_Part):
    id: str | None = None
    name: str | None = None
    level: str | None = None


class _Scale(_Part):
    id: str | None = None
    result_type: str | None = None
    allowed_value: _Many[str] = None
    rubric_criterion_level: _Many[_Rank] = None
    value_min: _Figure = None
    value_max: _Figure = None


class _Criteria(_Part):
    narrative: str | None = None


class _Achievement(_Part):
    id: str | None = None
    name: str | None = None
    description: str | None = None
    criteria: Annotated[_Criteria | None, BeforeValidator(_single)] = None
    alignment: _Many[_Alignment] = None
    result_description: _Many[_Scale] = None


class _Result(_Part):
    achieved_level: str | None = None
    value: _Figure = None
    result_description: str | None = None


class _Identity(_Part):
    identity_hash: str | None = None
    identity_type: str | None = None
    hashed: bool = False


class _Subject(_Part):
    id: str | None = None
    name: str | None = None
    identifier: _Many[_Identity] = None
    achievement: _Achievement
    result: _Many[_Result] = None


class _Issuer(_Part):
    id: str | None = None
    name: str | None = None
    url: str | None = None


class _Evidence(_Part):
    id: str | None = None
    name: str | None = None


class _Credential(_Part):
    id: str | None = None
    issuer: Annotated[_Issuer, BeforeValidator(_profile)]
    awarded_date: str | None = None
    issuance_date: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    expiration_date: str | None = None
    credential_status: Any = None
    credential_subject: Annotated[_Subject, BeforeValidator(_single)]
    evidence: _Many[_Evidence] = None


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The record of a credential. Raises InvalidInput with the JSON path of what is wrong."""
    try:
        credential = _Credential.model_validate(document)
    except ValidationError as error:
        raise problem(error, (), at) from error
    identifiers = tuple(_identifiers(credential.credential_subject))
    if not (context.candidate or identifiers):
        raise InvalidInput("no subject: nothing says whose it is", where=under(at, "credentialSubject.id"))
    try:
        award = read_award(_shape(credential), context.zone, "award")
    except InvalidInput as error:
        where = _place(error.where.removeprefix("award."), credential)
        raise InvalidInput(error.reason, where=under(at, where)) from error
    yield CandidateRecord(key=context.candidate, awards=(award,), identifiers=identifiers)


def _identifiers(subject: _Subject) -> Iterator[str]:
    if subject.id and _URI.fullmatch(subject.id.strip()):
        yield subject.id.strip()
    for identity in subject.identifier or ():
        text = (identity.identity_hash or "").strip()
        if identity.identity_type in _IDENTITIES and text and not identity.hashed:
            yield text[:_LONGEST_IDENTIFIER]


def _shape(credential: _Credential) -> dict[str, Any]:
    """The award in the shape of `shape.py`."""
    achievement, issuer = credential.credential_subject.achievement, credential.issuer
    narrative = achievement.criteria.narrative if achievement.criteria else None
    return {
        "key": unquote(credential.id or ""),
        "achievement": {
            "key": achievement.id,
            "name": achievement.name,
            "description": "\n".join(filter(None, (achievement.description, narrative))),
            "issuer": {"name": issuer.name, "url": unquote(issuer.id or issuer.url or "")},
            "competencies": [
                {"uri": one.target_url, "label": one.target_name, "framework": one.target_framework}
                for _, one in _aligned(achievement)
            ],
        },
        "issued": _first(credential, _ISSUED)[1],
        "valid_from": credential.valid_from,
        "expires": _first(credential, _EXPIRES)[1],
        "status": "active" if credential.credential_status is None else "unknown",
        "level": _level(credential.credential_subject),
        "evidence": [text for one in credential.evidence or () if (text := one.id or one.name)],
    }


def _first(credential: _Credential, fields: Sequence[str]) -> tuple[str, str | None]:
    """The first of `fields` that the credential states, and its value."""
    stated = ((to_camel(field), getattr(credential, field)) for field in fields)
    return next(((field, value) for field, value in stated if value), (to_camel(fields[0]), None))


def _aligned(achievement: _Achievement) -> list[tuple[int, _Alignment]]:
    """The alignments to competencies, each with its number; some point to rubrics or other credentials."""
    return [
        (number, alignment)
        for number, alignment in enumerate(achievement.alignment or ())
        if alignment.target_type not in _NO_COMPETENCY
    ]


def _place(where: str, credential: _Credential) -> str:
    """The JSON path in the credential of a field of the shape."""
    if match := _COMPETENCY.fullmatch(where):
        number, _ = _aligned(credential.credential_subject.achievement)[int(match[1])]
        return f"credentialSubject.achievement.alignment[{number}]{_TARGETS.get(match[2], '')}"
    if where == "issued":
        return _first(credential, _ISSUED)[0]
    if where == "expires":
        return _first(credential, _EXPIRES)[0]
    return _PLACES.get(where, where)


def _level(subject: _Subject) -> dict[str, Any] | None:
    """The level that the results state: `value` from 0 to 1, and its name."""
    scales = subject.achievement.result_description or []
    levels = (_result_level(result, scales) for result in subject.result or ())
    return next((level for level in levels if level is not None), None)


def _result_level(result: _Result, scales: Sequence[_Scale]) -> dict[str, Any] | None:
    if result.achieved_level:
        for rubric in scales:
            ranks = rubric.rubric_criterion_level or []
            for place, rank in enumerate(ranks, start=1):
                if rank.id == result.achieved_level:
                    return {"value": place / len(ranks), "label": rank.level or rank.name}
    scale = next((one for one in scales if one.id and one.id == result.result_description), None)
    if scale is None or result.value is None:
        return None
    value = _placed(result.value, scale)
    return None if value is None else {"value": value, "label": result.value}


def _placed(value: str, scale: _Scale) -> float | None:
    """Where `value` stands on `scale`, from 0 to 1; None where the scale does not say."""
    if scale.allowed_value:
        allowed = scale.allowed_value
        return (allowed.index(value) + 1) / len(allowed) if value in allowed else None
    highest = scale.value_max or ("100" if scale.result_type == "Percent" else "")
    figures = [value, scale.value_min or "0", highest]
    if not all(_NUMBER.fullmatch(figure) for figure in figures):
        return None
    number, low, high = map(float, figures)
    return (number - low) / (high - low) if low <= number <= high and low < high else None


FORMAT = DocumentFormat(
    name="Open Badges 3.0",
    recognised_by="has `credentialSubject` with an `achievement`",
    taken={},
    recognises=lambda document: "credentialSubject" in document,
    read=read,
)
