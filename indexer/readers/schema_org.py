"""Reads schema.org's EducationalOccupationalCredential in JSON-LD: in a Person's hasCredential, or alone.

Whose word it is. schema.org has no proof and no issuer of a statement: what a page says is the word of
whoever wrote it, and `recognizedBy`, `publisher` or `sdPublisher` in it are their word too. Therefore a
person's credentials are claims, whatever organisation they name; and a claim has no credential id, and its
achievement no key where it says what that is (see `json_resume.py`). A credential alone is an offer, which
nobody holds: an achievement; where the file is said to be about a candidate, it is a claim of theirs.

What is taken, by the names of schema.org (with the prefix `schema:`, its address, or without either):

    candidate    name; email; @id and url where they are addresses; knowsLanguage where it is clear
    achievement  @id, else url, as key; name, else credentialCategory; description; the first of recognizedBy,
                 issuedBy, publisher, sourceOrganization as issuer (name, @id or url)
    competencies competencyRequired: an address, a text (several with ; or | or a line end between them, while
                 a comma may be part of a name), or a DefinedTerm (@id or url; name, else termCode;
                 inDefinedTermSet)
    award        dateCreated, else datePublished, as day of issue; validFrom; expires, else validUntil, else
                 the day before validFor has passed since validFrom or the day of issue; educationalLevel as
                 the level's name

A date of a year or month alone is read as `dates.py` says.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from indexer.readers.dates import first_day, last_day
from indexer.readers.entries import Found as Read
from indexer.readers.entries import (
    Stated,
    achievement_of,
    award_of,
    check_number,
    object_of,
    read_person,
    read_section,
    with_awards,
)
from indexer.readers.formats import Context, Document, DocumentFormat, Record, under
from indexer.readers.json_text import encode, shown
from indexer.readers.languages import language_code
from indexer.readers.linked_data import Found, Graph, Vocabulary, each, graph_of, id_of, strays, text_of
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Notice, Rejected

_SCHEMA = Vocabulary(("schema:", "https://schema.org/", "http://schema.org/", ""))
_NAMED = Vocabulary(_SCHEMA.prefixes[:-1])
_CREDENTIAL = "EducationalOccupationalCredential"
_ISSUERS = ("recognizedBy", "issuedBy", "publisher", "sourceOrganization")
_WHOSE = ("@context", "@id", "id", "@type", "type")
_PERSON = ("name", "email", "url")
_BETWEEN = re.compile(r"[;|\n]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S{1,980}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DURATION = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?")


@dataclass(frozen=True, slots=True)
class _Page:
    """A document, its `@context` as it stands, and what is known beside it."""

    graph: Graph
    stated_context: object
    context: Context


def read(document: Document, at: str, context: Context) -> Iterator[Record]:
    """The people of the document with what they claim, then what is only offered, and what is bad."""
    graph = _graph(document, at, context.limits.values)
    yield from strays(document, at, context)
    page = _Page(graph, document.get("@context"), context)
    people = [(where, node) for where, node in graph.nodes if "Person" in _SCHEMA.types(node)]
    held: set[int] = set()
    for where, person in people:
        held |= {id(node) for node in _referred(person, where, graph)}
    offers = [
        (where, node)
        for where, node in graph.nodes
        if _CREDENTIAL in _SCHEMA.types(node) and id(node) not in held
    ]
    check_number(len(people) + len(offers), context.limits.parts, under(at, "@graph"))
    for number, (where, node) in enumerate([*people, *offers]):
        read_node = _person if number < len(people) else _offer
        try:
            yield from read_node(node, where, page)
        except InvalidInput as error:
            raw = encode({"@context": page.stated_context, **node})
            yield Rejected(context.file, context.line, error.where or where, error.reason, raw)


def _graph(document: Document, at: str, most: int) -> Graph:
    """The nodes of the document; of a page about somebody, what it is about."""
    place, entity = _SCHEMA.find(document, at, "mainEntity")
    if isinstance(entity, dict) and "@graph" not in document:
        return graph_of(entity, place, most)
    return graph_of(document, at, most)


def _referred(person: Document, at: str, graph: Graph) -> Iterator[Document]:
    """The nodes of the graph that a person's credentials refer to."""
    for _, one in each(_SCHEMA.find(person, at, "hasCredential")):
        if id_of(one) in graph.by_id:
            yield graph.by_id[id_of(one)][1]


