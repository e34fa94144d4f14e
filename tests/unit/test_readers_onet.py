"""O*NET's tables."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from indexer.readers.frameworks import FrameworkCompetency
from indexer.readers.onet import ATTRIBUTION, COMMODITY, ELEMENT, EXAMPLE
from matcher.records import Kind
from tests.unit.examples.onet import MODEL, SKILLS, TECHNOLOGY
from tests.unit.reading_frameworks import read_files

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "onet"

TASKS = "O*NET-SOC Code\tTask ID\tTask\tTask Type\n11-1011.00\t8823\tDirect.\tCore\n"
OCCUPATIONS = "O*NET-SOC Code\tTitle\tDescription\n11-1011.00\tChief Executives\tDirect.\n"
TITLES = "O*NET-SOC Code\tAlternate Title\tShort Title\tSource(s)\n11-1011.00\tBoss\tn/a\t08\n"
TOOLS = "O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\n11-1011.00\tPhones\t43191501\tPhones\n"
SCALES = "Scale ID\tScale Name\tMinimum\tMaximum\nIM\tImportance\t1\t5\n"


def table(folder: Path, **tables: str) -> Path:
    for name, text in tables.items():
        (folder / name).write_text(text)
    return folder


def test_elements_with_their_kinds_and_what_is_above_them(tmp_path: Path) -> None:
    found = read_files(table(tmp_path, model=MODEL, skills=SKILLS))
    assert found.formats == ["O*NET"]
    assert [(one.name, one.attribution) for one in found.facts] == [("O*NET", ATTRIBUTION)]
    assert not found.rejected
    by_id = {uri.removeprefix(ELEMENT): one for uri, one in found.competencies.items()}
    kinds = {id_: (one.labels["en"], one.kind.value, one.broader) for id_, one in by_id.items()}
    assert kinds == {
        "1.A.1.a": ("Verbal Abilities", "attribute", ()),
        "1.A.1.a.1": ("Oral Comprehension", "attribute", (ELEMENT + "1.A.1.a",)),
        "2.A.1.a": ("Reading Comprehension", "skill", ()),
        "2.B.3": ("Technical Skills", "skill", ()),
        "2.B.3.k": ("Troubleshooting", "skill", (ELEMENT + "2.B.3",)),
        "2.C.10": ("Transportation", "knowledge", ()),
    }
    assert by_id["2.B.3.k"].description == "Finding what is wrong."
    # "1" is not the id of an element that anybody holds, and neither are 1.A, 1.B.1.a and 4.A.1.
    assert found.notices == ["elements that are no abilities, skills, knowledge or styles, left out: 4"]


def test_each_example_is_a_competency_narrower_than_its_commodities(tmp_path: Path) -> None:
    found = read_files(table(tmp_path, technology=TECHNOLOGY))
    development, query = COMMODITY + "43232405", COMMODITY + "43232306"
    sql = EXAMPLE + "Structured%20query%20language%20SQL"
    expected = [
        FrameworkCompetency(development, labels={"en": "Development software"}),
        FrameworkCompetency(query, labels={"en": "Query software"}),
        FrameworkCompetency(EXAMPLE + "Python", labels={"en": "Python"}, broader=(query, development)),
        FrameworkCompetency(EXAMPLE + "C%23", labels={"en": "C#"}, broader=(development,)),
        FrameworkCompetency(
            sql,
            Kind.SKILL,
            {"en": "Structured query language SQL"},
            {"en": ("SQL", "Structured query language")},
            broader=(query,),
        ),
    ]
    for one in expected:
        assert found.competencies[one.uri] == one
    assert EXAMPLE + "query%20software" not in found.competencies, "it is the commodity"
    aliases = {one.labels["en"]: one.aliases for one in found.competencies.values() if one.aliases}
    assert aliases.keys() == {"Structured query language SQL", "Extensible markup language XML"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (TASKS, "tasks"),
        (OCCUPATIONS, "occupations"),
        (TITLES, "titles"),
        (TOOLS, "tools"),
        (SCALES, "no comp"),
    ],
)
def test_tables_of_other_things_are_recognised_and_left_out(tmp_path: Path, text: str, what: str) -> None:
    found = read_files(table(tmp_path, other=text))
    assert (found.formats, found.competencies, found.rejected) == (["O*NET"], {}, [])
    [notice] = found.notices
    assert notice.startswith(f"holds {what}")


def test_bad_rows_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = [
        "a\tb",
        "1\t\t43\tx\tY\tN",
        "1\tR\tcode\tx\tY\tN",
        "1\tR\t43232405\t\tY\tN",
        "1\tR" + "x" * 1_000_000,
    ]
    text = TECHNOLOGY + "\n".join(rows) + "\n\n1\tR\t43232405\tDevelopment software\tY\tN\n"
    path = tmp_path / "technology.gz"
    last = b"1\t\xe9\t43232405\tDevelopment software\tY\tN\n1\tcaf\x8e\t43232405\tx\tY\tN\n"
    path.write_bytes(gzip.compress(text.encode() + last))
    found = read_files(path)
    assert EXAMPLE + "R" in found.competencies
    assert [(one.line, one.where, one.reason) for one in found.rejected] == [
        (9, "", "the row has 2 cells, the header 6"),
        (10, "Commodity Code", '"43" is not a code of a commodity'),
        (11, "Commodity Code", '"code" is not a code of a commodity'),
        (12, "Commodity Title", "is empty"),
        (13, "", "the line is longer than 1,000,000 (CREDMATCH_IMPORT_ROW) bytes"),
        (17, "", found.rejected[5].reason),
    ]
    assert found.competencies[EXAMPLE + "%C3%A9"].labels == {"en": "é"}
    assert "Mac Roman" in found.rejected[5].reason
    assert found.notices == ["not UTF-8: this line, and others like it, are read as Windows-1252"]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real tables are not here")
def test_the_real_tables() -> None:
    found = read_files(*sorted(REAL.glob("*.txt.gz")))
    assert (found.formats, found.rejected) == (["O*NET"], [])
    assert len(found.notices) == 3
    commodities = [uri for uri in found.competencies if uri.startswith(COMMODITY)]
    assert (len(commodities), len(found.competencies)) == (135, 8_844)
    assert found.competencies[EXAMPLE + "Python"].broader == (COMMODITY + "43232405",)


def test_names_of_columns_in_no_encoding_are_names_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "technology"
    path.write_bytes(TECHNOLOGY.encode().replace(b"Hot Technology", b"Hot Technology\tcaf\x8e", 1))
    found = read_files(path)
    assert not found.competencies
    assert {one.reason for one in found.rejected} == {"the row has 6 cells, the header 7"}
