"""Reads Rich Skill Descriptors (RSD, Open Skills Network) as JSON and as the CSV that OSMT exports.

JSON: one descriptor, a list of them, or a collection (an object whose `skills` are descriptors). CSV: the
Open Skills Management Tool's export of a library or a collection, a row a skill, and the form that its batch
import takes; by whatever case the columns are written in.

    competency   id (CSV: Canonical URL); else uuid, as urn:uuid:; else in CSV the RSD Name within our own
                 framework
    label        skillName (RSD Name); where there is none, skillStatement
    aliases      skillStatement (Skill Statement), beside a name
    description  skillStatement; read for its meaning. The draft's form of three parts is joined
    related      alignments and standards (Alignment URL, Alignment 2 URL, ...): the specification maps them
                 to CTDL-ASN's majorAlignment, "a close but not exact match", and has no other kind in the
                 CSV. Nothing scores by it. JSON that states exactAlignment, broadAlignment or
                 narrowAlignment has them as same, broader and narrower; minorAlignment and
                 prerequisiteAlignment are related
    framework    a collection's name, else the library's, else the author

Keywords and categories help to search and name no competency; occupations, certifications and employers are
none: not taken. What is archived, deleted or a draft is left out, and how many is said. An RSD states no
language; its names are taken as English (where they read as French, the encoder is not asked for them).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from indexer.readers.damaged_json import Damaged
from indexer.readers.formats import types_of
from indexer.readers.framework_tables import column_names, repeats, table_rows
from indexer.readers.frameworks import URI, Entry, FrameworkFacts, FrameworkFile, FrameworkFormat, key_uri
from indexer.readers.json_text import encode, shown
from indexer.readers.problems import problem
from indexer.readers.statements import (
    BROADER,
    NARROWER,
    RELATED,
    SAME,
    Statement,
    Statements,
    checked_uri,
    counted,
)
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Notice, Rejected

_LOOKED_AT = 20  # skills of a list, to recognise it by: some may be damaged
_LEFT_OUT = {"archived", "deleted", "draft"}
_LINKS = {
    "alignments": RELATED, "standards": RELATED, "major_alignment": RELATED, "minor_alignment": RELATED,
    "prerequisite_alignment": RELATED, "exact_alignment": SAME, "broad_alignment": BROADER,
    "narrow_alignment": NARROWER,
}  # fmt: skip
_TITLES = {field: to_camel(field) for field in _LINKS}
_NAMES = ("rsd name", "skill name")
_STATEMENTS = ("skill statement", "contextualized skill statement")
_ALIGNMENT = re.compile(r"alignment( \d+)? url")


def _listed(value: object) -> object:
    return value if value is None or isinstance(value, list) else [value]


def _reference(value: object) -> object:
    return (
        [{"id": one} if isinstance(one, str) else one for one in value] if isinstance(value, list) else value
    )


def _statement(value: object) -> object:
    """The specification's draft has a statement in three parts."""
    if not isinstance(value, dict):
        return value
    parts = [value.get(part) for part in ("subject", "predicate", "statement")]
    return " ".join(part for part in parts if isinstance(part, str) and part)


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, alias_generator=to_camel, allow_inf_nan=False)


class _Target(_Part):
    id: str | None = None


_Targets = Annotated[list[_Target] | None, BeforeValidator(_reference), BeforeValidator(_listed)]


class _Skill(_Part):
    id: str | None = None
    uuid: str | None = None
    skill_name: str | None = None
    skill_statement: Annotated[str | None, BeforeValidator(_statement)] = None
    status: str | None = None
    archive_date: str | None = None
    alignments: _Targets = None
    standards: _Targets = None
    major_alignment: _Targets = None
    minor_alignment: _Targets = None
    prerequisite_alignment: _Targets = None
    exact_alignment: _Targets = None
    broad_alignment: _Targets = None
    narrow_alignment: _Targets = None