def _person(person: Document, at: str, page: _Page) -> Iterator[Record]:
    graph, context = page.graph, page.context
    place, credentials = _SCHEMA.find(person, at, "hasCredential")
    if credentials is None:
        text = said(
            "%(place)s: a person without a credential; nothing to import", place=under(at, "hasCredential")
        )
        yield Notice(context.file, context.line, text)
        return
    emails = [text.strip().removeprefix("mailto:") for _, text in _texts(person, at, "email")]
    addresses = [id_of(person), *(text for _, text in _texts(person, at, "url"))]
    name_at = _SCHEMA.find(person, at, "name")
    shape = {
        "name": text_of(name_at),
        "email": next(iter(emails), None),
        "languages": _languages(person, at),
        "identifiers": [*filter(None, emails), *filter(_URI.fullmatch, map(str.strip, addresses))],
    }
    email_at = _SCHEMA.find(person, at, "email")[0]
    places = {"name": name_at[0], "email": email_at, "identifiers": email_at}
    record = read_person(shape, places, "", context)
    field = place.removeprefix(at).removeprefix(".")
    whose = {name: value for name, value in person.items() if name in _WHOSE or _is_who(name)}

    def alone(entry: object) -> object:
        return {"@context": page.stated_context, **whose, field: [entry]}

    read_entry = partial(_claim, graph=graph, context=context)
    yield from with_awards(record, read_section(credentials, place, context, read_entry, alone))


def _is_who(name: str) -> bool:
    return any(name == prefix + one for prefix in _SCHEMA.prefixes for one in _PERSON)


def _texts(node: Document, at: str, name: str) -> Iterator[tuple[str, str]]:
    for place, one in each(_SCHEMA.find(node, at, name)):
        text = id_of(one) if isinstance(one, dict) else one
        if not isinstance(text, str):
            raise InvalidInput(said("%(value)s is not text", value=shown(one)), where=place)
        yield place, text


def _languages(person: Document, at: str) -> list[str]:
    codes = []
    for place, one in each(_SCHEMA.find(person, at, "knowsLanguage")):
        names = [one]
        if isinstance(one, dict):
            names = [_SCHEMA.find(one, place, field)[1] for field in ("alternateName", "name")]
        codes += [code for name in names if (code := language_code(name))][:1]
    return list(dict.fromkeys(codes))[:50]


def _claim(entry: object, at: str, *, graph: Graph, context: Context) -> Iterator[Read]:
    where, node = graph.resolved((at, entry))
    types = sorted(_SCHEMA.types(node)) if isinstance(node, dict) else []
    if types and _CREDENTIAL not in types:
        raise InvalidInput(
            said("is %(type)s, not %(kind)s", type=tuple(map(shown, types)), kind=shown(_CREDENTIAL)),
            where=where,
        )
    stated = _stated(entry, at, graph)
    achievement = stated.shape["achievement"]
    if achievement["name"] or achievement["competencies"]:
        achievement = {**achievement, "key": None}
    claim = {**stated.shape, "achievement": achievement, "claimed": True}
    yield award_of(Stated(claim, stated.places), context, "")


def _offer(node: Document, at: str, page: _Page) -> Iterator[Record]:
    graph, context = page.graph, page.context
    if context.candidate:
        person = read_person({"identifiers": []}, {}, at, context)
        yield from with_awards(person, _claim(node, at, graph=graph, context=context))
    else:
        yield achievement_of(_stated(node, at, graph), context, "")


def _stated(entry: object, at: str, graph: Graph) -> Stated:
    """The award that a credential at the JSON path `at` states."""
    at, entry = graph.resolved((at, entry))
    if isinstance(entry, str):
        named = "key" if _URI.fullmatch(entry.strip()) else "name"
        achievement: dict[str, Any] = {"key": None, "name": None, "competencies": [], named: entry}
        return Stated({"achievement": achievement}, {"achievement": at})
    node = object_of(entry, at)
    if len(node) == 1 and id_of(node) and not _URI.fullmatch(id_of(node)):
        reason = said("refers to %(address)s, which is not in the document", address=shown(id_of(node)))
        raise InvalidInput(reason, where=at)
    competencies = [
        (place, competency)
        for place, one in each(_SCHEMA.find(node, at, "competencyRequired"))
        for competency in _competencies(*graph.resolved((place, one)))
    ]
    find = partial(_SCHEMA.find, node, at)
    key_at, key = (under(at, "@id"), id_of(node)) if id_of(node) else find("url")
    name_at, name = _term(find("name", "credentialCategory"))
    issuer_at, issuer = next(each(find(*_ISSUERS)), find(*_ISSUERS))
    dates, date_places = _dates(node, at)
    level_at, level = _term(find("educationalLevel"))
    shape = {
        "achievement": {
            # One like "#badge" says what it is on its own page only: other pages have one too.
            "key": None if isinstance(key, str) and not _URI.fullmatch(key.strip()) else key,
            "name": name,
            "description": text_of(find("description")),
            "issuer": _issuer(graph.resolved((issuer_at, issuer))),
            "competencies": [competency for _, competency in competencies],
        },
        "level": {"label": level},
        **dates,
    }
    places = {
        "achievement": at,
        "achievement.key": key_at,
        "achievement.name": name_at,
        "achievement.description": find("description")[0],
        "achievement.issuer": issuer_at,
        "level": level_at,
        **date_places,
        **{f"achievement.competencies[{n}]": place for n, (place, _) in enumerate(competencies)},
    }
    return Stated(shape, places)


def _term(found: Found) -> tuple[str, str | None]:
    """The text that a property states, or the name or code of the DefinedTerm that it points to."""
    place, one = next(each(found), found)
    if isinstance(one, dict):
        term = _SCHEMA.find(one, place, "name", "termCode")
        if term[1] is not None:
            return place, text_of(term)
    return place, text_of((place, one))


