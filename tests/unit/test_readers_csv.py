"""CSV of awards: columns in any order and either language, rows joined, bad rows refused one by one."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers import csv_rows
from indexer.readers.csv_columns import PATHS
from indexer.readers.formats import Context, Record
from matcher.records import CandidateRecord, CompetencyRef, Rejected, Status

ZONE = ZoneInfo("America/Toronto")
TEMPLATE = Path(csv_rows.__file__).parent / "templates" / "awards.csv"


def read(text: str | bytes, candidate: str = "") -> list[Record]:
    data = text.encode() if isinstance(text, str) else text
    return list(csv_rows.read(io.BytesIO(data), Context("awards.csv", ZONE, candidate)))


def records(text: str | bytes) -> list[CandidateRecord]:
    found = [one for one in read(text) if isinstance(one, CandidateRecord)]
    assert found, read(text)
    return found


def rejected(text: str | bytes) -> list[tuple[int, str, str]]:
    return [(one.line, one.where, one.reason) for one in read(text) if isinstance(one, Rejected)]


def test_the_template_has_every_column_and_two_rows_that_are_read() -> None:
    header, *rows = TEMPLATE.read_text().splitlines()
    assert header.split(",") == list(PATHS)
    first, second = records(TEMPLATE.read_bytes())
    assert len(rows) == 2
    assert (first.key, first.languages, first.applied_to) == ("C-1001", ("en", "fr"), ("warehouse-1",))
    assert (first.awards[0].level, first.awards[0].key) == (7500, "NSI-2025-00017")
    assert first.awards[0].achievement.competencies[0].label == "operate forklift"
    assert first.awards[0].achievement.competencies[0].uri.startswith("http://data.europa.eu/esco/skill/")
    assert [one.label for one in second.awards[0].achievement.competencies] == [
        "travail en hauteur",
        "équipement antichute",
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separator_order_case_accents_and_language_of_headers_do_not_matter(separator: str) -> None:
    header = ["Délivré le", "NOM DE L’ATTESTATION", "Clé du candidat", "Statut", "Compétences", "Niveau"]
    row = ["2025-01-31", '"Cariste, débutant"', "c1", "Révoqué", "conduite|gerbage", '"0,75"']
    (record,) = records(separator.join(header) + "\r\n" + separator.join(row) + "\r\n")
    (award,) = record.awards
    assert (record.key, award.achievement.name, award.level) == ("c1", "Cariste, débutant", 7500)
    assert award.status is Status.REVOKED
    assert [one.label for one in award.achievement.competencies] == ["conduite", "gerbage"]


def test_rows_of_one_candidate_that_follow_each_other_are_one_record() -> None:
    text = (
        "candidate_key,candidate_name,languages,achievement_name,applied_to\n"
        "a,Ann,en,One,p\na,Anna,fr,Two,q;p\nb,,,Three,\na,,,Four,\n"
    )
    first, second, third = records(text)
    assert [[award.achievement.name for award in one.awards] for one in (first, second, third)] == [
        ["One", "Two"],
        ["Three"],
        ["Four"],
    ]
    assert (first.name, first.languages, first.applied_to) == ("Ann", ("en", "fr"), ("p", "q"))


def test_a_record_stays_bounded_however_long_its_run_of_rows() -> None:
    text = "candidate_key,achievement_name\n" + "a,One\n" * 2_500
    assert [len(one.awards) for one in records(text)] == [1000, 1000, 500]


def test_a_bad_row_is_refused_with_line_column_and_value_and_can_be_corrected() -> None:
    text = "Clé candidat;Titre;Expire\na;One;2026-01-31\na;Two;2026-02-30\na;Three;\n"
    assert rejected(text) == [(3, "Expire", '"2026-02-30" is not a date')]
    assert [award.achievement.name for award in records(text)[0].awards] == ["One", "Three"]
    (refused,) = [one for one in read(text) if isinstance(one, Rejected)]
    assert records(refused.raw.replace("02-30", "02-28"))[0].awards[0].achievement.name == "Two"


HEADER = "candidate_key,achievement_name,level,status,competencies,competency_uris\n"


@pytest.mark.parametrize(
    ("row", "where", "reason"),
    [
        ("a,One", "", "the row has 2 cells, the header 6"),
        ("a,One,,,,,surplus", "", "the row has 7 cells, the header 6"),
        (",One,,,,", "candidate_key", "is missing"),
        ("a,,,,,", "achievement_name", "needs a name or a key"),
        ("a,One,2,,,", "level", "2.0 is more than 1.0"),
        ("a,One,high,,,", "level", '"high" is not a number'),
        ("a,One,nan,,,", "level", '"nan" is not a number'),
        ("a,One,,gone,,", "status", "\"gone\" is not one of 'active', 'suspended', 'revoked' or 'unknown'"),
        ("a,One,,,,lifting", "competency_uris", '"lifting" is not a URI'),
        (
            "a,One,,,x|y,urn:x",
            "competency_uris",
            "1 entries for 2 competencies; leave one empty where there is none",
        ),
        ('a,"One",,,,"', "", "a quotation mark is opened and not closed"),
        ('a,"One"two,,,,', "", "not CSV: ',' expected after '\"'"),
        ("a\0,One,,,,", "candidate_key", '"a\\u0000" has control characters'),
    ],
)
def test_a_bad_row_never_stops_the_file(row: str, where: str, reason: str) -> None:
    text = HEADER + row + "\nb,Two,,,,\n"
    assert rejected(text) == [(2, where, reason)]
    assert [record.key for record in records(text)] == ["b"]


def test_a_row_that_is_not_utf_8_is_refused_alone() -> None:
    text = HEADER.encode() + b"a,\xe9quipe,,,,\nb,Two,,,,\n"
    assert rejected(text) == [(2, "", "not UTF-8 at byte 3: save the file as CSV in UTF-8")]
    assert [record.key for record in records(text)] == ["b"]


def test_an_open_quotation_mark_loses_one_line_and_not_the_rest() -> None:
    rows = "".join(f"c{number},Name,,,,\n" for number in range(500))
    text = HEADER + 'a,"open,,,,\n' + rows
    assert rejected(text) == [(2, "", "a quotation mark is opened and not closed")]
    assert len(records(text)) == 500


def test_labels_and_addresses_of_competencies_belong_together() -> None:
    (record,) = records(HEADER + "a,One,,,x|y|z,urn:x||urn:z\nb,Two,,,,urn:q;urn:r\n")[:1]
    assert record.awards[0].achievement.competencies == (
        CompetencyRef("x", "urn:x"),
        CompetencyRef("y"),
        CompetencyRef("z", "urn:z"),
    )


def test_cells_that_look_like_formulas_are_data() -> None:
    (record,) = records('candidate_key,achievement_name\n=1+1,"=HYPERLINK(""x"")"\n')
    assert (record.key, record.awards[0].achievement.name) == ("=1+1", '=HYPERLINK("x")')


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("", "", "the file is empty"),
        ("\n \n", "", "the file is empty"),
        ("candidate_key,achievement_name\n\n", "", "there is only a header, and no row"),
        ("candidate_key,achievment_name,colour\n", "achievment_name",
         'not a known column: "achievment_name" (did you mean "achievement_name"?), "colour"'),
        ("candidate_key,titre,achievement\n", "achievement", "is a second column for achievement_name"),
        ("candidate_key,issued\n", "achievement_name", "neither this column nor achievement_key is there"),
        ("achievement_name,issued\n", "candidate_key", "the column is missing"),
    ],
)  # fmt: skip
def test_a_file_without_rows_or_with_other_columns_says_so(text: str, where: str, reason: str) -> None:
    assert [(found[1], found[2]) for found in rejected(text)] == [(where, reason)]


def test_rows_about_another_candidate_are_refused_where_one_is_given() -> None:
    found = read("candidate_key,achievement_name\na,One\nb,Two\n", candidate="a")
    assert [one.key for one in found if isinstance(one, CandidateRecord)] == ["a"]
    assert [(one.where, one.line) for one in found if isinstance(one, Rejected)] == [("candidate_key", 3)]


_CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)


@given(st.lists(_CELLS, min_size=1, max_size=6), st.sampled_from([",", ";", "\t"]))
def test_any_text_that_is_written_as_csv_is_read_back(names: list[str], separator: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(["candidate_key", "achievement_name", "achievement_key"])
    writer.writerows(["c", name, "k"] for name in names)
    (record,) = records(out.getvalue())
    assert [award.achievement.name for award in record.awards] == [name.strip() for name in names]


@given(st.lists(st.one_of(st.binary(max_size=30), st.just(b"good,One")), max_size=8))
def test_no_bytes_make_the_reader_fail(rows: list[bytes]) -> None:
    data = b"candidate_key,achievement_name\n" + b"\n".join(rows)
    assert all(isinstance(one, CandidateRecord | Rejected) for one in read(data))
