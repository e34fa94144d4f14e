"""Which table of an ESCO export a file is: its columns tell, and not its name.

Only a language that a name ends in (`_en`, `_fr`) counts, and without one the words of the labels do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from io import BytesIO

from indexer.readers.framework_tables import column_names, table_rows
from indexer.readers.frameworks import FrameworkFile
from matcher.errors import InvalidInput
from matcher.messages import Said, said


@dataclass(frozen=True, slots=True)
class Table:
    """One file of the export: its name without ending, and the columns that are read."""

    stem: str
    columns: tuple[str, ...]


ENGLISH = Table("skills_en", ("conceptUri", "preferredLabel"))
FRENCH = Table("skills_fr", ("conceptUri", "preferredLabel"))
GROUPS = Table("skillGroups_en", ("conceptUri", "preferredLabel", "description", "code"))
BROADER = Table("broaderRelationsSkillPillar", ("conceptUri", "broaderUri"))
RELATED = Table("skillSkillRelations", ("originalSkillUri", "relatedSkillUri"))

TABLES = (ENGLISH, FRENCH, GROUPS, BROADER, RELATED)

_WORDS = {
    "en": {"the", "of", "and", "to", "use", "for", "manage", "with", "skills", "on"},
    "fr": {"de", "des", "du", "la", "le", "les", "et", "une", "un", "en", "utiliser", "pour"},
}
_OF_OTHERS = ("broaderConceptUri", "iscoGroup", "occupationUri")
_NOT_SKILLS = ("/esco/occupation/", "/esco/isco/")
_SUFFIX = re.compile(r"_([a-z]{2})\.csv", re.IGNORECASE)


def recognises(head: bytes) -> bool:
    """Whether a file begins with the names of columns of a table of ESCO."""
    return bool(column_names(head, is_named))


def is_named(names: frozenset[str]) -> bool:
    """Whether names are those of columns of a table of ESCO."""
    return not names.isdisjoint(("conceptUri", "originalSkillUri", "occupationUri", "Level 0 URI"))


def table_of(file: FrameworkFile) -> Table | Said:
    """Which of the tables that are read a file is; else what it holds.

    Raises InvalidInput where it is a table of skills that lacks a column.
    """
    names = column_names(file.head, is_named)
    if names.issuperset(RELATED.columns):
        return RELATED
    if _is_of_occupations(_first_row(file)):
        return said("occupations or their groups")
    if names.issuperset(BROADER.columns):
        return BROADER
    if names.isdisjoint(("skillType", "altLabels", "code")) or not names.isdisjoint(_OF_OTHERS):
        return said("no skills, groups or relations of skills")
    missing = [column for column in ENGLISH.columns if column not in names]
    if missing:
        found = tuple(sorted(names))
        reason = said("no column %(column)s; found %(found)s", column=missing[0], found=found)
        raise InvalidInput(reason, where=file.name)
    return _labelled(_language(file), names)


def _labelled(language: str, names: frozenset[str]) -> Table | Said:
    if language not in ("en", "fr"):
        return said("labels in another language (%(language)s)", language=language)
    if "code" in names:  # a group has its labels beside a code, and may come without others
        whole = language == "en" and names.issuperset(GROUPS.columns)
        foreign = said("groups of skills, other than in English or without their descriptions")
        return GROUPS if whole else foreign
    return ENGLISH if language == "en" else FRENCH


def _first_row(file: FrameworkFile) -> dict[str, str]:
    head = replace(file, open=lambda: nullcontext(BytesIO(file.head)))
    return next((row[1] for row in table_rows(head, is_named) if isinstance(row, tuple)), {})


def _is_of_occupations(row: Mapping[str, str]) -> bool:
    kinds = {row.get("conceptType", ""), row.get("broaderType", "")}
    addresses = row.get("conceptUri", "")
    return not kinds.isdisjoint(("Occupation", "ISCOGroup")) or any(one in addresses for one in _NOT_SKILLS)


def _language(file: FrameworkFile) -> str:
    """The language that a file's name ends in, else the one that its words are in."""
    if match := _SUFFIX.search(re.split("[/!]", file.name)[-1]):
        return match[1].lower()
    words = Counter(re.findall(r"[^\W\d]+", file.head.decode("utf-8", "replace").lower()))
    counts = {language: sum(words[word] for word in known) for language, known in _WORDS.items()}
    return max(counts, key=counts.__getitem__)
