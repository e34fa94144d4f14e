"""The shape of a candidate as JSON, in which files and requests give one, and its rules.

    {"candidate": {"key", "name", "email", "region", "languages": [], "identifiers": []},
     "awards": [{"key",
                 "achievement": {"key", "name", "description", "issuer": {"name", "url"},
                                 "competencies": [{"uri", "label", "framework", "kind"}],
                                 "related": [{"type", "key"}]},
                 "issued", "valid_from", "expires", "status", "level": {"value", "label"}, "evidence": [],
                 "claimed", "credential_status": {}, "refresh_service": {}}],
     "applied_to": []}

Required are `candidate.key`, unless `identifiers` (e-mail addresses, DIDs, URLs) say who it is, and of each
award its achievement's name or key; null says the same as leaving out. `status` is active (also where not
stated), suspended, revoked or unknown; `claimed` is true for the candidate's own word, with no issuer behind
it; `credential_status` and `refresh_service` are kept as they stand, for whoever checks; `kind` is skill
(also where not stated), knowledge or attribute; `level.value` is 0 to 1. A date is `2026-01-31`, or a date
and time `2026-01-31T09:30:00-05:00`: without a time it means the whole day, without an offset the
organisation's time zone. Keys are trimmed, at most 500 characters, without control characters; the other
maxima stand with the fields, in `shape_fields.py`. A field that is not listed is refused, because it is most
often a misspelt one; fields whose name begins with `x-`, and `@context`, are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from indexer.readers.damaged_json import Damaged
from indexer.readers.formats import Context
from indexer.readers.json_text import encode, shown
from indexer.readers.problems import problem
from indexer.readers.shape_fields import (
    FIELDS,
    LABEL,
    StatedAchievement,
    StatedAward,
    StatedCandidate,
    StatedCompetency,
)
from matcher.errors import InvalidInput
from matcher.messages import Said, said
from matcher.moments import first_moment, last_moment
from matcher.records import (
    UNITS,
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    CompetencyRef,
    IssuerRef,
    Kind,
    RelatedRef,
    Status,
)

_EARLIEST_YEAR = 1900
_NEVER = "9999-12-31"
"""What systems write for "never": the last day that there is."""

_LATEST = 253_402_300_799
"""Its last second in UTC: there is no date for a later moment."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d.*)?")
_STATUSES = {status.value: status for status in Status}
_KINDS = {kind.value: kind for kind in Kind}
_Read = Callable[[str, ZoneInfo], int]
_LONGEST_REMEMBERED = 5_000  # bytes of an achievement's JSON
_LONGEST_KEPT = 10_000  # characters of what is kept as it stands
_MOST_FIELDS = 1_000  # of one object
_DEEPEST = 8  # levels of objects and lists that the shape has, and some


def parse_candidate(body: object, context: Context) -> CandidateRecord:
    """The candidate that `body`, decoded JSON in the shape above, describes.

    Of `context` the organisation's time zone and the limits count, here and below. Raises InvalidInput with
    the JSON path of the first thing that is wrong.
    """
    record, refused = read_candidate(without_extensions(body), context)
    if refused:
        raise refused.pop(0)[1]
    return record


def read_candidate(
    body: object, context: Context
) -> tuple[CandidateRecord, list[tuple[object, InvalidInput]]]:
    """The candidate with the awards that are good, and each bad award (as it stood) with what is wrong.

    Raises InvalidInput with the JSON path where the candidate itself is wrong.
    """
    try:
        stated = StatedCandidate.model_validate(body)
    except ValidationError as error:
        raise problem(error, FIELDS) from error
    person = stated.candidate
    if not (person.key or person.identifiers):
        raise InvalidInput(
            said("is missing") if person.key is None else said("is empty"), where="candidate.key"
        )
    awards: list[AwardRecord] = []
    refused: list[tuple[object, InvalidInput]] = []
    for number, award in enumerate(stated.awards or ()):
        if isinstance(award, Damaged):  # is refused already
            continue
        try:
            awards.append(read_award(award, context, f"awards[{number}]"))
        except InvalidInput as error:
            # Not the one that was raised: it knows this frame, whose list would know it, and both would stay.
            refused.append((award, InvalidInput(error.reason, where=error.where)))
    record = CandidateRecord(
        key=person.key or "",
        name=person.name or "",
        email=person.email or "",
        region=person.region or "",
        languages=tuple(dict.fromkeys(person.languages or ())),
        awards=tuple(awards),
        applied_to=tuple(dict.fromkeys(stated.applied_to or ())),
        identifiers=tuple(dict.fromkeys(filter(None, person.identifiers or ()))),
    )
    return record, refused


