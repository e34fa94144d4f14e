"""JSON Resume: a person's own word, read as claims."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.readers.limits import Limits
from matcher.moments import first_moment
from matcher.records import CandidateRecord, CompetencyRef, IssuerRef, Notice, Rejected, Status
from tests.unit.changed import changed
from tests.unit.examples.json_resume import RESUME
from tests.unit.reading import ZONE, formats_of, one_candidate, only, read_any


def without(path: str) -> dict[str, Any]:
    copied = json.loads(json.dumps(RESUME))
    *parents, last = path.split(".")
    place = copied
    for parent in parents:
        place = place[parent]
    del place[last]
    return copied


def refused(document: Any) -> tuple[str, str]:
    (found,) = only(Rejected, read_any(document))
    return found.where, found.reason


def test_a_resume_is_a_person_with_claims() -> None:
    assert formats_of(json.dumps(RESUME).encode()) == ["JSON", "JSON Resume"]
    record = one_candidate(read_any(RESUME))
    assert (record.key, record.name, record.email) == ("", "Zoé Tremblay", "zoe@example.org")
    assert record.identifiers == ("zoe@example.org", "https://zoe.example.org/")
    assert (record.region, record.languages) == ("CA-ON", ("fr", "en"))
    certificate, warehousing, aid = record.awards
    assert all(award.claimed and not award.key and not award.achievement.key for award in record.awards)
    assert certificate.achievement.name == "Lift truck operator"
    assert certificate.achievement.issuer == IssuerRef("Northshore Safety Institute", "")
    assert certificate.achievement.competencies == ()
    assert certificate.issued == 1746072000  # 2025-05-01 in Toronto
    assert (certificate.expires, certificate.status) == (None, Status.ACTIVE)
    assert certificate.evidence == ("https://safety.example.org/c/1",)
    assert warehousing.achievement.name == "Warehousing"
    assert warehousing.achievement.competencies == (
        CompetencyRef("Warehousing"),
        CompetencyRef("stack pallets"),
        CompetencyRef("pick orders"),
    )
    assert (warehousing.level, warehousing.level_label) == (None, "Master")
    assert aid.achievement.competencies == (CompetencyRef("first aid"),)


@pytest.mark.parametrize(
    ("date", "issued"),
    [
        ("2025-05-03", 1746244800),
        ("2025-05", 1746072000),
        ("2025", 1735707600),
        (2025, 1735707600),
        (None, None),
    ],
)
def test_a_month_or_year_counts_from_its_first_day(date: Any, issued: int | None) -> None:
    resume = {**RESUME, "certificates": [{"name": "Lift truck operator", "date": date}]}
    assert one_candidate(read_any(resume)).awards[0].issued == issued


@pytest.mark.parametrize(
    ("location", "region"),
    [
        ({"countryCode": "CA", "region": "ON"}, "CA-ON"),
        ({"countryCode": "CA", "region": "ca-qc"}, "ca-qc"),
        ({"region": "Ontario"}, "Ontario"),
        ({"countryCode": "CA"}, "CA"),
        ({}, ""),
        (None, ""),
    ],
)
def test_regions(location: Any, region: str) -> None:
    resume = {**RESUME, "basics": {**RESUME["basics"], "location": location}}
    assert one_candidate(read_any(resume)).region == region


def test_whose_it_is() -> None:
    by_url = one_candidate(read_any(without("basics.email")))
    assert by_url.identifiers == ("https://zoe.example.org/",)
    nobody = {**RESUME, "basics": {"name": "Zoé Tremblay"}}
    assert refused(nobody) == ("basics.email", "no subject: nothing says whose it is")
    assert one_candidate(read_any(nobody, "c-1")).key == "c-1"
    assert one_candidate(read_any({"basics": None, "skills": [{"name": "first aid"}]}, "c-1")).key == "c-1"


def test_how_a_month_or_year_was_read_is_said() -> None:
    dates: list[Any] = ["2021-05", 2019, "2020-02-03", None, "2018", "2017-01"]
    certificates = [{"name": f"Certificate {number}", "date": date} for number, date in enumerate(dates)]
    (notice,) = only(Notice, read_any({**RESUME, "certificates": certificates}))
    assert notice.text == (
        "a date of a year or a month alone is read as its first day: certificates[0].date "
        "2021-05 = 2021-05-01, certificates[1].date 2019 = 2019-01-01, "
        "certificates[4].date 2018 = 2018-01-01 (+1)"
    )
    certificates = [{"name": "Certificate", "date": "2020-02-03"}]
    assert not only(Notice, read_any({**RESUME, "certificates": certificates}))


def test_a_language_that_is_not_clear_is_said_and_not_taken() -> None:
    record, _, notice = read_any(
        {**RESUME, "languages": [{"language": "Klingon"}, {"language": 5}, "English", {}]}
    )
    assert isinstance(record, CandidateRecord)
    assert record.languages == ("en",)
    assert isinstance(notice, Notice)
    assert notice.text == 'languages: "Klingon", 5 could not be told to be a language; not taken'


@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({"basics": 5}, "basics", "5 is not an object"),
        ({"basics": {"email": "z@example.org", "name": 5}}, "basics.name", "5 is not text"),
        ({"basics": {"email": "z@example.org", "location": "Hamilton"}}, "basics.location",
         '"Hamilton" is not an object'),
        ({"basics": {"email": "z\u0007@example.org"}}, "basics.email",
         '"z\\u0007@example.org" has control characters'),
        ({"basics": {"email": "z@example.org", "location": {"region": "x" * 101}}}, "basics.location.region",
         f'"{"x" * 76}... has more than 100 characters'),
        ({"certificates": [{"issuer": "N"}]}, "certificates[0]", "needs a name or a key"),
        ({"certificates": [{"name": 5}]}, "certificates[0].name", "5 is not text"),
        ({"certificates": {"name": "A", "date": "soon"}}, "certificates.date", '"soon" is not a date'),
        ({"certificates": [{"name": "A", "date": "2025-13"}]}, "certificates[0].date",
         '"2025-13" is not a date'),
        ({"certificates": [{"name": "A", "date": "2026-02-30"}]}, "certificates[0].date",
         '"2026-02-30" is not a date'),
        ({"certificates": ["A"]}, "certificates[0]", '"A" is not an object'),
        ({"skills": [{"name": "A", "keywords": ["B", 5]}]}, "skills[0].keywords[1]", "5 is not text"),
        ({"skills": [{"name": "A", "keywords": ["B", "\0"]}]}, "skills[0].keywords[1]",
         '"\\u0000" has a NUL character'),
        ({"skills": [{"name": "A", "keywords": ["B"] * 500}]}, "skills[0].keywords",
         "has 501 entries, more than 500 (CREDMATCH_IMPORT_COMPETENCIES)"),
        ({"skills": [{"level": "Master"}]}, "skills[0]", "needs a name or a key"),
        ({"skills": [{"name": "A", "level": {}}]}, "skills[0].level", "an object is not text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_in_the_words_of_the_resume(
    changes: dict[str, Any], where: str, reason: str
) -> None:
    assert refused({**RESUME, **changes}) == (where, reason)


def test_a_bad_entry_loses_only_itself_and_can_be_corrected() -> None:
    bad = {"name": "First aid", "date": "2026-02-30"}
    record, rejected, _ = read_any({**RESUME, "certificates": [RESUME["certificates"][0], bad]})
    assert isinstance(record, CandidateRecord)
    assert [award.achievement.name for award in record.awards] == [
        "Lift truck operator", "Warehousing", "first aid"
    ]  # fmt: skip
    assert isinstance(rejected, Rejected)
    assert rejected.where == "certificates[1].date"
    assert "555 0100" not in rejected.raw
    corrected = one_candidate(read_any(rejected.raw.replace("02-30", "02-28")))
    assert corrected.identifiers == record.identifiers
    assert [award.achievement.name for award in corrected.awards] == ["First aid"]


def test_a_keyword_that_is_none_loses_no_other_of_its_skill() -> None:
    skill = {"name": "Lifting", "keywords": ["forklift", 5, " ", "x" * 501, "pallet truck"]}
    found = read_any({**RESUME, "certificates": [], "skills": [skill]})
    (record,) = only(CandidateRecord, found)
    (award,) = record.awards
    labels = [one.label for one in award.achievement.competencies]
    assert labels == ["Lifting", "forklift", "pallet truck"]
    assert [one.where for one in only(Rejected, found)] == ["skills[0].keywords[1]", "skills[0].keywords[3]"]


def test_too_many_entries_are_refused() -> None:
    resume = {**RESUME, "skills": [{"name": str(number)} for number in range(11)]}
    (found,) = only(Rejected, read_any(resume, limits=Limits(parts=10)))
    assert (found.where, found.reason) == ("skills", "has 11 entries, more than 10 (CREDMATCH_IMPORT_PARTS)")


@settings(max_examples=100)
@given(st.data())
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    assert read_any(changed(RESUME, data))


def test_entries_that_are_there_to_be_filled_in_are_passed_over() -> None:
    empty = {
        "certificates": [{"name": "", "date": "", "issuer": "", "url": ""}],
        "skills": [{"name": "", "level": "", "keywords": []}],
        "languages": [{"language": "", "fluency": ""}],
    }
    (found,) = read_any({**RESUME, **empty})
    assert isinstance(found, CandidateRecord)
    assert found.awards == ()


@pytest.mark.parametrize(
    ("date", "day", "is_told"),
    [
        ("May 2022", "2022-05-01", True),
        ("mai 2022", "2022-05-01", True),
        ("May 5, 2022", "2022-05-05", False),
        ("n/a", None, False),
        ("", None, False),
    ],
)
def test_dates_in_words_are_read_as_in_tables(date: str, day: str | None, is_told: bool) -> None:
    document = {"basics": RESUME["basics"], "certificates": [{"name": "First aid", "date": date}]}
    found = read_any(document)
    ((award,),) = [one.awards for one in only(CandidateRecord, found)]
    assert award.issued == (None if day is None else first_moment(day, ZONE))
    told = f"a date of a year or a month alone is read as its first day: certificates[0].date {date} = {day}"
    assert [one.text for one in only(Notice, found)] == [told] * is_told


@pytest.mark.parametrize("date", ["03/04/2022", "someday"])
def test_a_date_that_is_not_clear_is_refused_with_its_certificate(date: str) -> None:
    document = {"basics": RESUME["basics"], "certificates": [{"name": "First aid", "date": date}]}
    (refused,) = only(Rejected, read_any(document))
    assert refused.where == "certificates[0].date"


def test_resumes_of_two_people_name_nobody_that_they_are_sent_for() -> None:
    resumes = [
        {"basics": {"name": name}, "certificates": [{"name": "PMP", "date": "2025-05-01"}]}
        for name in ("Rita Roe", "Otto Orr")
    ]
    found = read_any(resumes, candidate="c-1")
    assert {one.name for one in only(CandidateRecord, found)} == {""}
    (told,) = only(Notice, found)
    assert told.text.startswith('names "Rita Roe", "Otto Orr": is it about one person?')
