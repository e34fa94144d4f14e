"""Frameworks of every format and form, cut to pieces.

Some are made here, of fictional frameworks; the others are the first rows or items of published files, where
these lie beside the project.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from indexer.readers.frameworks import FrameworkFile
from indexer.readers.vocabularies import format_of_document, format_of_head
from tests.unit.examples.case import PACKAGE
from tests.unit.examples.ctdl_asn import GRAPH
from tests.unit.examples.onet import MODEL, TECHNOLOGY
from tests.unit.examples.onet import SKILLS as ELEMENTS
from tests.unit.examples.rsd import COLLECTION, CSV, skill
from tests.unit.pieces import Piece, piece_of, rows_of

SHARED = Path(__file__).parents[3] / "shared" / "data"


ESCO = {
    "skills_en.csv": "conceptUri,skillType,preferredLabel,altLabels,status,description\n"
    + "".join(
        f'urn:esco:{name},{kind},{name} trailers,"{name} one\n{name} more",released,"To {name}, by day."\n'
        for name, kind in (
            ("shunting", "skill/competence"), ("parking", "skill/competence"), ("washing", ""),
            ("traffic-rules", "knowledge"), ("patience", "skill/competence"),
        )
    ),
    "skills_fr.csv": "conceptUri,preferredLabel,altLabels\n"
    "urn:esco:shunting,manœuvrer des remorques,déplacer|pousser\nurn:esco:washing,laver des remorques,\n",
    "skillGroups_en.csv": "conceptUri,preferredLabel,description,code\n"
    'urn:esco:group-one,attitudes,"An attitude, or two",A1\nurn:esco:group-two,yards,Of yards,S1\n',
    "broaderRelationsSkillPillar.csv": "conceptType,conceptUri,broaderType,broaderUri\n"
    "KnowledgeSkillCompetence,urn:esco:parking,KnowledgeSkillCompetence,urn:esco:shunting\n"
    "KnowledgeSkillCompetence,urn:esco:patience,SkillGroup,urn:esco:group-one\n",
    "skillSkillRelations.csv": "originalSkillUri,relationType,relatedSkillUri\n"
    "urn:esco:parking,essential,urn:esco:traffic-rules\nurn:esco:washing,optional,urn:esco:patience\n",
}  # fmt: skip
OWN = (
    "key;label_en;label_fr;aliases_en;kind;broader;description\n"
    'shunting;shunting trailers;"manœuvrer; pousser";to shunt|move;skill;;"Moves ""trailers""\nin a yard"\n'
    "parking;parking trailers;;;skill;shunting;\n"
    "patience;patience with trailers;;;attribute;;\n"
    "traffic-rules;traffic rules of yards;code de la cour;rules;knowledge;;All of them\n"
    "washing;washing trailers;;;;;\n"
)
OWN_LINES = "".join(
    json.dumps({"key": name, "label": f"{name} trailers", "aliases": [name], "related": ["washing"]}) + "\n"
    for name in ("shunting", "parking", "towing", "loading")
)
SKILLS = [skill(name) for name in ("shunting", "parking", "towing", "loading")]

MADE: dict[str, Mapping[str, str]] = {
    "credmatch framework, CSV": {"own": OWN},
    "credmatch framework, lines": {"own": OWN_LINES},
    "CASE": {"case": json.dumps(PACKAGE)},
    "CASE, a list": {"case": json.dumps(PACKAGE["CFItems"])},
    "Rich Skill Descriptors": {"rsd": json.dumps({**COLLECTION, "skills": [*COLLECTION["skills"], *SKILLS]})},
    "Rich Skill Descriptors, a list": {"rsd": json.dumps(SKILLS)},
    "Rich Skill Descriptors, CSV": {"rsd": CSV},
    "CTDL-ASN": {"asn": json.dumps(GRAPH)},
    "O*NET": {"model": MODEL, "skills": ELEMENTS, "technology": TECHNOLOGY},
    "ESCO": ESCO,
}
"""Files that make one framework, by the format and the form that they have."""


def _published() -> Iterator[tuple[str, str, Path]]:
    """The files beside the project that hold frameworks: format, name, and where they lie."""
    for path in sorted(SHARED.rglob("*")):
        if not path.is_file() or path.relative_to(SHARED).parts[0] in {"credentials", "jobs", "README.md"}:
            continue
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            head = stream.read(65_536)
            format_ = format_of_head(head)
            if head.lstrip().startswith((b"{", b"[")) and not format_:
                format_ = format_of_document(json.loads(head + stream.read()))
        name = path.name.removesuffix(".gz")
        if format_ and format_.needed(FrameworkFile(name, head, path.open)):
            yield format_.name, name, path


def _samples() -> Iterator[tuple[str, Callable[[], tuple[Piece, ...]]]]:
    for name, files in MADE.items():
        yield name, partial(_made, files)
    tables = {}
    for format_, name, path in _published():
        if format_ == "ESCO":
            tables[name] = path
        else:
            yield f"{format_}, published {name}", partial(_cut, name, path)
    if tables:
        yield "ESCO, published", partial(_cut_esco, tables)


def _made(files: Mapping[str, str]) -> tuple[Piece, ...]:
    return tuple(piece_of(name, text.encode()) for name, text in files.items())


def _whole(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _cut(name: str, path: Path) -> tuple[Piece, ...]:
    return (piece_of(name, _whole(path)),)


def _cut_esco(tables: Mapping[str, Path]) -> tuple[Piece, ...]:
    """Rows of each table that are about the same few skills."""
    relations = piece_of(_RELATIONS, _whole(tables[_RELATIONS]))
    wanted = set(_OF_ESCO.findall(b"\n".join(relations.items)))
    found = [relations]
    for name, column in _TABLES.items():
        rows = rows_of(_whole(tables[name]))
        start = next(rows) + b"\n"
        own = tuple(row for row in rows if row.split(b",", 2)[column] in wanted)
        wanted.update(_OF_ESCO.findall(b"\n".join(own)) if name.startswith("broader") else ())
        found.append(Piece(name, start, own))
    return tuple(found)


_OF_ESCO = re.compile(rb"http://data\.europa\.eu/esco/(?:skill|isced-f)/[\w-]+")
_RELATIONS = "skillSkillRelations.csv"
_TABLES = {
    "broaderRelationsSkillPillar.csv": 1, "skillGroups_en.csv": 1, "skills_en.csv": 1, "skills_fr.csv": 0,
}  # fmt: skip
"""The tables of ESCO, each with the column of what its rows are about."""

SAMPLES = dict(_samples())
"""Makes pieces of all files, those that make one framework together, by format and form."""