def read_award(body: object, context: Context, at: str) -> AwardRecord:
    """The award that `body`, one entry of `awards`, describes; `at` is its JSON path.

    Raises InvalidInput with the JSON path of what is wrong.
    """
    try:
        stated = StatedAward.model_validate(body)
    except ValidationError as error:
        raise problem(error, FIELDS, at) from error
    level, zone = stated.level, context.zone
    award = AwardRecord(
        achievement=read_achievement(stated.achievement, f"{at}.achievement", context),
        key=stated.key or "",
        issued=read_moment(stated.issued, zone, f"{at}.issued"),
        valid_from=read_moment(stated.valid_from, zone, f"{at}.valid_from"),
        expires=read_moment(stated.expires, zone, f"{at}.expires", last_moment),
        status=_STATUSES[stated.status or "active"],
        level=None if level is None or level.value is None else round(level.value * UNITS),
        level_label="" if level is None else level.label or "",
        evidence=tuple(filter(None, stated.evidence or ())),
        claimed=stated.claimed,
        credential_status=_kept(stated.credential_status, f"{at}.credential_status"),
        refresh_service=_kept(stated.refresh_service, f"{at}.refresh_service"),
    )
    _check_order(award, stated, at)
    return award


def in_its_words(reason: Said, called: Callable[[str], str]) -> Said:
    """`reason`, with the field of an award that it names called as the document calls it."""
    field = reason.values.get("field")
    return (
        said(reason.template, **{**reason.values, "field": called(field)})
        if isinstance(field, str)
        else reason
    )


def read_label(value: object, at: str) -> str:
    """The label of a competency. Raises InvalidInput with `at` as its place."""
    try:
        return LABEL.validate_python(value)
    except ValidationError as error:
        raise problem(error, (), at) from error


def about(candidate: str, record: CandidateRecord) -> CandidateRecord:
    """`record` as one about `candidate` (a key, or "" for anybody), of whom a whole file is said to be.

    Raises InvalidInput where it is about another.
    """
    if not candidate or record.key == candidate:
        return record
    if record.key:
        reason = said(
            "%(key)s is not %(candidate)s, whose the file should be",
            key=shown(record.key),
            candidate=shown(candidate),
        )
        raise InvalidInput(reason, where="candidate.key")
    return replace(record, key=candidate)


def without_extensions(body: Any, depth: int = _DEEPEST) -> Any:
    """`body` without the fields that others may add: `@context`, and names that begin with `x-`.

    Raises InvalidInput where an object has very many: each that is not known would be found fault with.
    """
    if depth and isinstance(body, dict):
        if len(body) > _MOST_FIELDS:
            reason = said("an object has %(number)s fields, far more than are known", number=f"{len(body):,}")
            raise InvalidInput(reason)
        return {
            key: without_extensions(value, depth - 1)
            for key, value in body.items()
            if key != "@context" and not str(key).startswith("x-")
        }
    if depth and isinstance(body, list):
        return [without_extensions(value, depth - 1) for value in body]
    return body


