"""Reads the skills pillar of ESCO from the CSV files that the ESCO portal exports.

One folder or archive holds, each as CSV or gzip of it and with or without a language at the end of its name
(the portal's habit changed between versions):

    skills_en.csv                     competencies: conceptUri, skillType, preferredLabel, altLabels, ...
    skills_fr.csv                     conceptUri, preferredLabel, altLabels
    skillGroups_en.csv                conceptUri, preferredLabel, description, code
    broaderRelationsSkillPillar.csv   conceptUri, broaderUri
    skillSkillRelations.csv           originalSkillUri, relatedSkillUri

Which file is which, their columns tell (`esco_tables.py`). The skills in one language are enough; what the
missing tables would have said stays as it is stored.

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
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.readers.archives import opening
from indexer.readers.esco_tables import (
    BROADER,
    ENGLISH,
    FRENCH,
    GROUPS,
    RELATED,
    TABLES,
    Table,
    is_named,
    recognises,
    table_of,
)
from indexer.readers.framework_tables import table_rows
from indexer.readers.frameworks import (
    LONGEST_DESCRIPTION,
    Entry,
    FrameworkCompetency,
    FrameworkFacts,
    FrameworkFile,
    FrameworkFormat,
    check_new,
    clean,
    distinct,
    texts,
)
from indexer.readers.json_text import encode, shown
from indexer.readers.limits import VOCABULARY_LIMITS
from matcher.errors import InvalidInput
from matcher.messages import marked, said
from matcher.records import Kind, Notice, Rejected

_KINDS = {"skill/competence": Kind.SKILL, "": Kind.SKILL, "knowledge": Kind.KNOWLEDGE}
_ATTITUDE = re.compile(r"\battitudes?\b", re.IGNORECASE)


_Rows = list[tuple[int, dict[str, str]]]
_Loaded = dict[Table, tuple[str, _Rows]]
"""The name of a table's file, and its rows."""

_Found = FrameworkCompetency | Rejected | Notice


@dataclass(slots=True)
class _Around:
    """What the other files say about the competencies of the skills, by URI."""

    french: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    broader: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    related: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    attributes: set[str] = field(default_factory=set)


def read_esco(folder: Path) -> Iterator[FrameworkCompetency | Rejected | Notice]:
    """The competencies of a whole ESCO export of any version from 1.0 on, in the order of skills_en.

    First come the rejected rows, then the competencies. A competency whose status is given and is not
    `released` is skipped. Holds the export in memory, about 100 MB.

    Raises InvalidInput where a file or a column of it is missing or a file cannot be read.
    """
    loaded: _Loaded = {}
    for table, path in {table: _find(folder, table.stem) for table in TABLES}.items():
        file = FrameworkFile(path.name, b"", opening(path, VOCABULARY_LIMITS))
        loaded[table] = path.name, (yield from _load(file, table))
    yield from _competencies(loaded)


def _load(file: FrameworkFile, table: Table) -> Generator[Rejected | Notice, None, _Rows]:
    """The rows of a table. Raises InvalidInput where it lacks a column, or has no row."""
    rows: _Rows = []
    for row in table_rows(file, is_named):
        if isinstance(row, tuple):
            rows.append(row)
        else:
            yield row
    if not rows:
        raise InvalidInput(said("no row that can be read"), where=file.name)
    missing = [column for column in table.columns if column not in rows[0][1]]
    if missing:
        reason = said("no column %(column)s; found %(found)s", column=missing[0], found=tuple(rows[0][1]))
        raise InvalidInput(reason, where=file.name)
    return rows


def _competencies(loaded: _Loaded) -> Iterator[_Found]:
    table = ENGLISH if ENGLISH in loaded else FRENCH
    file, rows = loaded[table]
    known = {cells["conceptUri"] for _, cells in rows} - {""}
    around = _Around(attributes=_attributes(loaded))
    if table is ENGLISH and FRENCH in loaded:
        yield from _read_french(*loaded[FRENCH], known, around)
    for pairs_in, pairs in ((BROADER, around.broader), (RELATED, around.related)):
        if pairs_in in loaded:
            yield from _read_pairs(*loaded[pairs_in], pairs_in.columns, known, pairs)
    yield from _read_skills(file, rows, "en" if table is ENGLISH else "fr", around)


