"""Reads the skills pillar of ESCO from the CSV files that the ESCO portal exports.

One folder or archive holds, each as CSV or gzip of it and with or without a language at the end of its name
(the portal's habit changed between versions):

    skills_en.csv                     competencies: conceptUri, skillType, preferredLabel, altLabels, ...
    skills_fr.csv                     conceptUri, preferredLabel, altLabels
    skillGroups_en.csv                conceptUri, preferredLabel, description, code
    broaderRelationsSkillPillar.csv   conceptUri, broaderUri
    skillSkillRelations.csv           originalSkillUri, relatedSkillUri

Which file is which, their columns tell, and not their names; only a language that a name ends in (`_en`,
`_fr`) counts, and without one the words of the labels do.

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

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.readers.framework_formats import Entry, FrameworkFacts, FrameworkFile, FrameworkFormat
from indexer.readers.frameworks import (
    FrameworkCompetency,
    check_new,
    clean,
    distinct,
    first_line_cells,
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

_TABLES = (_ENGLISH, _FRENCH, _GROUPS, _BROADER, _RELATED)

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
    yield from _read_tables({table: _find(folder, table.stem) for table in _TABLES})


def _read_tables(paths: Mapping[_Table, Path]) -> Iterator[FrameworkCompetency | Rejected]:
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


# --- recognised by what the tables hold ---------------------------------------------------------

_ATTRIBUTION = "European Commission, ESCO; reuse with attribution (Commission Decision 2011/833/EU)"
_WORDS = {
    "en": {"the", "of", "and", "to", "use", "for", "manage", "with", "skills", "on"},
    "fr": {"de", "des", "du", "la", "le", "les", "et", "une", "un", "en", "utiliser", "pour"},
}
_NOT_SKILLS = ("/esco/occupation/", "/esco/isco/")
_SUFFIX = re.compile(r"_([a-z]{2})\.csv", re.IGNORECASE)


def _recognises(head: bytes) -> bool:
    names = set(first_line_cells(head))
    return not names.isdisjoint(("conceptUri", "originalSkillUri", "occupationUri", "Level 0 URI"))


def _table_of(file: FrameworkFile) -> _Table | None:
    """Which of the tables that are read a file is."""
    names = set(first_line_cells(file.head))
    if names.issuperset(_RELATED.columns):
        return _RELATED
    first = _first_row(file.head)
    if names.issuperset(_BROADER.columns):
        return _labelled(file, names) or (None if _is_of_occupations(first) else _BROADER)
    return None if _is_of_occupations(first) else _labelled(file, names)


def _labelled(file: FrameworkFile, names: set[str]) -> _Table | None:
    if not names.issuperset(_FRENCH.columns) or not names.isdisjoint(("broaderConceptUri", "iscoGroup")):
        # A group has its labels beside a code, and may come without others.
        return _GROUPS if names.issuperset(_GROUPS.columns) and _language(file) == "en" else None
    if "code" in names:
        return _GROUPS if names.issuperset(_GROUPS.columns) and _language(file) == "en" else None
    if _language(file) == "fr":
        return _FRENCH
    return _ENGLISH if "skillType" in names and _language(file) == "en" else None


def _first_row(head: bytes) -> dict[str, str]:
    reader = csv.DictReader(io.StringIO(head.decode("utf-8-sig", "replace")))
    try:
        return {key: cell for key, cell in next(reader, {}).items() if isinstance(cell, str)}
    except csv.Error:
        return {}


def _is_of_occupations(row: Mapping[str, str]) -> bool:
    kinds = {row.get("conceptType", ""), row.get("broaderType", "")}
    addresses = row.get("conceptUri", "")
    return not kinds.isdisjoint(("Occupation", "ISCOGroup")) or any(one in addresses for one in _NOT_SKILLS)


def _language(file: FrameworkFile) -> str:
    """The language that a file's name ends in, else the one that its words are in."""
    if match := _SUFFIX.search(file.name):
        return match[1].lower()
    words = Counter(re.findall(r"[^\W\d]+", file.head.decode("utf-8", "replace").lower()))
    counts = {language: sum(words[word] for word in known) for language, known in _WORDS.items()}
    return max(counts, key=counts.__getitem__)


def _read(files: Sequence[FrameworkFile], prefix: str) -> Iterator[Entry]:  # noqa: ARG001 - all have a URI
    yield FrameworkFacts("ESCO", "", _ATTRIBUTION)
    found: dict[_Table, FrameworkFile] = {}
    for file in files:
        table = _table_of(file)
        if table is not None:
            found.setdefault(table, file)
    for table in _TABLES:
        if table not in found:
            raise InvalidInput(f"no table like {table.stem}.csv among the files of ESCO", where=table.stem)
    yield from _read_tables({table: found[table].path for table in _TABLES})


FORMAT = FrameworkFormat(
    name="ESCO",
    recognised_by="CSV with ESCO's columns: `conceptUri`, `originalSkillUri`; needed are the skills in "
    "English and in French, their groups, their broader relations and the relations between them",
    taken={
        "skills: conceptUri": "the competency's URI",
        "skills: skillType; groups of attitudes": "kind",
        "skills: preferredLabel": "label, in English and French",
        "skills: altLabels": "aliases",
        "skills: description": "description (in English)",
        "skills: status": "what is not released is left out",
        "broader relations between skills": "broader",
        "relations between skills, essential and optional": "related",
        "hiddenLabels, groups, occupations, ISCO groups, collections, other columns": "nothing",
    },
    read=_read,
    recognises_head=_recognises,
    together=True,
    shared=True,
)