class _Gathered:
    """The skills of a document or a table."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.statements = Statements()
        self.statuses: Counter[str] = Counter()
        self.links: list[tuple[str, str, str]] = []
        self.nameless: dict[str, list[str]] = {}  # fields -> where they lead to something without a URI

    def rest(self) -> Iterator[Entry]:
        for link in self.links:
            self.statements.relate(*link)
        yield from self.statements.competencies()
        names = tuple(sorted(self.statuses))
        left_out = marked("skills left out: %(count)s (%(names)s)")
        yield from counted(self.file, self.statuses.total(), left_out, names=names)
        for field, places in self.nameless.items():
            template = marked("%(field)s without a URI, left out: %(count)s (%(place)s)")
            yield from counted(self.file, len(places), template, field=field, place=places[0])


def _recognises_document(document: object) -> bool:
    if isinstance(document, list):
        return any(map(_is_skill, document[:_LOOKED_AT]))
    return _is_skill(document) or _is_collection(document)


def _is_skill(body: object) -> bool:
    return isinstance(body, dict) and ("skillStatement" in body or "RichSkillDescriptor" in types_of(body))


def _is_collection(body: object) -> bool:
    if not isinstance(body, dict) or not isinstance(body.get("skills"), list):
        return False
    # Before it is one, a résumé's list of skills is no collection.
    context = str(body.get("@context", ""))
    return (
        "RsdCollection" in types_of(body)
        or "rsd" in context.lower()
        or any(map(_is_skill, body["skills"][:_LOOKED_AT]))
    )


def _recognises_head(head: bytes) -> bool:
    return bool(column_names(head, _named))


def _named(names: frozenset[str]) -> bool:
    lower = {name.lower() for name in names}
    return not lower.isdisjoint(_NAMES) and not lower.isdisjoint(_STATEMENTS)


def _read(files: Sequence[FrameworkFile], prefix: str) -> Iterator[Entry]:
    for file in files:
        yield from _read_table(file, prefix) if file.document is None else _read_json(file)


def _read_json(file: FrameworkFile) -> Iterator[Entry]:
    body = file.document
    skills, at = (body, "") if isinstance(body, list) else ([body], "")
    whole = next((one for one in skills if isinstance(one, dict)), {}) if isinstance(skills, list) else {}
    if isinstance(body, dict) and _is_collection(body):
        skills, at = body["skills"], "skills"
    yield FrameworkFacts(_name(whole, collection=at == "skills"), "", _author(whole))
    if isinstance(skills, list) and skills and all(isinstance(one, str) for one in skills):
        reason = said(
            "names the skills by their addresses only, and no address is fetched: import the skills"
        )
        raise InvalidInput(reason, where=at)
    gathered = _Gathered(file.name)
    for number, one in enumerate(skills if isinstance(skills, list) else []):
        place = f"{at}[{number}]" if one is not body else ""
        if isinstance(one, Damaged):
            continue
        try:
            _take(_Skill.model_validate(one), place, gathered)
        except ValidationError as error:
            wrong = problem(error, (), place)
            yield Rejected(file.name, 0, wrong.where, wrong.reason, encode(one))
        except InvalidInput as error:
            yield Rejected(file.name, 0, error.where, error.reason, encode(one))
    yield from gathered.rest()


def _name(body: Mapping[str, Any], *, collection: bool) -> str:
    named = body.get("name") if collection else body.get("libraryName")
    return named.strip() if isinstance(named, str) and named.strip() else _author(body)


def _author(body: Mapping[str, Any]) -> str:
    """Who wrote it, by name: `author` is a name or a list of them in OSMT's own exports, or an object."""
    found: list[str] = []
    for field in ("author", "authors", "creator"):
        value = body.get(field) if isinstance(body, dict) else None
        for one in value if isinstance(value, list) else [value]:
            name = one.get("name") if isinstance(one, dict) else one
            if isinstance(name, str) and name.strip() and not URI.fullmatch(name.strip()):
                found.append(name.strip())
    return "; ".join(dict.fromkeys(found[:5]))


def _take(skill: _Skill, at: str, gathered: _Gathered) -> None:
    start = f"{at}." if at else ""
    status = (skill.status or "").strip().lower()
    if not status and skill.archive_date:
        status = "archived"
    uri = _uri(skill, start)
    if status in _LEFT_OUT:
        gathered.statuses[status] += 1
        return
    statement = Statement(uri, place=at)
    statement.say("en", skill.skill_name or "", skill.skill_statement or "", f"{start}skillName")
    if not statement.labels:
        raise InvalidInput(said("a skillName or a skillStatement is needed"), where=f"{start}skillName")
    gathered.statements.add(statement, f"{start}id")
    for field, link in _LINKS.items():
        for target in getattr(skill, field) or ():
            if target.id and URI.fullmatch(target.id.strip()):
                gathered.links.append((statement.uri, link, target.id.strip()))
            else:
                gathered.nameless.setdefault(_TITLES[field], []).append(f"{start}{_TITLES[field]}")