def _find(folder: Path, stem: str) -> Path:
    names = [f"{stem}{language}.csv{packed}" for language in ("", "_en") for packed in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    reason = said("no file %(name)s.csv or %(name)s.csv.gz in %(folder)s", name=stem, folder=folder)
    raise InvalidInput(reason, where=stem)


def _attributes(loaded: _Loaded) -> set[str]:
    """URIs of what stands directly in a group of attitudes (the rule is in the module's docstring)."""
    if GROUPS not in loaded or BROADER not in loaded:
        return set()
    attitudes = {
        cells["conceptUri"]
        for _, cells in loaded[GROUPS][1]
        if cells["code"].startswith("A")
        or _ATTITUDE.search(f"{cells['preferredLabel']} {cells['description']}")
    }
    return {cells["conceptUri"] for _, cells in loaded[BROADER][1] if cells["broaderUri"] in attitudes}


def _read_french(file: str, rows: _Rows, known: set[str], around: _Around) -> Iterator[Rejected]:
    for line, cells in rows:
        uri = cells["conceptUri"]
        try:
            _check_known(cells, ("conceptUri",), known)
            label = clean(cells["preferredLabel"], "preferredLabel")
            around.french[uri] = label, distinct(label, texts(cells.get("altLabels"), "altLabels"))
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


def _read_skills(file: str, rows: _Rows, language: str, around: _Around) -> Iterator[_Found]:
    seen: set[str] = set()
    for line, cells in rows:
        if cells.get("status", "") not in ("", "released"):
            continue
        try:
            check_new(cells["conceptUri"], "conceptUri", seen)
            yield replace(_competency(cells, language, around), place=f"line {line}")
        except InvalidInput as error:
            yield _rejected(file, line, error, cells)


def _check_known(cells: Mapping[str, str], columns: tuple[str, ...], known: set[str]) -> None:
    for name in columns:
        if cells[name] not in known:
            raise InvalidInput(
                said("%(value)s is not among the skills", value=shown(cells[name])), where=name
            )


def _competency(cells: dict[str, str], language: str, around: _Around) -> FrameworkCompetency:
    uri = cells["conceptUri"]
    label = clean(cells["preferredLabel"], "preferredLabel")
    if not uri or not label:
        raise InvalidInput(said("is empty"), where="preferredLabel" if uri else "conceptUri")
    stated = cells.get("skillType", "")
    if stated not in _KINDS:
        expected = tuple(filter(None, _KINDS))
        reason = said("%(value)s is not one of %(expected)s", value=shown(stated), expected=expected)
        raise InvalidInput(reason, where="skillType")
    kind = _KINDS[stated]
    names = {language: (label, distinct(label, texts(cells.get("altLabels"), "altLabels")))}
    if language == "en":
        names["fr"] = around.french.get(uri, ("", ()))
    return FrameworkCompetency(
        uri=uri,
        kind=Kind.ATTRIBUTE if kind is Kind.SKILL and uri in around.attributes else kind,
        labels={spoken: name for spoken, (name, _) in names.items() if name},
        aliases={spoken: aliases for spoken, (_, aliases) in names.items() if aliases},
        broader=tuple(sorted(around.broader.get(uri, ()))),
        related=tuple(sorted(around.related.get(uri, ()))),
        description=cells.get("description", "").strip()[:LONGEST_DESCRIPTION] if language == "en" else "",
    )


def _rejected(file: str, line: int, error: InvalidInput, cells: Mapping[str, str]) -> Rejected:
    return Rejected(file, line, error.where, error.reason, encode(dict(cells)))


_ATTRIBUTION = "European Commission, ESCO; reuse with attribution (Commission Decision 2011/833/EU)"


def _read(files: Sequence[FrameworkFile], prefix: str) -> Iterator[Entry]:  # noqa: ARG001 - all have a URI
    found: dict[Table, FrameworkFile] = {}
    for file in files:
        try:
            table = table_of(file)
        except InvalidInput as error:
            yield Rejected(file.name, 0, "", error.reason, "")
            continue
        if isinstance(table, str):
            yield Notice(file.name, 0, said("holds %(what)s: left out", what=table))
        elif table in found:
            text = said(
                "left out: %(file)s is read as the table %(table)s", file=found[table].name, table=table.stem
            )
            yield Notice(file.name, 0, text)
        else:
            found[table] = file
    loaded = yield from _loaded(found)
    if ENGLISH not in loaded and FRENCH not in loaded:
        reason = said("no table of ESCO's skills (skills_en.csv or skills_fr.csv) that can be read")
        raise InvalidInput(reason)
    yield FrameworkFacts("ESCO", "", _ATTRIBUTION, _silent(loaded))
    missing = [f"{table.stem}.csv" for table in TABLES if table not in loaded]
    if missing:
        text = said("without %(files)s: what is known from there already stays", files=tuple(missing))
        yield Notice(files[0].name, 0, text)
    yield from _competencies(loaded)


def _is_read(file: FrameworkFile) -> bool:
    try:
        return isinstance(table_of(file), Table)
    except InvalidInput:
        return False


def _loaded(found: Mapping[Table, FrameworkFile]) -> Generator[Rejected | Notice, None, _Loaded]:
    loaded: _Loaded = {}
    for table in TABLES:
        if file := found.get(table):
            try:
                loaded[table] = file.name, (yield from _load(file, table))
            except InvalidInput as error:
                yield Rejected(file.name, 0, "", error.reason, "")
    return loaded


def _silent(loaded: _Loaded) -> frozenset[str]:
    """What the tables that there are say nothing of."""
    tables = {"en": ENGLISH, "fr": FRENCH, "broader": BROADER, "narrower": BROADER, "related": RELATED}
    silent = {what for what, table in tables.items() if table not in loaded}
    _, rows = loaded.get(ENGLISH) or loaded[FRENCH]
    if "skillType" not in rows[0][1] or not loaded.keys() >= {GROUPS, BROADER}:
        silent.add("kind")
    return frozenset(silent)


FORMAT = FrameworkFormat(
    name=marked("ESCO"),
    recognised_by="CSV with ESCO's columns: `conceptUri`, `originalSkillUri`; needed are the skills in "
    "English or in French; their groups, their broader relations and the relations between them come along",
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
    recognises_head=recognises,
    together=True,
    needed=_is_read,
    shared=True,
)
