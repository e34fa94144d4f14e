"""CSV of awards: columns in any order and either language, rows joined, bad rows refused one by one."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.formats_page import page
from indexer.readers import csv_rows, detect
from indexer.readers.csv_columns import PATHS, TAKEN, columns, not_known
from indexer.readers.formats import Context, Record
from indexer.readers.limits import Limits
from matcher.moments import first_moment, last_moment
from matcher.records import CandidateRecord, CompetencyRef, Notice, Place, Rejected, Status
from tests.unit.reading import only, read_any
from tests.unit.survival import in_time

ZONE = ZoneInfo("America/Toronto")
PARTS = "10,000 (CREDMATCH_IMPORT_PARTS)"
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


@pytest.mark.parametrize("separator", [",", ";", "\t", "^"])
def test_separator_order_case_accents_and_language_of_headers_do_not_matter(separator: str) -> None:
    header = ["Délivré le", "NOM DE L’ATTESTATION", "Clé du candidat", "Statut", "Compétences", "Niveau"]
    row = ["2025-01-31", '"Cariste, débutant"', "c1", "Révoqué", "conduite|gerbage", '"0,75"']
    start = "sep=^\r\n" if separator == "^" else ""
    (record,) = records(start + separator.join(header) + "\r\n" + separator.join(row) + "\r\n")
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
    assert [[award.achievement.name for award in one.awards] for one in records(text)] == [["One"], ["Three"]]
    (refused,) = [one for one in read(text) if isinstance(one, Rejected)]
    assert records(refused.raw.replace("02-30", "02-28"))[0].awards[0].achievement.name == "Two"


def test_what_is_read_noted_and_refused_comes_in_the_order_of_the_rows() -> None:
    text = (
        "candidate_key,achievement_name,expires,shoes\n"
        "a,One,,\na,Two,mars 2030,\na,Three,2026-02-30,\na,Four,,\nb,Five,,\n"
    )
    found = [
        (type(one).__name__, getattr(one, "line", 0) or getattr(one, "place", Place()).line)
        for one in read(text)
    ]
    assert found == [
        ("Notice", 1), ("CandidateRecord", 2), ("Notice", 3), ("Rejected", 4), ("CandidateRecord", 5),
        ("CandidateRecord", 6),
    ]  # fmt: skip


def notices(text: str | bytes) -> list[tuple[int, str]]:
    return [(one.line, one.text) for one in read(text) if isinstance(one, Notice)]


HEADER = "candidate_key,achievement_name,level,status,competencies,competency_uris\n"


@pytest.mark.parametrize(
    ("row", "where", "reason"),
    [
        ("a,One", "", "the row has 2 cells, the header 6"),
        ("a,One,,,,,surplus", "", "the row has 7 cells, the header 6"),
        (",One,,,,", "candidate_key", "is missing"),
        ("a,,,,,", "achievement_name", "needs a name or a key"),
        ("a,One,5/4,,,", "level", '"5/4" is more than 1.0'),
        ("a,One,200%,,,", "level", '"200%" is more than 1.0'),
        ("a,One,100.5 %,,,", "level", '"100.5 %" is more than 1.0'),
        ("a,One,3/0,,,", "level", '"3/0" is not a number'),
        ("a,One,NaN,,,", "level", '"NaN" is not a number'),
        ("a,One,-Infinity,,,", "level", '"-Infinity" is not a number'),
        ("a,One,1e999,,,", "level", '"1e999" is not a number'),
        ("a,One," + "1" * 5000 + "x,,,", "level", f'"{"1" * 76}... is not a number'),
        ("a,One,,En cours,,", "status", '"En cours": not completed, and so no award'),
        (
            "a,One,,Annulé,,",
            "status",
            "a registration that was given up, and no award; where a credential was, write revoked",
        ),
        ("Total,125,,,,", "", "is a line of totals, and no award"),
        ("Total général : 1 250,,,,,", "", "is a line of totals, and no award"),
        ("n/a,One,,,,", "candidate_key", "is missing"),
        ("a,One,,gone,,", "status", "\"gone\" is not one of 'active', 'suspended', 'revoked', 'unknown'"),
        ("a,One,,,,lifting", "competency_uris", '"lifting" is not a URI'),
        (
            "a,One,,,x|y,urn:x",
            "competency_uris",
            "1 entries for 2 competencies; leave one empty where there is none",
        ),
        ('a,"One",,,,"', "", "a quotation mark is opened and not closed"),
        (
            'a,"One"two,,,,',
            "",
            "not CSV: text follows a closing quotation mark; within a cell it is written twice",
        ),
        ("a\0,One,,,,", "candidate_key", '"a\\u0000" has a NUL character'),
    ],
)
def test_a_bad_row_never_stops_the_file(row: str, where: str, reason: str) -> None:
    text = HEADER + row + "\nb,Two,,,,\n"
    assert rejected(text) == [(2, where, reason)]
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


UNKNOWN_COLUMNS = (
    'neither this column nor achievement_key is there; not known: "achievment_name" (did you mean '
    '"achievement_name"?), "couleur"'
)


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("", "", "the file is empty"),
        ("candidate_key," * 10_000 + "\n", "", f"has 10,001 columns, more than {PARTS}"),
        ("\n \n", "", "the file is empty"),
        ("candidate_key,achievement_name\n\n", "", "there is only a header, and no row"),
        ("candidate_key,achievment_name,couleur\n", "achievement_name",
         UNKNOWN_COLUMNS),
        ("candidate_key,titre,achievement\n", "achievement",
         '"titre" and "achievement" are both achievement_name: leave one out'),
        ("candidate_key,titre,Date Issued,Issue Date\n", "Issue Date",
         '"Date Issued" and "Issue Date" are both issued: leave one out'),
        ("sep=;\n", "", "there is only a line that says which separator is meant"),
        ("candidate_key,issued\n", "achievement_name", "neither this column nor achievement_key is there"),
        ("achievement_name,issued\n", "candidate_key", "neither this column nor email is there"),
    ],
)  # fmt: skip
def test_a_file_without_rows_or_with_other_columns_says_so(text: str, where: str, reason: str) -> None:
    assert [(found[1], found[2]) for found in rejected(text)] == [(where, reason)]


def test_rows_about_another_candidate_are_refused_where_one_is_given() -> None:
    found = read("candidate_key,achievement_name\na,One\nb,Two\n", candidate="a")
    assert [one.key for one in found if isinstance(one, CandidateRecord)] == ["a"]
    assert [(one.where, one.line) for one in found if isinstance(one, Rejected)] == [("candidate_key", 3)]


@pytest.mark.parametrize("other", ["Completion Date", "Date d’achèvement"])
@pytest.mark.parametrize("first", [True, False])
def test_the_day_of_issue_counts_before_that_of_completion(other: str, *, first: bool) -> None:
    names, days = ["Issue Date", other], ["2026-03-02", "2026-03-01"]
    if not first:
        names, days = names[::-1], days[::-1]
    found = read(f"candidate_key,titre,{','.join(names)}\na,One,{','.join(days)}\n")
    (person,) = [one for one in found if isinstance(one, CandidateRecord)]
    assert person.awards[0].issued == first_moment("2026-03-02", ZoneInfo("America/Toronto"))
    assert [one for one in found if isinstance(one, Notice)] == []
    for empty in ("", "n/a"):
        days = [empty if day == "2026-03-02" else day for day in days]
        found = read(f"candidate_key,titre,{','.join(names)}\na,One,{','.join(days)}\n")
        (person,) = [one for one in found if isinstance(one, CandidateRecord)]
        assert person.awards[0].issued == first_moment("2026-03-01", ZoneInfo("America/Toronto"))


# --- tables as other systems export them ---------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (  # Workday
            "Employee ID,Worker,Certification,Certification Issuer,Certification Number,Issued Date,Country",
            ["candidate_key", "candidate_name", "achievement_name", "issuer", "award_key", "issued", ""],
        ),
        (  # SAP SuccessFactors Learning
            "ID (User),First Name (User),Last Name (User),Item ID,Item Title,Completion Date,Grade",
            ["candidate_key", "first_name", "last_name", "achievement_key", "achievement_name", "issued",
             "score"],
        ),
        (  # Cornerstone
            "User ID,User Full Name,Training Title,Provider,Transcript Status,Transcript Completed Date",
            ["candidate_key", "candidate_name", "achievement_name", "issuer", "status", "issued"],
        ),
        (  # Moodle
            "Prénom,Nom de famille,Numéro d'identification,Adresse de courriel,Cours,Date d’achèvement",
            ["first_name", "last_name", "candidate_key", "email", "achievement_name", "issued"],
        ),
        (  # Credly
            "Badge Template ID,Badge Template,Recipient Email,First Name,Issued At,Expires At,State",
            ["achievement_key", "achievement_name", "email", "first_name", "issued", "expires", "status"],
        ),
        (  # Accredible
            "recipient.name,recipient.email,group.name,issued_on,expired_on,credential_id",
            ["candidate_name", "email", "achievement_name", "issued", "expires", "award_key"],
        ),
        (
            "Matricule,Nom,Prénom,Formation,Organisme de formation,Date d’obtention,Échéance,Résultat",
            ["candidate_key", "last_name", "first_name", "achievement_name", "issuer", "issued", "expires",
             "score"],
        ),
    ],
)  # fmt: skip
def test_columns_of_other_systems_are_known(header: str, found: list[str]) -> None:
    assert columns(header.split(",")) == found


def test_every_column_and_all_its_names_stand_in_the_page_of_formats() -> None:
    assert len(TAKEN) == len(PATHS) + 4
    lines = page().splitlines()
    for name in (*PATHS, "first_name", "last_name", "score"):
        assert any(line.startswith("|") and f"| `{name}` |" in line for line in lines)
        (called,) = (line for line in lines if line.startswith(f"- `{name}`: "))
        if name == "candidate_key":
            assert "employee number" in called
            assert "matricule" in called
    assert max(len(line) for line in lines if line.startswith("|")) < 400


EXPORT = """Rapport des formations
"Généré le 2026-03-01; confidentiel"