def _uri(skill: _Skill, start: str) -> str:
    if skill.id and skill.id.strip():
        return checked_uri(skill.id, f"{start}id")
    if skill.uuid and skill.uuid.strip():
        return checked_uri(f"urn:uuid:{skill.uuid.strip().lower()}", f"{start}uuid")
    raise InvalidInput(said("an id or a uuid is needed"), where=f"{start}id")


def _read_table(file: FrameworkFile, prefix: str) -> Iterator[Entry]:
    gathered = _Gathered(file.name)
    rows = table_rows(file, _named)
    first = next(rows, None)
    authors = _cell(_lower(first[1]), "authors", "author")[1] if isinstance(first, tuple) else ""
    yield FrameworkFacts("", "", authors)
    names = [name.lower() for name in first[1]] if isinstance(first, tuple) else []
    yield from (Notice(file.name, 0, text) for text in repeats(names))
    for row in chain([first] if first else [], rows):
        if isinstance(row, Rejected | Notice):
            yield row
            continue
        line, cells = row
        try:
            _take_row(line, _lower(cells), prefix, gathered)
        except InvalidInput as error:
            yield Rejected(file.name, line, error.where, error.reason, encode(cells))
    yield from gathered.rest()


def _lower(cells: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The cells by their column's name in lower case, each with the name as it stands.

    Of columns whose names differ in case alone the first counts.
    """
    found: dict[str, tuple[str, str]] = {}
    for name, cell in cells.items():
        found.setdefault(name.lower(), (name, cell.strip()))
    return found


def _cell(cells: Mapping[str, tuple[str, str]], *names: str) -> tuple[str, str]:
    """The first of some columns that there is, as it is named, and its cell."""
    return next((cells[name] for name in names if name in cells), (names[0], ""))


def _take_row(line: int, cells: Mapping[str, tuple[str, str]], prefix: str, gathered: _Gathered) -> None:
    where, name = _cell(cells, *_NAMES)
    said_in, whole = _cell(cells, *_STATEMENTS)
    column, address = _cell(cells, "canonical url")
    uri = checked_uri(address, column) if address else checked_uri(key_uri(name, prefix), where)
    statement = Statement(uri, place=f"line {line}")
    statement.say("en", name, whole, where)
    if not statement.labels or not (name or address):
        both = said("is empty, and so is %(column)s", column=said_in)
        raise InvalidInput(said("is empty") if name else both, where=where)
    gathered.statements.add(statement, column if address else where)
    for key, (column, target) in cells.items():
        if target and _ALIGNMENT.fullmatch(key):
            if not URI.fullmatch(target):
                reason = said("%(value)s is not an absolute URI", value=shown(target))
                raise InvalidInput(said("%(reason)s; the rest was read", reason=reason), where=column)
            gathered.links.append((uri, RELATED, target))


FORMAT = FrameworkFormat(
    name=marked("Rich Skill Descriptors"),
    recognised_by="JSON of type `RichSkillDescriptor`, or with `skillStatement`, or a collection of such "
    "`skills`; CSV with the columns `RSD Name` and `Skill Statement`",
    taken={
        "id, else uuid; Canonical URL, else RSD Name": "the competency's URI",
        "skillName; RSD Name": "label",
        "skillStatement; Skill Statement": "alias and description; label where there is no name",
        "alignments, standards; Alignment URL, Alignment 2 URL, ...": "related (close, not exact)",
        "exactAlignment": "same",
        "broadAlignment, narrowAlignment": "broader, narrower",
        "majorAlignment, minorAlignment, prerequisiteAlignment": "related",
        "a collection's name, else libraryName, else author": "the framework's name",
        "author, authors, creator; Authors": "its attribution",
        "status, archiveDate": "what is archived, deleted or a draft is left out",
        "keywords, categories, occupations, certifications, employers": "nothing",
    },
    read=_read,
    recognises_document=_recognises_document,
    recognises_head=_recognises_head,
)
