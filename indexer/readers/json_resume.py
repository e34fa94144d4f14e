"""Reads a résumé in JSON Resume (jsonresume.org, schema 1.0).

A résumé is its writer's own word throughout: a certificate in it names an issuer, and the issuer said nothing
that we hold. Every award read from it is a claim, whoever is named. What is taken, by the schema's names:

    candidate    basics.name; basics.email and basics.url are identifiers; basics.location.countryCode and
                 region as `CA-ON`; languages[].language where the name can mean only one language
    certificates name; issuer; date as the day of issue; url as evidence
    skills       name, and each of keywords, as competencies; level as its label (JSON Resume has no scale)

A claim has no credential id, and its achievement no key, whatever address is stated: by those it could take
the place of the real credential, or change for everybody what a real achievement stands for. A date of a year
or month alone is read as its first day (`dates.py`): a certificate never looks fresher than it is. Dates in
words, as "May 2022", are read as in tables. An entry in which nothing is filled in is passed over.

Not taken: basics.image, phone, summary, address and profiles; work, volunteer, education, awards,
publications, projects, interests, references. None of them is a certificate by the schema's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from indexer.readers.dates import first_day, parse_date
from indexer.readers.entries import (
    Found,
    Stated,
    Written,
    alone,
    award_of,
    check_number,
    read_part,
    read_person,
    read_section,
    with_awards,
)
from indexer.readers.formats import Context, Document, DocumentFormat, Record, under
from indexer.readers.json_text import shown
from indexer.readers.languages import language_code
from indexer.readers.parts import Many, Part
from indexer.readers.shape import read_label
from matcher.errors import InvalidInput
from matcher.messages import Said, marked, said
from matcher.records import Notice, Rejected

_SHOWN = 3
_ISO = re.compile(r"\d{4}-\d")


class _Location(Part):
    region: str | None = None
    country_code: str | None = None


class _Basics(Part):
    name: str | None = None
    email: str | None = None
    url: str | None = None
    location: _Location | None = None


class _Certificate(Part):
    name: str | None = None
    date: Written = None
    issuer: str | None = None
    url: str | None = None


class _Skill(Part):
    name: str | None = None
    level: Written = None
    keywords: Many[object] = None


_PERSON = {
    "name": "basics.name",
    "email": "basics.email",
    "identifiers": "basics.email",
    "region": "basics.location.region",
}
_CERTIFICATE = {
    "achievement.name": "name",
    "achievement.issuer": "issuer",
    "issued": "date",
    "evidence": "url",
}


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The person with their claims, then what was wrong in an entry, or not taken.

    Raises InvalidInput where nothing says whose the résumé is, or where that is wrong.
    """
    basics = read_part(_Basics, document.get("basics") or {}, under(at, "basics"))
    languages, unclear = _languages(document.get("languages"))
    shape = {
        "name": basics.name,
        "email": basics.email,
        "region": _region(basics.location),
        "languages": languages,
        "identifiers": [text for text in (basics.email, basics.url) if text and text.strip()],
    }
    record = read_person(shape, _PERSON, at, context)
    stated = {name: value for name in ("name", "email", "url") if (value := getattr(basics, name))}
    yield from with_awards(record, _entries(document, {"basics": stated}, at, context))
    if read_as := _partial_dates(document.get("certificates"), at, context.dates):
        yield Notice(context.file, context.line, read_as)
    if unclear:
        text = said(
            "%(place)s: %(names)s could not be told to be a language; not taken",
            place=under(at, "languages"),
            names=tuple(unclear),
        )
        yield Notice(context.file, context.line, text)


def _entries(document: Document, whose: Mapping[str, Any], at: str, context: Context) -> Iterator[Found]:
    for section, read_entry in (("certificates", _certificate), ("skills", _skill)):
        yield from read_section(
            document.get(section),
            under(at, section),
            context,
            partial(read_entry, context=context),
            partial(alone, section=section, whose=whose),
        )


def _is_blank(entry: object) -> bool:
    """Whether an entry is there to be filled in, as in a form for résumés."""
    return isinstance(entry, dict) and bool(entry) and not any(entry.values())


def _day(text: str, order: str) -> tuple[str | None, bool]:
    """The first day of a date, and whether a year or a month alone was stated. Raises InvalidInput."""
    first = first_day(text)
    if not text or first != text or _ISO.match(text):
        return first or None, first != text
    stated = parse_date(text, order)
    return (stated.first, stated.first != stated.last) if stated else (None, False)