def _issuer(found: Found) -> dict[str, Any]:
    place, issuer = found
    if issuer is None:
        return {}
    if isinstance(issuer, str):
        return {"url" if _URI.fullmatch(issuer.strip()) else "name": issuer}
    node = object_of(issuer, place)
    id_, url = id_of(node), _SCHEMA.find(node, place, "url")
    address = id_ if _URI.fullmatch(id_) else text_of(url)
    return {"name": text_of(_SCHEMA.find(node, place, "name")), "url": address}


def _competencies(at: str, value: object) -> Iterator[dict[str, Any]]:
    """What a value of competencyRequired names: of a text several, but not at commas, which names have."""
    if not isinstance(value, str):
        yield _defined(at, value)
    elif _URI.fullmatch(value.strip()):
        yield {"uri": value}
    else:
        yield from ({"label": text} for text in map(str.strip, _BETWEEN.split(value)) if text)


def _defined(at: str, value: object) -> dict[str, Any]:
    node = object_of(value, at)
    id_, url = id_of(node), text_of(_SCHEMA.find(node, at, "url"))
    place, framework = next(each(_SCHEMA.find(node, at, "inDefinedTermSet")), (at, None))
    if isinstance(framework, dict):
        framework = text_of(_SCHEMA.find(framework, place, "name")) or id_of(framework)
    return {
        "uri": id_ if _URI.fullmatch(id_) else url,
        "label": text_of(_SCHEMA.find(node, at, "name", "termCode")),
        "framework": framework,
    }


def _dates(node: Document, at: str) -> tuple[dict[str, str | None], dict[str, str]]:
    """The dates that a credential states, in our shape, and where."""
    issued_at, issued = _text(node, at, "dateCreated", "datePublished")
    from_at, valid_from = _text(node, at, "validFrom")
    until_at, until = _text(node, at, "expires", "validUntil")
    for_at, duration = _text(node, at, "validFor")
    start = first_day(valid_from or issued)
    if not until and duration and start:
        until_at, until = for_at, _end(start, duration, for_at)
    dates = {"issued": first_day(issued), "valid_from": last_day(valid_from), "expires": first_day(until)}
    return dates, {"issued": issued_at, "valid_from": from_at, "expires": until_at}


def _text(node: Document, at: str, *names: str) -> tuple[str, str | None]:
    place, value = _SCHEMA.find(node, at, *names)
    if isinstance(value, int) and not isinstance(value, bool):  # a year
        return place, str(value)
    return place, text_of((place, value))


def _end(start: str, duration: str, at: str) -> str | None:
    """The day before `duration` (ISO 8601: years, months, weeks, days) has passed since the day `start`.

    None where `start` is no date, which is said of it elsewhere, or the end lies beyond the calendar.
    """
    match = _DURATION.fullmatch(duration.strip())
    if not match:
        reason = said(
            "%(value)s is not a duration of years, months, weeks and days (such as P3Y)",
            value=shown(duration),
        )
        raise InvalidInput(reason, where=at)
    years, months, weeks, days = (int(figure or 0) for figure in match.groups())
    try:
        first = date.fromisoformat(start.strip()[:10])
        year, month = divmod(first.year * 12 + first.month - 1 + years * 12 + months, 12)
        day = min(first.day, monthrange(year, month + 1)[1])
        end = date(year, month + 1, day) + timedelta(days=weeks * 7 + days - 1)
    except (ValueError, OverflowError):
        return None
    return end.isoformat()


def _recognises(document: Mapping[str, Any]) -> bool:
    if "credentialSubject" in document:
        return False
    ours = any("schema.org" in str(one) for _, one in each(("", document.get("@context"))))
    vocabulary = _SCHEMA if ours else _NAMED
    nodes = _graph(document, "", 0).nodes
    return any(not vocabulary.types(node).isdisjoint({"Person", _CREDENTIAL}) for _, node in nodes)


FORMAT = DocumentFormat(
    name=marked("schema.org"),
    recognised_by="has a `Person` or an `EducationalOccupationalCredential` of schema.org",
    taken={
        "Person.name": "the candidate's name",
        "Person.email": "the candidate's e-mail address, and an identifier",
        "Person.@id, url": "identifiers of the candidate",
        "Person.knowsLanguage": "the candidate's languages, where the name is clear",
        "Person.hasCredential": "claimed awards; a credential alone is an achievement",
        "@id, else url": "the achievement's key; of a claim only where nothing else says what it is",
        "name, else credentialCategory; description": "the achievement's name and description",
        "recognizedBy, issuedBy, publisher, sourceOrganization": "the issuer: the first that is stated",
        "competencyRequired": "competencies; a text is several where ; or | stands between, not at a comma",
        "dateCreated, else datePublished": "when it was issued",
        "validFrom; expires, else validUntil, else validFor": "from when and until when it holds",
        "educationalLevel": "its level, by name",
    },
    recognises=_recognises,
    read=read,
)
