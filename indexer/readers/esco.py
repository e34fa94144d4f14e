"""Reads the skills pillar of ESCO from the CSV files that the ESCO portal exports.

One folder holds, each as .csv or .csv.gz and with or without a language at the end of its name (the
portal's habit changed between versions):

    skills_en.csv                     competencies: conceptUri, skillType, preferredLabel, altLabels, ...
    skills_fr.csv                     conceptUri, preferredLabel, altLabels
    skillGroups_en.csv                conceptUri, preferredLabel, description, code
    broaderRelationsSkillPillar.csv   conceptUri, broaderUri
    skillSkillRelations.csv           originalSkillUri, relatedSkillUri

Alternative labels are separated by line ends (English) or `|` (French); both are read in both. Hidden
labels are left out: ESCO keeps them to find a concept by, and many name something narrower ("Ada" and
"Fortran" under computer programming), so that as an alias they would claim too much.

Kinds. `skillType` says skill/competence or knowledge; the few concepts without one (headings of the DigComp
framework) are skills. ESCO has no type for attitudes, it has groups of them: a skill is an attribute where
it stands directly in a group of the branch A, "attitudes and values" (ESCO 1.0, codes A...), or in a group
whose English name or description says "attitude" (from 1.1 on: T3.3 maintaining a positive attitude and
T3.4 demonstrating willingness to learn). What is narrower than an attribute is not one by that: ESCO has
"collect customer feedback" below "accept criticism and guidance".

Relations. Broader ones between competencies are kept; groups are headings, not something a person can hold,
and are left out. Essential and optional relations between competencies are both `related`, kept where ESCO
states them, from the one that builds on the other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from indexer.readers.frameworks import (
    FrameworkCompetency,
    check_new,
    clean,
    distinct,
    table_rows,
    texts,
)
from indexer.readers.json_text import encode, shown
from matcher.errors import InvalidInput
from matcher.records import Kind, Rejected

_KINDS = {"skill/competence": Kind.SKILL, "": Kind.SKILL, "knowledge": Kind.KNOWLEDGE}
_ATTITUDE = re.compile(r"\battitudes?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Table:
    """One file of the export: its name without ending, and the columns that are read."""

    stem: str
    columns: tuple[str, ...]


_ENGLISH = _Table("skills_en", ("conceptUri", "skillType", "preferredLabel", "altLabels", "description"))
_FRENCH = _Table("skills_fr", ("conceptUri", "preferredLabel", "altLabels"))
_GROUPS = _Table("skillGroups_en", ("conceptUri", "preferredLabel", "description", "code"))
_BROADER = _Table("broaderRelationsSkillPillar", ("conceptUri", "broaderUri"))
_RELATED = _Table("skillSkillRelations", ("originalSkillUri", "relatedSkillUri"))

_Rows = list[tuple[int, dict[str, str]]]


@dataclass(slots=True)
class _Around:
    """What the other files say about the competencies of skills_en, by URI."""

    french: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    broader: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    related: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    attributes: set[str] = field(default_factory=set)


def read_esco(folder: Path) -> Iterator[FrameworkCompetency | Rejected]:
    """The competencies of an ESCO export of any version from 1.0 on, in the order of skills_en.

    First come the rejected rows, then the competencies. A competency whose status is given and is not
    `released` is skipped. Holds the export in memory, about 100 MB.

    Raises InvalidInput where a file or a column of it is missing or a file cannot be read.
    """
    paths = {table: _find(folder, table.stem) for table in (_ENGLISH, _FRENCH, _GROUPS, _BROADER, _RELATED)}
    rows: dict[_Table, _Rows] = {}
    for table, path in paths.items():
        rows[table] = []
        for row in table_rows(path):
            if isinstance(row, Rejected):
                yield row
            else:
                rows[table].append(row)
        _check_columns(path, table, rows[table])
    known = {cells["conceptUri"] for _, cells in rows[_ENGLISH]} - {""}
    around = _Around(attributes=_attributes(rows))
    yield from _read_french(paths[_FRENCH].name, rows[_FRENCH], known, around)
    for table, pairs in ((_BROADER, around.broader), (_RELATED, around.related)):
        yield from _read_pairs(paths[table].name, rows[table], table.columns, known, pairs)
    yield from _read_english(paths[_ENGLISH].name, rows[_ENGLISH], around)


def _find(folder: Path, stem: str) -> Path:
    names = [f"{stem}{language}.csv{packed}" for language in ("", "_en") for packed in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InvalidInput(f"no file {stem}.csv or {stem}.csv.gz in {folder}", where=stem)


def _check_columns(path: Path, table: _Table, rows: _Rows) -> None:
    if not rows:
        raise InvalidInput("no row that can be read", where=path.name)
    missing = [name for name in table.columns if name not in rows[0][1]]
    if missing:
        raise InvalidInput(f"no column {missing[0]}; found {', '.join(rows[0][1])}", where=path.name)


def _attributes(rows: Mapping[_Table, _Rows]) -> set[str]:
    """URIs of what stands directly in a group of attitudes (the rule is in the module's docstring)."""
    attitudes = {
        cells["conceptUri"]
        for _, cells in rows[_GROUPS]
        if cells["code"].startswith("A")
        or _ATTITUDE.search(f"{cells['preferredLabel']} {cells['description']}")
    }
    return {cells["conceptUri"] for _, cells in rows[_BROADER] if cells["broaderUri"] in attitudes}


def _read_french(file: str, rows: _Rows, known: set[str], around: _Around) -> Iterator[Rejected]:
    for line, cells in rows:
        uri = cells["conceptUri"]
        try:
            _check_known(cells, ("conceptUri",), known)
            label = clean(cells["preferredLabel"], "preferredLabel")
            around.french[uri] = label, distinct(label, texts(cells["altLabels"], "altLabels"))
        except InvalidInput as error:
            yield _rejected(file, line, error, cells)


def _read_pairs(
    file: str, rows: _Rows, columns: tuple[str, ...], known: set[str], pairs: dict[str, set[str]]
) -> Iterator[Rejected]:
    """Fill `pairs`: URI -> URIs, for relations between two competencies; those with a group are passed."""
    for line, cells in rows:
        one, other = (cells[name] for name in columns)
        if one == other or "SkillGroup" in (cells.get("conceptType"), cells.get("broaderType")):
            continue
        try:
            _check_known(cells, columns, known)
        except InvalidInput as error:
            yield _rejected(file, line, error, cells)
            continue
        pairs[one].add(other)


def _read_english(file: str, rows: _Rows, around: _Around) -> Iterator[FrameworkCompetency | Rejected]:
    seen: set[str] = set()
    for line, cells in rows:
        if cells.get("status", "") not in ("", "released"):
            continue
        try:
            check_new(cells["conceptUri"], "conceptUri", seen)
            yield _competency(cells, around)
        except InvalidInput as error:
            yield _rejected(file, line, error, cells)


def _check_known(cells: Mapping[str, str], columns: tuple[str, ...], known: set[str]) -> None:
    for name in columns:
        if cells[name] not in known:
            raise InvalidInput(f"{shown(cells[name])} is not a competency of skills_en", where=name)


def _competency(cells: dict[str, str], around: _Around) -> FrameworkCompetency:
    uri = cells["conceptUri"]
    label = clean(cells["preferredLabel"], "preferredLabel")
    if not uri or not label:
        raise InvalidInput("empty", where="preferredLabel" if uri else "conceptUri")
    if cells["skillType"] not in _KINDS:
        reason = f"{shown(cells['skillType'])} is not one of skill/competence, knowledge"
        raise InvalidInput(reason, where="skillType")
    kind = _KINDS[cells["skillType"]]
    aliases = distinct(label, texts(cells["altLabels"], "altLabels"))
    french, french_aliases = around.french.get(uri, ("", ()))
    return FrameworkCompetency(
        uri=uri,
        kind=Kind.ATTRIBUTE if kind is Kind.SKILL and uri in around.attributes else kind,
        labels={"en": label} | ({"fr": french} if french else {}),
        aliases=({"en": aliases} if aliases else {}) | ({"fr": french_aliases} if french_aliases else {}),
        broader=tuple(sorted(around.broader.get(uri, ()))),
        related=tuple(sorted(around.related.get(uri, ()))),
        description=cells["description"].strip(),
    )


def _rejected(file: str, line: int, error: InvalidInput, cells: Mapping[str, str]) -> Rejected:
    return Rejected(file, line, error.where, error.reason, encode(dict(cells)))