Matricule;Nom;Prénom;Genre;Formation;Organisme;Date d'obtention;Échéance;Statut;Résultat;;
E1;Lavoie;Noé;M;"Travail
en hauteur";Institut;1er mars 2025;31/12/2027;Complété;85 %;;
;;;;;;;;;;;
Matricule;Nom;Prénom;Genre;Formation;Organisme;Date d'obtention;Échéance;Statut;Résultat;;
E2;Roy;Zoé;F;Cariste;Institut;mars 2025;jamais;Complété;échec;;
E2;Roy;Zoé;F;Cariste;Institut;mars 2025;jamais;Complété;;;
Total;2;;;;;;;;;;
"""


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_french_export_is_read_with_its_titles_and_totals(encoding: str) -> None:
    data = EXPORT.encode(encoding)
    first, second = records(data)
    (award,) = first.awards
    assert (first.key, first.name) == ("E1", "Noé Lavoie")
    assert (award.achievement.name, award.achievement.issuer.name) == ("Travail\nen hauteur", "Institut")
    assert award.issued == first_moment("2025-03-01", ZONE)
    assert award.expires == last_moment("2027-12-31", ZONE)
    assert (award.level, award.level_label, award.status) == (None, "85 %", Status.ACTIVE)
    (award,) = second.awards
    assert award.issued == first_moment("2025-03-01", ZONE)
    assert award.valid_from == first_moment("2025-03-31", ZONE)
    assert award.expires is None
    assert rejected(data) == [
        (9, "Résultat", '"échec": not passed, and so no award'),
        (11, "", "is a line of totals, and no award"),
    ]
    assumed = [(2, "not UTF-8: this line, and others like it, are read as Windows-1252")]
    assert notices(data) == assumed * (encoding == "cp1252") + [
        (4, "the header; what stands above it is not read"),
        (4, 'columns not known and not read: "Genre"'),
        (8, "the header again: such rows are skipped"),
        (10, "a month without a day: read as the day of it that favours the candidate least"),
    ]


def test_what_is_refused_keeps_nothing_of_columns_that_are_not_read() -> None:
    text = "sep=;\nMatricule;Genre;Formation;Statut\nE1;M;Cariste;En cours\n"
    (refused,) = [one for one in read(text) if isinstance(one, Rejected)]
    assert refused.raw == "sep=;\nMatricule;Formation;Statut\nE1;Cariste;En cours"
    assert records(refused.raw.replace("En cours", "Complété"))[0].awards[0].achievement.name == "Cariste"


def test_the_first_row_that_is_not_utf_8_may_come_late_and_loses_nothing() -> None:
    rows = "".join(f"c{number},Nom,,,,\n" for number in range(20_000))
    data = (HEADER + rows).encode() + "é1,Noël,,,,\n".encode() + "é2,Noël – «é»,,,,\n".encode("cp1252")
    found = [one for one in read_any(data) if isinstance(one, CandidateRecord)]
    assert len(found) == 20_002
    assert [one.key for one in found[-2:]] == ["é1", "é2"]
    assert found[-1].awards[0].achievement.name == "Noël – «é»"
    assert notices(data) == [(20_003, "not UTF-8: this line, and others like it, are read as Windows-1252")]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (b"caf\x81", "neither UTF-8 (byte 6) nor Windows-1252 (byte 6): save the file as CSV in UTF-8"),
        ("café".encode("mac_roman"),
         "not UTF-8 at byte 6, and Mac Roman rather than Windows-1252: save the file as CSV in UTF-8"),
        (b"x\xed\xa0\x80", "has half of a character"),
    ],
)  # fmt: skip
def test_a_row_in_no_encoding_that_we_know_is_refused_alone(cell: bytes, reason: str) -> None:
    data = HEADER.encode() + b"a," + cell + b",,,,\nb,Two,,,,\n"
    assert rejected(data) == [(2, "", reason)]
    assert [record.key for record in records(data)] == ["b"]


def test_who_is_named_by_an_address_alone_is_found_by_it() -> None:
    text = "Email,Course\na@example.org,One\na@example.org,Two\nb@example.org,Three\n-,Four\nx,Five\n"
    assert [(one.key, one.identifiers, len(one.awards)) for one in records(text)] == [
        ("", ("a@example.org",), 2),
        ("", ("b@example.org",), 1),
    ]
    assert rejected(text) == [
        (5, "Email", "is missing"),
        (6, "Email", '"x" is no e-mail address, and nothing else says whose the row is'),
    ]


def test_a_table_about_one_person_need_not_say_whom() -> None:
    (record,) = [
        one for one in read("Course,Issued on\nOne,2026-01-31\n", "c-1") if isinstance(one, CandidateRecord)
    ]
    assert (record.key, len(record.awards)) == ("c-1", 1)


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("Name,Course\nAnn Lee,One\nBob Roe,Two\n", '"Ann Lee", "Bob Roe"'),
        ("First Name,Last Name,Course\nAnn,Lee,One\nBob,Roe,Two\n", '"Ann Lee", "Bob Roe"'),
        ('Name,Course\nAnn Lee,One\n"LÉE, Ann M.",Two\n', ""),
        ("Candidate,Name,Course\nc-1,Ann Lee,One\nc-1,Bob Roe,Two\n", ""),
    ],
)
def test_several_names_in_what_should_be_about_one_person_are_said(table: str, named: str) -> None:
    """Names alone tell nobody apart: one person is written in several ways."""
    found = [*read_any(table.encode(), candidate="c-1")]
    people = [one for one in found if isinstance(one, CandidateRecord)]
    assert {one.key for one in people} == {"c-1"}
    assert sum(len(one.awards) for one in people) == 2
    told = f'names {named}: is it about one person? All of it is taken as of "c-1"'
    assert [one.text for one in found if isinstance(one, Notice)] == ([told] if named else [])


EXPIRED_YET_TO_COME = (
    "expired with an expiry date that is still to come: taken as suspended, so that it does not count"
)
STATUSES = "candidate_key,achievement_name,issued,expires,status\n"


@pytest.mark.parametrize(
    ("row", "status", "said"),
    [
        ("a,One,2020-01-31,2022-01-31,Expiré", Status.ACTIVE, []),
        ("a,One,2020-01-31,,Expired",
         Status.SUSPENDED, ["expired without an expiry date: taken as suspended, so that it does not count"]),
        ("a,One,2020-01-31,9999-12-31,Expired", Status.SUSPENDED, [EXPIRED_YET_TO_COME]),
        ("a,One,2020-01-31,,Annulée",
         Status.SUSPENDED, ["cancelled or withdrawn: taken as suspended, so that it does not count"]),
        ("a,One,2020-01-31,,Completed", Status.ACTIVE, []),
        ("a,One,2020-01-31,,En vigueur", Status.ACTIVE, []),
        ("a,One,2020-01-31,,Révoquée", Status.REVOKED, []),
        ("a,One,2020-01-31,,N/A", Status.ACTIVE, []),
        ("a,One,,,inconnu", Status.UNKNOWN, []),
    ],
)  # fmt: skip
def test_statuses_are_read_as_exports_write_them(row: str, status: Status, said: list[str]) -> None:
    (record,) = records(STATUSES + row + "\n")
    assert record.awards[0].status is status
    assert [text for _, text in notices(STATUSES + row + "\n")] == said


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        ("0.75", 7500),
        ('"0,75"', 7500),
        ("75 %", 7500),
        ('"62,5 %"', 6250),
        ("3/4", 7500),
        ("1", 10_000),
        ("-", None),
    ],
)
def test_levels_are_read_where_they_are_clear(cell: str, level: int | None) -> None:
    assert records(f"{HEADER}a,One,{cell},,,\n")[0].awards[0].level == level


@pytest.mark.parametrize("column", ["level", "level_label", "score"])
@pytest.mark.parametrize("word", ["Fail", "Not yet competent", "Échec", "non acquis"])
def test_a_row_that_says_that_something_was_not_passed_is_no_award(column: str, word: str) -> None:
    text = f"candidate_key,achievement_name,{column}\na,One,{word}\na,Two,0.5\n"
    assert [award.achievement.name for award in records(text)[0].awards] == ["Two"]
    ((line, where, reason),) = rejected(text)
    assert (line, where) == (2, column)
    assert reason == f'"{word}": not passed, and so no award'


WORDED = "levels without a scale, or in words: shown as they stand; to compare them write 0.75, 75 % or 3/4"


@pytest.mark.parametrize("cell", ["Avancé", "Advanced", "3", "85"])
def test_a_level_in_words_or_without_a_scale_is_shown_as_it_stands(cell: str) -> None:
    text = f"Matricule;Titre;Niveau\na;One;1/2\na;Two;{cell}\na;Three;{cell}\n"
    (record,) = records(text)
    assert [(award.level, award.level_label) for award in record.awards] == [
        (5000, ""),
        (None, cell),
        (None, cell),
    ]
    assert (rejected(text), notices(text)) == ([], [(3, WORDED)])


def test_the_label_of_a_level_counts_before_a_word_and_a_word_before_a_score() -> None:
    text = "candidate_key,achievement_name,level,level_label,score\na,One,high,Expert,9\na,Two,high,,9\n"
    assert [award.level_label for award in records(text)[0].awards] == ["Expert", "high"]


def test_of_two_columns_for_what_is_not_essential_the_first_counts() -> None:
    text = "Matricule;Titre;Score;Note\na;One;85 %;12/20\nb;Two;;18/20\n"
    first, second = records(text)
    assert (first.awards[0].level_label, second.awards[0].level_label) == ("85 %", "")
    assert (rejected(text), notices(text)) == ([], [(1, 'not read, as "Score" is score too: "Note"')])


@pytest.mark.parametrize(
    ("header", "is_score"),
    [
        ("candidate_key,achievement_name,Note", False),
        ("Employee ID,Course,Note", False),
        ("Matricule,Formation,Note", True),
    ],
)
def test_a_note_is_a_score_in_french_tables_only(header: str, is_score: bool) -> None:
    text = f"{header}\na,One,see file\n"
    assert records(text)[0].awards[0].level_label == ("see file" if is_score else "")
    assert notices(text) == ([] if is_score else [(1, 'columns not known and not read: "Note"')])


AMBIGUOUS = (
    '"03/04/2026" may be 2026-04-03 (day-first) or 2026-03-04 (month-first): say which order the dates have'
)


def test_dates_in_an_order_that_was_said_are_read() -> None:
    text = "candidate_key,achievement_name,issued\na,One,03/04/2026\n"
    assert rejected(text) == [
        (2, "issued", AMBIGUOUS),
    ]
    for order, day in (("day-first", "2026-04-03"), ("month-first", "2026-03-04")):
        (record,) = csv_rows.read(io.BytesIO(text.encode()), Context("f", ZONE, dates=order))
        assert isinstance(record, CandidateRecord)
        assert record.awards[0].issued == first_moment(day, ZONE)


def test_rows_that_never_end_take_bounded_time() -> None:
    data = (HEADER + 'a,"' + "x" * 5_000 + '""\n' + ('"' + "y" * 5_000 + "\n") * 400).encode()
    with in_time(seconds=10):
        assert all(isinstance(one, Rejected) for one in read(data))


_CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)


_NOT_TOLD = re.compile("[íƒˆŽ]")  # what is also part of other encodings
_ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]


@settings(max_examples=100)
@given(
    st.lists(_CELLS, min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(_ENCODINGS),
    st.sampled_from(["", "Training report\n\n"]),
)
def test_any_table_in_any_encoding_is_read_as_it_was_written(
    names: list[str], separator: str, encoding: str, title: str
) -> None:
    out = io.StringIO()
    out.write(title)
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(["candidate_key", "achievement_name", "achievement_key"])
    if encoding == "cp1252":  # whose bytes may happen to be UTF-8, unless a letter like é stands alone
        names = [f"é {_NOT_TOLD.sub('', name)}".encode(encoding, "ignore").decode(encoding) for name in names]
    writer.writerows(["c", name, "k"] for name in names)
    found = read_any(out.getvalue().encode(encoding))
    (record,) = [one for one in found if isinstance(one, CandidateRecord)]
    assert not [one for one in found if isinstance(one, Rejected)]
    assert [award.achievement.name for award in record.awards] == [name.strip() for name in names]
    if encoding.startswith("utf-") and encoding != "utf-8":
        assert any(isinstance(one, Notice) and "UTF-" in one.text for one in found)


_ODD = st.sampled_from(
    ["", "-", "n/a", "Total", "85", "75 %", "0,5", "3/0", "9" * 500, "1e999", "nan", "mars 2026",
     "03/04/2026", "45717", "jamais", "9999-12-31", "2026-02-30", "Expired", "Annulé", "échec", "a|b|c",
     ";;|", "\0", "\ud7ff", "x@y"]
)  # fmt: skip
_COLUMNS = [*PATHS, "first_name", "last_name", "score", "unheard of"]


@settings(max_examples=100)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(_COLUMNS, _ODD | _CELLS)), min_size=1, max_size=3))
def test_any_value_in_any_cell_is_read_or_refused(rows: list[dict[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS)
    writer.writeheader()
    good = dict.fromkeys(_COLUMNS, "") | {"candidate_key": "good", "achievement_name": "One"}
    for row in rows:
        writer.writerow(row)
        writer.writerow(good)
    found = read(out.getvalue())
    assert all(isinstance(one, CandidateRecord | Rejected | Notice) for one in found)
    awards = [len(one.awards) for one in found if isinstance(one, CandidateRecord) and one.key == "good"]
    assert sum(awards) == len(rows)


@given(st.lists(st.one_of(st.binary(max_size=30), st.just(b"good,One")), max_size=8))
def test_no_bytes_make_the_reader_fail(rows: list[bytes]) -> None:
    data = b"candidate_key,achievement_name\n" + b"\n".join(rows)
    assert all(isinstance(one, CandidateRecord | Rejected | Notice) for one in read(data))


PEOPLE = "Email,Name,Course,Issued on\n"
ALICE = "alice@example.org,Alice,One,2026-01-31\n"
BOB = "bob@example.org,Bob,Two,2026-01-31\n"


def about_one(text: str) -> list[Record]:
    found = detect.read_stream(io.BytesIO(text.encode()), Context("awards.csv", ZONE, "c-1"))
    return [one for one in found if isinstance(one, CandidateRecord | Rejected)]


@pytest.mark.parametrize(
    "rows",
    [ALICE + BOB, ALICE.replace("2026-01-31", "03/04/2026") + BOB, ALICE + ",,Three,2026-01-31\n" + BOB],
)
def test_of_a_table_of_several_people_nobody_is_taken_as_the_one_meant(rows: str) -> None:
    found = about_one(PEOPLE + rows)
    reasons = [one.reason for one in found if isinstance(one, Rejected)]
    assert len(reasons) == len(found)
    assert "alice@example.org" in reasons[-1]
    assert "bob@example.org" in reasons[-1]
    last = found[-1]
    assert isinstance(last, Rejected)
    assert "c-1" not in last.raw


def test_rows_with_the_key_are_taken_and_those_about_others_are_not() -> None:
    header = "candidate_key,email,name,achievement_name\n"
    mine, *others = about_one(header + "c-1,a@example.org,Ann,One\nc-2,b@example.org,Bob,Two\n,,,Three\n")[
        ::-1
    ]
    found = [mine, *others]
    taken = [one for one in found if isinstance(one, CandidateRecord)]
    assert [(one.key, one.name, one.email, len(one.awards)) for one in taken] == [
        ("c-1", "Ann", "a@example.org", 1)
    ]
    assert len(found) == 3


def test_what_a_table_calls_somebody_is_not_kept_where_only_the_file_says_who_it_is() -> None:
    for table in (PEOPLE + BOB, PEOPLE + "," + BOB.partition(",")[2]):
        (record,) = about_one(table)
        assert isinstance(record, CandidateRecord)
        assert (record.key, record.name, record.email, record.identifiers) == ("c-1", "", "", ())
        assert len(record.awards) == 1


def test_more_awards_than_one_person_has_are_refused() -> None:
    context = Context("awards.csv", ZONE, "c-1", Limits(parts=2))
    rows = "".join(f"Course {number}\n" for number in range(3))
    found = list(
        detect.read_stream(
            io.BytesIO(f"Course,Issued on\n{rows.replace(chr(10), ',' + chr(10))}".encode()), context
        )
    )
    (refusal,) = [one for one in found if isinstance(one, Rejected)]
    assert "more than 2 (CREDMATCH_IMPORT_PARTS) awards" in refusal.reason
    assert not any(isinstance(one, CandidateRecord) for one in found)


def test_another_word_is_not_taken_for_a_typing_error() -> None:
    found = columns(["email", "achievement_name", "Hours"])
    assert not_known(["email", "achievement_name", "Hours"], found) == ('"Hours"',)
    (named,) = not_known(["email", "achievement_name", "Isued"], found)
    assert named == '"Isued" (did you mean "issued"?)'


def test_an_expiry_before_the_issue_names_the_tables_columns() -> None:
    table = "candidate_key,achievement_name,Date earned,Expiration date\nc,A,2026-01-01,2025-01-01\n"
    (found,) = read_any(table)
    assert isinstance(found, Rejected)
    assert found.where == "Expiration date"
    assert found.reason == '"2025-01-01" is before "Date earned", "2026-01-01"'


def test_a_header_with_too_many_columns_is_named_so() -> None:
    header = ",".join(["candidate_key", "achievement_name", *(f"c{n}" for n in range(10_001))])
    (refused,) = only(Rejected, read_any(f"{header}\nx,y\n".encode()))
    assert refused.reason == "has 10,003 columns, more than 10,000 (CREDMATCH_IMPORT_PARTS)"


def test_a_million_rows_that_say_nothing_cost_little() -> None:
    rows = b"a,One,,,,\n" + b",,,,,\n" * 200_000
    with in_time(seconds=0.7):
        assert [one.key for one in records(HEADER.encode() + rows + b"b,Two,,,,\n")] == ["a", "b"]
    with in_time():
        found = rejected(HEADER.encode() + b"a,One,,,,\n" + b",,,\n" * 1_900_000 + b"b,Two,,,,\n")
    most = "250,000 (CREDMATCH_IMPORT_VALUES)"
    assert found == [(250_003, "", f"more than {most} lines in a row are empty; the rest is not read")]


def test_a_row_that_says_nothing_within_a_cell_stays_in_it() -> None:
    (record,) = records(HEADER + 'a,"One\n,,,,,\n\ntwo",,,,\n')
    assert record.awards[0].achievement.name == "One\n,,,,,\n\ntwo"
