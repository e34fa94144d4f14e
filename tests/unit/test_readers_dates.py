"""Dates as exports write them: read where there is one way to, and refused with the reason where not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.dates import DAY_FIRST, MONTH_FIRST, ORDERS, Stated, parse_date
from matcher.errors import InvalidInput

WHICH_YEAR = "has a year of two digits and may be %s: write all four, or say which order the dates have"


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01", "2026/03/01", "2026.03.01", "2026-3-1", "20260301", " 2026-03-01 ", "2026-Mar-01",
        "01-Mar-2026", "1-mars-2026", "1 Mar 2026", "1 Mar. 2026", "01MAR2026", "1 March 2026",
        "1st of March 2026",
        "March 1, 2026", "March 1st, 2026", "Mar 1 2026", "1 mars 2026", "1er mars 2026", "le 1er mars 2026",
        "Sunday, March 1, 2026", "Sun 1 Mar 2026", "dimanche 1er mars 2026", "dim. 1 mars 2026",
        "1\u00a0mars\u00a02026",
    ],
)  # fmt: skip
def test_a_day_is_read_in_every_form(text: str) -> None:
    assert parse_date(text) == Stated("2026-03-01", "2026-03-01")


@pytest.mark.parametrize(
    ("month", "names"),
    [
        (1, "Jan January janv. Janvier"), (2, "Feb February févr. fév. février"), (3, "Mar March mars"),
        (4, "Apr April avr. avril"), (5, "May mai"), (6, "Jun June juin"), (7, "Jul July juil. juillet"),
        (8, "Aug August août AOUT"), (9, "Sep Sept. September septembre"), (10, "Oct October octobre"),
        (11, "Nov November novembre"), (12, "Dec December déc. décembre"),
    ],
)  # fmt: skip
def test_months_have_names_in_both_languages(month: int, names: str) -> None:
    for name in names.split():
        assert parse_date(f"7 {name} 2026") == Stated(f"2026-{month:02}-07", f"2026-{month:02}-07")


@pytest.mark.parametrize("text", ["mars 2026", "March 2026", "Mar-2026", "2026-03", "03/2026", "3/2026"])
def test_a_month_without_a_day_is_its_first_and_its_last(text: str) -> None:
    assert parse_date(text) == Stated("2026-03-01", "2026-03-31")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("31/12/2026", "2026-12-31"),
        ("12/31/2026", "2026-12-31"),
        ("31.12.2026", "2026-12-31"),
        ("4-4-2026", "2026-04-04"),
        ("05.06.2028", "2028-06-05"),
        ("05.31.2028", "2028-05-31"),
        ("5-Mar-26", "2026-03-05"),
        ("5-Mar-26 14:30", "2026-03-05T14:30:00"),
        ("le 5 mars 26", "2026-03-05"),
        ("31-DEC-99", "1999-12-31"),
        ("2026-03-01T14:30:00Z", "2026-03-01T14:30:00+00:00"),
        ("2026-03-01 14:30:00 -0500", "2026-03-01T14:30:00-05:00"),
        ("2026-03-01 14:30:00.250 UTC", "2026-03-01T14:30:00+00:00"),
        ("2026-03-01 14:30", "2026-03-01T14:30:00"),
        ("12/31/2026 2:30 PM", "2026-12-31T14:30:00"),
        ("12/31/2026 12:00:00 AM", "2026-12-31T00:00:00"),
        ("1 mars 2026 à 14 h 30", "2026-03-01T14:30:00"),
        ("mar. 3 mars 2026 14h", "2026-03-03T14:00:00"),
        ("Tue Mar 3 2026 14:30:05", "2026-03-03T14:30:05"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_what_can_be_read_in_one_way_only_is_read(text: str, iso: str) -> None:
    assert parse_date(text) == Stated(iso, iso)


def test_the_order_of_day_and_month_is_as_was_said() -> None:
    with pytest.raises(InvalidInput, match=r"may be 2026-04-03 \(day-first\) or 2026-03-04 \(month-first\):"):
        parse_date("03/04/2026")
    assert parse_date("03/04/2026", DAY_FIRST) == Stated("2026-04-03", "2026-04-03")
    assert parse_date("03/04/2026 14:30", MONTH_FIRST) == Stated("2026-03-04T14:30:00", "2026-03-04T14:30:00")
    assert parse_date("03.04.2026", MONTH_FIRST) == Stated("2026-03-04", "2026-03-04")
    with pytest.raises(InvalidInput, match="is not a date when read day-first, as was said of the file"):
        parse_date("3/15/2028", DAY_FIRST)
    with pytest.raises(InvalidInput, match="is not a date when read month-first, as was said of the file"):
        parse_date("31/12/2026", MONTH_FIRST)


@pytest.mark.parametrize(
    ("years", "is_read"), [(-51, False), (-50, True), (0, True), (30, True), (31, False)]
)
def test_a_year_of_two_digits_beside_a_named_month_is_near_today(years: int, *, is_read: bool) -> None:
    year = datetime.now(UTC).year + years
    text = f"5-Mar-{year % 100:02}"
    if is_read:
        assert parse_date(text) == Stated(f"{year}-03-05", f"{year}-03-05")
        return
    with pytest.raises(InvalidInput, match="has a year of two digits: write all four"):
        parse_date(text)


@pytest.mark.parametrize("text", ["-", "–", "n/a", "N/A", "s/o", "null"])
def test_some_words_say_that_nothing_is_stated(text: str) -> None:
    assert parse_date(text) is parse_date(text, end=True) is None


@pytest.mark.parametrize("text", ["2026-03-13 00:00:00", "3/13/2026 12:00:00 AM", "2026-03-13T00:00:00.000"])
def test_what_ends_at_midnight_ends_with_the_day(text: str) -> None:
    """As databases and spreadsheets write a day."""
    assert parse_date(text, end=True) == Stated("2026-03-13", "2026-03-13")
    assert parse_date(text) == Stated("2026-03-13T00:00:00", "2026-03-13T00:00:00")
    exact = "2026-03-13T00:00:00+00:00"
    assert parse_date(f"{text[:10]} 00:00:00Z", end=True) == Stated(exact, exact) or "/" in text


@pytest.mark.parametrize(
    "text", ["never", "Jamais", "Sans expiration", "N’expire pas", "Does not expire", "À vie"]
)
def test_some_words_say_that_it_never_ends(text: str) -> None:
    assert parse_date(text, end=True) is None
    with pytest.raises(InvalidInput, match="is not a date"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-02-30", "is not a date"),
        ("30 février 2026", "is not a date"),
        ("31/13/2026", "is not a date"),
        ("0000-00-00", "is not a date"),
        ("1 brumaire 2026", "is not a date"),
        ("2026-03-01 25:00", "is not a date"),
        ("2026-03-01 13:00 PM", "is not a date"),
        ("2026-03-01 10:00 +99:00", "is not a date"),
        ("mars 2026 14:30", "is not a date"),
        ("soon", "is not a date"),
        ("?", "is not a date"),
        (
            "31/12/26",
            WHICH_YEAR % "2026-12-31, 2031-12-26",
        ),
        (
            "05.06.26",
            WHICH_YEAR % "2026-06-05, 2026-05-06, 2005-06-26",
        ),
        ("4/5/26", WHICH_YEAR % "2026-05-04, 2026-04-05"),
        ("Mar 5, 26", "has a year of two digits: write all four"),
        ("Mar-26", "has a year of two digits, or none: write all four"),
        ("2026", "is a year alone"),
        (
            "45717",
            "is a spreadsheet's number for 2025-03-01: give the column a date format and export it again",
        ),
        (
            "45717,5",
            "is a spreadsheet's number for 2025-03-01: give the column a date format and export it again",
        ),
        ("1772323200", "is a count since 1970, of 2026-03-01: export it as a date"),
        ("1772323200000", "is a count since 1970, of 2026-03-01: export it as a date"),
        ("2026-03-01 14:30 EST", "names a time zone by letters, EST: write its offset, as in -05:00"),
    ],
)
def test_what_is_no_date_or_not_clear_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_date(text, end=True)
    assert caught.value.reason == f'"{text}" {reason}'


@given(
    st.dates(min_value=date(1900, 1, 1)),
    st.sampled_from(["%d %B %Y", "%B %d, %Y", "%Y%m%d", "%d-%b-%Y", "%Y/%m/%d"]),
)
def test_every_day_is_read_back(day: date, form: str) -> None:
    assert parse_date(day.strftime(form)) == Stated(day.isoformat(), day.isoformat())


@given(
    st.text(max_size=80) | st.from_regex(r"[0-9a-zé./: +-]{1,30}"),
    st.sampled_from(["", *ORDERS]),
    st.booleans(),
)
def test_any_text_is_read_or_refused(text: str, order: str, end: bool) -> None:
    try:
        found = parse_date(text, order, end=end)
    except InvalidInput:
        return
    assert found is None or date.fromisoformat(found.first[:10]) <= date.fromisoformat(found.last[:10])


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("12/31/25", "month-first", "2025-12-31"),
        ("12/31/25", "", "2025-12-31"),  # in no other way
        ("05.06.24", "day-first", "2024-06-05"),
        ("4/5/26", "day-first", "2026-05-04"),
        ("4/5/26", "month-first", "2026-04-05"),
        ("1/2/99", "day-first", "1999-02-01"),
    ],
)
def test_where_the_order_is_said_a_year_of_two_digits_is_the_last_number(
    text: str, order: str, day: str
) -> None:
    assert parse_date(text, order) == Stated(day, day)
    with pytest.raises(InvalidInput, match="is not a date when read day-first"):
        parse_date("12/31/25", "day-first")