def read_achievement(body: object, at: str, context: Context) -> AchievementRecord:
    """The achievement that `body`, an award's `achievement`, describes; `at` is its JSON path.

    Raises InvalidInput with the JSON path of what is wrong.
    """
    try:
        text = to_json(body)
        read = _read_achievement if len(text) <= _LONGEST_REMEMBERED else _read_achievement.__wrapped__
        return read(text, context.limits.competencies)
    except ValidationError as error:
        raise problem(error, FIELDS, at) from error
    except PydanticSerializationError as error:
        raise _not_json(body, at, context.limits.competencies) from error
    except InvalidInput as error:
        raise InvalidInput(error.reason, where=f"{at}{error.where}") from error


def _not_json(body: object, at: str, most: int) -> InvalidInput:
    """What is wrong with an achievement that is no JSON: half of a surrogate pair, or deep nesting."""
    try:
        StatedAchievement.model_validate(body, context=most)
    except ValidationError as error:
        return problem(error, FIELDS, at)
    return InvalidInput(said("has half of a surrogate pair, or is nested too deeply"), where=at)


@lru_cache(maxsize=5_000)
def _read_achievement(text: bytes, most: int) -> AchievementRecord:
    """The achievement that a JSON text states, with at most so many competencies and relations.

    Kept, because thousands of awards state the same one.
    """
    stated = StatedAchievement.model_validate_json(text, context=most)
    if not (stated.name or stated.key):
        raise InvalidInput(said("needs a name or a key"))
    issuer = stated.issuer
    return AchievementRecord(
        name=stated.name or "",
        key=stated.key or "",
        description=stated.description or "",
        issuer=IssuerRef() if issuer is None else IssuerRef(issuer.name or "", issuer.url or ""),
        competencies=tuple(_competencies(stated.competencies or ())),
        related=tuple(RelatedRef(related.type, related.key) for related in stated.related or ()),
    )


def _kept(value: object, at: str) -> str:
    """A value that is kept as it stands, as JSON text; empty where nothing is stated."""
    text = "" if value is None else encode(value)
    if len(text) > _LONGEST_KEPT:
        raise InvalidInput(said("has more than %(most)s characters", most=_LONGEST_KEPT), where=at)
    return text


def _competencies(stated: Iterable[StatedCompetency]) -> Iterator[CompetencyRef]:
    for number, competency in enumerate(stated):
        if not (competency.uri or competency.label):
            raise InvalidInput(said("needs a URI or a label"), where=f".competencies[{number}]")
        yield CompetencyRef(
            competency.label or "",
            competency.uri or "",
            competency.framework or "",
            _KINDS[competency.kind or "skill"],
        )


def read_moment(text: str | None, zone: ZoneInfo, at: str, read: _Read = first_moment) -> int | None:
    """The moment that a date, or a date and time, starts at; with `last_moment` the last that it includes.

    None where nothing is stated. Raises InvalidInput, with `at` as its place, for what is no date.
    """
    if not text:
        return None
    try:
        return _read(text, zone, read)
    except ValueError as error:
        raise InvalidInput(said("%(value)s is not a date", value=shown(text)), where=at) from error


@lru_cache(maxsize=50_000)
def _read(text: str, zone: ZoneInfo, read: _Read) -> int:
    if not _DATE.fullmatch(text) or int(text[:4]) < _EARLIEST_YEAR:
        raise ValueError
    return min(read(text, zone), last_moment(_NEVER, zone), _LATEST)


def _check_order(award: AwardRecord, stated: StatedAward, at: str) -> None:
    if award.expires is None:
        return
    for name, start in (("issued", award.issued), ("valid_from", award.valid_from)):
        if start is None or award.expires > start:
            continue
        if award.expires == start:
            reason = said(
                '%(expires)s is "%(field)s" as well: it would never be valid',
                expires=shown(stated.expires),
                field=name,
            )
        else:
            reason = said(
                '%(expires)s is before "%(field)s", %(start)s',
                expires=shown(stated.expires),
                field=name,
                start=shown(getattr(stated, name)),
            )
        raise InvalidInput(reason, where=f"{at}.expires")