def _partial_dates(certificates: object, at: str, order: str) -> Said | None:
    """How the dates of certificates that are a year or a month alone were read; None where there are none."""
    found: list[str] = []
    for number, one in enumerate(certificates if isinstance(certificates, list) else []):
        text = str(one.get("date") or "").strip() if isinstance(one, Mapping) else ""
        try:
            first, is_partial = _day(text, order)
        except InvalidInput:  # and refused
            continue
        if is_partial:
            found.append(f"{under(at, 'certificates')}[{number}].date {text} = {first}")
    if not found:
        return None
    more = f" (+{len(found) - _SHOWN})" if len(found) > _SHOWN else ""
    return said(
        "a date of a year or a month alone is read as its first day: %(dates)s",
        dates=", ".join(found[:_SHOWN]) + more,
    )


def _certificate(entry: object, at: str, *, context: Context) -> Iterator[Found]:
    if _is_blank(entry):
        return
    certificate = read_part(_Certificate, entry, at)
    try:
        issued, _ = _day((certificate.date or "").strip(), context.dates)
    except InvalidInput as error:
        raise InvalidInput(error.reason, where=under(at, "date")) from error
    shape = {
        "achievement": {"name": certificate.name, "issuer": {"name": certificate.issuer}},
        "issued": issued,
        "evidence": [certificate.url] if certificate.url else [],
        "claimed": True,
    }
    yield award_of(Stated(shape, _CERTIFICATE), context, at)


def _skill(entry: object, at: str, *, context: Context) -> Iterator[Found]:
    """A skill with its keywords as competencies; a keyword that is none is refused alone."""
    if _is_blank(entry):
        return
    skill = read_part(_Skill, entry, at)
    named: dict[str, str] = {}
    check_number(len(skill.keywords or ()), context.limits.competencies, under(at, "keywords"))
    for number, keyword in enumerate(skill.keywords or ()):
        field = f"keywords[{number}]"
        try:
            named[field] = read_label(keyword, under(at, field))
        except InvalidInput as error:
            yield Rejected(context.file, context.line, error.where, error.reason, "")
    named = {field: text for field, text in named.items() if text}
    name = skill.name or ", ".join(named.values())
    if skill.name and skill.name.strip():
        named = {"name": skill.name, **named}
    shape = {
        "achievement": {"name": name, "competencies": [{"label": text} for text in named.values()]},
        "level": {"label": skill.level},
        "claimed": True,
    }
    places = {"achievement.name": "name", "achievement.competencies": "keywords", "level": "level"}
    places |= {f"achievement.competencies[{number}]": field for number, field in enumerate(named)}
    yield award_of(Stated(shape, places), context, at)


def _region(location: _Location | None) -> str | None:
    """`CA-ON`, as ISO 3166-2 writes it, where country and region are stated; else the one that is."""
    if location is None:
        return None
    country, region = (location.country_code or "").strip(), (location.region or "").strip()
    if not (country and region) or region.casefold().startswith(f"{country}-".casefold()):
        return region or country
    return f"{country}-{region}"


def _languages(stated: object) -> tuple[list[str], list[str]]:
    """The codes of the languages that are stated, and those that are none, as messages show them."""
    codes: list[str] = []
    unclear: list[str] = []
    for entry in stated if isinstance(stated, list) else [] if stated is None else [stated]:
        name = (entry.get("language") if isinstance(entry, Mapping) else entry) or None
        code = language_code(name)
        if code:
            codes.append(code)
        elif name is not None and len(unclear) < _SHOWN:
            unclear.append(shown(name))
    return list(dict.fromkeys(codes))[:50], unclear


def _recognises(document: Mapping[str, Any]) -> bool:
    schema = document.get("$schema")
    named = isinstance(schema, str) and ("jsonresume" in schema or "resume-schema" in schema)
    return named or ("basics" in document and "credentialSubject" not in document)


FORMAT = DocumentFormat(
    name=marked("JSON Resume"),
    recognised_by="has `basics`, or a `$schema` of JSON Resume",
    taken={
        "basics.name": "the candidate's name",
        "basics.email": "the candidate's e-mail address, and an identifier",
        "basics.url": "an identifier of the candidate",
        "basics.location.countryCode, region": "the candidate's region",
        "languages[].language": "the candidate's languages, where the name is clear",
        "certificates[].name, issuer": "a claimed award's achievement and issuer",
        "certificates[].date": "when it was issued; a year or month is its first day",
        "certificates[].url": "evidence",
        "skills[].name, keywords": "a claimed award, with a competency for each",
        "skills[].level": "its level, by name",
    },
    recognises=_recognises,
    read=read,
)
