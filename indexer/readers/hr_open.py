"""What HR Open's documents say of a person's certifications, licenses, degrees and skills (versions 4.x).

The parts have the same names in a record (`ler_rs.py`) and in a credential of one of them
(`hr_open_credentials.py`): CertificationType, LicenseType, EducationAttendanceType with EducationDegreeType,
and SkillType or PersonCompetencyType.

    certification, license   name; descriptions; issuingAuthority (name, else tradeName; address of its web);
                             issued, else firstIssued; effectiveTimePeriod.validFrom, and validTo, else end;
                             status: suspended and revoked as such, `pending` is no award yet, `expired`
                             without a day is none any more, any word that is not known means unknown
    education degree         name with the names of its specializations; institution; date. Only one that
                             degreeGrantedStatus says to be granted (conferred, awarded, completed): others
                             are studied for, or nobody says that they were given
    skill                    name, else competencyName, as a competency, with the first of competencyIds (or
                             id) that is an address; descriptions; proficiencyLevel: the first numeric score
                             with a maximum, placed between its minimum (else 0) and that, else a text by name

HR Open's dates may be a year or a month alone: see `dates.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator

from indexer.readers.dates import first_day, last_day
from indexer.readers.entries import Stated, Written, read_part
from indexer.readers.formats import under
from indexer.readers.json_text import shown
from indexer.readers.parts import Many, Part
from matcher.messages import Said, marked, said

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S{1,980}")
_GRANTED = {"granted", "conferred", "awarded", "completed", "complete"}
_STATUSES = {"": "active", "active": "active", "suspended": "suspended", "revoked": "revoked"}


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


def _valued(value: object) -> object:
    return {"value": value} if isinstance(value, str) else value


def _scored(value: object) -> object:
    return {"scoresText": [value]} if isinstance(value, str) else value


class _Web(Part):
    url: str | None = None


class _Communication(Part):
    web: Many[_Web] = None


class _Organization(Part):
    name: str | None = None
    trade_name: str | None = None
    communication: _Communication | None = None


class _Id(Part):
    value: str | None = None


class _Period(Part):
    valid_from: Written = None
    valid_to: Written = None


_Named = Annotated[_Organization | None, BeforeValidator(_named)]
_Ids = Many[Annotated[_Id, BeforeValidator(_valued)]]


class _Certification(Part):
    name: str | None = None
    descriptions: Many[str] = None
    status: str | None = None
    issued: Written = None
    first_issued: Written = None
    end: Written = None
    effective_time_period: _Period | None = None
    issuing_authority: _Named = None


class _Specialization(Part):
    name: str | None = None


class _Degree(Part):
    name: str | None = None
    date: Written = None
    degree_granted_status: str | None = None
    specializations: Many[Annotated[_Specialization, BeforeValidator(_named)]] = None


class _Education(Part):
    institution: _Named = None
    education_degrees: Many[_Degree] = None


class _Score(Part):
    value: float | str | None = None
    minimum: float | None = None
    maximum: float | None = None


class _Proficiency(Part):
    scores_numeric: Many[_Score] = None
    scores_text: Many[Annotated[_Score, BeforeValidator(_valued)]] = None


class _Skill(Part):
    name: str | None = None
    competency_name: str | None = None
    descriptions: Many[str] = None
    id: _Ids = None
    competency_ids: _Ids = None
    proficiency_level: Annotated[_Proficiency | None, BeforeValidator(_scored)] = None


Found = tuple[str, Stated | Said]
"""Where something is said, within its entry, and the award that it states, or why it is none."""


def stated(section: str, entry: object, at: str) -> Iterator[Found]:
    """What an entry of a section of `SECTIONS` says, at the JSON path `at`. Raises InvalidInput."""
    yield from SECTIONS[section](entry, at)


def _certifications(entry: object, at: str) -> Iterator[Found]:
    stated = read_part(_Certification, entry, at)
    period = stated.effective_time_period or _Period()
    expires = period.valid_to or stated.end
    status = (stated.status or "").strip().casefold()
    if status == "pending":
        yield "status", said("%(status)s is no award yet", status=shown(stated.status))
        return
    if status == "expired" and not expires:
        template = marked("%(status)s, and no day is stated until which it was valid")
        yield "status", said(template, status=shown(stated.status))
        return
    if status == "expired":
        status = "active"
    shape = {
        "achievement": {
            "name": stated.name,
            "description": "\n".join(stated.descriptions or ()),
            "issuer": _issuer(stated.issuing_authority),
        },
        "issued": first_day(stated.issued or stated.first_issued),
        "valid_from": last_day(period.valid_from),
        "expires": first_day(expires),
        "status": _STATUSES.get(status, "unknown"),
    }
    places = {
        "achievement.name": "name",
        "achievement.description": "descriptions",
        "achievement.issuer": "issuingAuthority",
        "issued": "issued" if stated.issued else "firstIssued",
        "valid_from": "effectiveTimePeriod.validFrom",
        "expires": "effectiveTimePeriod.validTo" if period.valid_to else "end",
    }
    yield "", Stated(shape, places)


def _educations(entry: object, at: str) -> Iterator[Found]:
    stated = read_part(_Education, entry, at)
    several = isinstance(entry, dict) and isinstance(entry.get("educationDegrees"), list)
    for number, degree in enumerate(stated.education_degrees or ()):
        where = f"educationDegrees[{number}]" if several else "educationDegrees"
        if not _granted(degree):
            template = marked("is not said to be granted (degreeGrantedStatus: %(status)s)")
            yield where, said(template, status=shown(degree.degree_granted_status))
            continue
        majors = ", ".join(major.name for major in degree.specializations or () if major.name)
        name = f"{degree.name} ({majors})" if degree.name and majors else degree.name or majors
        shape = {
            "achievement": {"name": name, "issuer": _issuer(stated.institution)},
            "issued": first_day(degree.date),
        }
        places = {
            "achievement": where,
            "achievement.name": f"{where}.name",
            "achievement.issuer": "institution",
            "issued": f"{where}.date",
        }
        yield where, Stated(shape, places)


def _granted(degree: _Degree) -> bool:
    return (degree.degree_granted_status or "").strip().casefold() in _GRANTED


def _skills(entry: object, at: str) -> Iterator[Found]:
    stated = read_part(_Skill, _named(entry), at)
    name = stated.name or stated.competency_name
    ids = (one.value.strip() for one in (*(stated.competency_ids or ()), *(stated.id or ())) if one.value)
    shape = {
        "achievement": {
            "name": name,
            "description": "\n".join(stated.descriptions or ()),
            "competencies": [{"label": name, "uri": next(filter(_URI.fullmatch, ids), None)}],
        },
        "level": _level(stated.proficiency_level),
    }
    name_field = "name" if stated.name else "competencyName"
    places = {
        "achievement.name": name_field,
        "achievement.description": "descriptions",
        "achievement.competencies": name_field,
        "level": "proficiencyLevel",
    }
    yield "", Stated(shape, places)


def _level(stated: _Proficiency | None) -> dict[str, Any] | None:
    """The level as a place on a stated scale, from 0 to 1, or by name only."""
    if stated is None:
        return None
    for score in stated.scores_numeric or ():
        low, high = score.minimum or 0.0, score.maximum
        if isinstance(score.value, float) and high is not None and low < high and low <= score.value <= high:
            return {"value": (score.value - low) / (high - low), "label": f"{score.value:g}"}
    return next(
        ({"label": one.value} for one in stated.scores_text or () if isinstance(one.value, str)), None
    )


def _issuer(stated: _Organization | None) -> dict[str, Any]:
    if stated is None:
        return {}
    web = stated.communication.web if stated.communication else None
    url = next((one.url for one in web or () if one.url), None)
    return {"name": stated.name or stated.trade_name, "url": url}


SECTIONS: dict[str, Callable[[object, str], Iterator[Found]]] = {
    "certifications": _certifications,
    "licenses": _certifications,
    "educationAndLearnings": _educations,
    "skills": _skills,
}
"""The sections of a record that state awards."""


def not_taken(at: str, where: str, reason: Said) -> Said:
    """What a notice says of an entry that states no award."""
    return said("%(place)s: %(reason)s; not taken", place=under(at, where), reason=reason)
