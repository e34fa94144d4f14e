"""Dates as people and HR systems write them, in English and French, brought into the form of ISO 8601.

Read are 2026-03-01, 2026/03/01, 2026.03.01, 20260301, 2026-Mar-01, 01-Mar-2026, 1 March 2026, March 1st,
2026, 1er mars 2026, a weekday before any of them, and a time after it (14:30, 2:30 PM, 14 h 30, with Z, UTC
or an offset). 31/12/2026 and 12/31/2026 can be read in one way only. 03/04/2026 can be read in two ways and
is refused with both, unless the order of day and month is given; 03.04.2026 has the day first by its dots.
5-Mar-26, as spreadsheets show a day, lies at most 50 years back or 30 ahead. 5/3/26 and 05.03.26
are refused with all their readings, year first among them, unless the order is given: then the year is last.

A month without a day (mars 2026, 2026-03, 03/2026) is read so that it never favours the candidate: what
expires in it expires with its first day, what starts in it starts on its last day, and what was issued in
it is as old as its first day and counts from its last.

What ends at midnight, in no stated time zone, ends with that day: databases and spreadsheets write a day so.

Of a year or month alone in résumés and learner records (`first_day`, `last_day`), what was issued in it, or
ends in it, counts from its first day, and what begins in it from its last.

Refused with a reason: two digits for any other year, a year alone, a spreadsheet's day number (45717), a
count of seconds, time zones named by letters.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NoReturn

from indexer.readers.json_text import shown
from matcher.errors import InvalidInput
from matcher.messages import marked, said

DAY_FIRST, MONTH_FIRST = marked("day-first"), marked("month-first")
ORDERS = (DAY_FIRST, MONTH_FIRST)
"""What may be said of dates like 03/04/2026."""

_LONGEST = 60  # characters
_NO_DATE = marked("%(value)s is not a date")
_TWO_WAYS = marked(
    "%(value)s may be %(day_first)s (day-first) or %(month_first)s (month-first): "
    "say which order the dates have"
)
_SHORT_YEAR = marked("%(value)s has a year of two digits: write all four")
_SEVERAL_WAYS = marked(
    "%(value)s has a year of two digits and may be %(readings)s: write all four, or say which order the "
    "dates have"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janv janvier",
            "feb february fev fevr fevrier",
            "mar march mars",
            "apr april avr avril",
            "may mai",
            "jun june juin",
            "jul july juil juillet",
            "aug august aou aout",
            "sep sept september septembre",
            "oct october octobre",
            "nov november novembre",
            "dec december decembre",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = frozenset({
    "mon", "monday", "tue", "tues", "tuesday", "wed", "wednesday", "thu", "thur", "thurs", "thursday", "fri",
    "friday", "sat", "saturday", "sun", "sunday", "lun", "lundi", "mardi", "mer", "mercredi", "jeu", "jeudi",
    "ven", "vendredi", "sam", "samedi", "dim", "dimanche",
})  # fmt: skip
NOT_STATED = frozenset({"-", "--", "–", "—", "n/a", "na", "s/o", "null", "none"})
"""What stands in cells that say nothing."""

_NEVER = frozenset({
    "never", "never expires", "no expiry", "no expiration", "no expiration date", "does not expire",
    "doesn't expire", "non-expiring", "lifetime", "permanent", "unlimited",
    "jamais", "n'expire pas", "n'expire jamais", "sans expiration", "sans echeance", "aucune", "aucun",
    "aucune expiration", "permanente", "illimite", "illimitee", "a vie",
})  # fmt: skip

_TIME = re.compile(
    r"(?P<day>.*?)(?:t|,? (?:at |a )?)(?P<hour>\d\d?)"
    r"(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?| ?h ?(?P<minute_fr>\d\d)?)"
    r" ?(?P<half>[ap]\.?m\.?)? ?(?P<zone>[+-]\d\d(?::?\d\d)?|[a-z]{1,5})?",
    re.ASCII,
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d\d?|[a-z]+)\2(\d\d?)", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_NUMBERS = re.compile(r"(\d\d?)([-/. ])(\d\d?)\2(\d\d|\d{4})", re.ASCII)
_DAY_MONTH = re.compile(
    r"(\d\d?)(?:er|e|st|nd|rd|th)?[-/. ]*(?:of |de )?([a-z]+)[-/., ]*(\d\d|\d{4})", re.ASCII
)
_MONTH_DAY = re.compile(r"([a-z]+)[-/. ]*(\d\d?)(?:st|nd|rd|th|er)?(?:, ?|[-/. ])(\d\d|\d{4})", re.ASCII)
_MONTH = re.compile(r"([a-z]+|\d\d?)[-/., ]+(\d{4})|(\d{4})[-/. ](\d\d?)", re.ASCII)
_MONTH_SHORT = re.compile(r"[a-z]+[-/.' ]+\d\d", re.ASCII)
_MIDNIGHT = "T00:00:00"
_PARTIAL = re.compile(r"([12]\d{3})(?:-(0[1-9]|1[0-2]))?")
_NUMBER = re.compile(r"\d{4,13}(?:[.,]\d+)?", re.ASCII)
_YEARS_BACK, _YEARS_AHEAD = 50, 30  # within which a year of two digits beside a named month lies
_EPOCHS = {10: 1, 13: 1_000}  # digits of a count since 1970 -> counts in a second
_SPREADSHEET_START = date(1899, 12, 30)
_SPREADSHEET_DAYS = range(20_000, 80_000)  # 1954 to 2119


@dataclass(frozen=True, slots=True)
class Stated:
    """The first and the last day that a text may mean, in ISO 8601; both the same, with its time, where it
    names a day."""

    first: str
    last: str


def parse_date(text: str, order: str = "", *, end: bool = False) -> Stated | None:
    """The date that `text` states; None where it says that there is none ("n/a"; as an `end`, "never").

    `order` is one of `ORDERS`, or empty where nobody said. Raises InvalidInput with the reason.
    """
    return _parse_date(text, order, end)


@lru_cache(maxsize=20_000)
def _parse_date(text: str, order: str, end: bool) -> Stated | None:  # noqa: FBT001 - an inner function
    if len(text) > _LONGEST:
        _refuse(text)
    stated = _simple(text)
    if stated in NOT_STATED or (end and stated in _NEVER):
        return None
    found = _TIME.fullmatch(stated)
    day = _without_weekday(found["day"] if found else stated)
    try:
        first, last = _days(day, order, text)
        time = _time(found, text) if found else ""
    except ValueError:
        _refuse(text)
    if time and first != last:
        _refuse(text)
    if end and time == _MIDNIGHT:
        time = ""
    return Stated(f"{first.isoformat()}{time}", f"{last.isoformat()}{time}")


def _refuse(text: str, reason: str = _NO_DATE, **values: object) -> NoReturn:
    raise InvalidInput(said(reason, value=shown(text), **values))


def _simple(text: str) -> str:
    """`text` in lower case, without accents, with single spaces and straight apostrophes."""
    parts = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return " ".join("".join(one for one in parts if not unicodedata.combining(one)).lower().split())


def _without_weekday(stated: str) -> str:
    """`stated` without a day of the week, or `le`, before it. `mar.` is Tuesday where a month follows."""
    word, _, rest = stated.partition(" ")
    word = word.rstrip(".,")
    if word in _WEEKDAYS or word == "le" or (word == "mar" and _DAY_MONTH.fullmatch(rest)):
        return rest
    return stated


def _days(stated: str, order: str, text: str) -> tuple[date, date]:
    """The first and last day; ValueError where that is no date."""
    if found := _YEAR_FIRST.fullmatch(stated):
        return _day(found[1], found[3], found[4])
    if found := _COMPACT.fullmatch(stated):
        return _day(*found.groups())
    if found := _NUMBERS.fullmatch(stated):
        return _in_order(found, order, text)
    if found := _MONTH.fullmatch(stated):
        return _whole_month(int(found[2] or found[3]), _month(found[1] or found[4]))
    if found := _DAY_MONTH.fullmatch(stated):
        return _day(_near(found[3], text), found[2], found[1])
    if found := _MONTH_DAY.fullmatch(stated):
        _check_year(found[3], text)
        return _day(found[3], found[1], found[2])
    if _MONTH_SHORT.fullmatch(stated) and re.split(r"\W", stated)[0] in _MONTHS:
        _refuse(text, marked("%(value)s has a year of two digits, or none: write all four"))
    if _NUMBER.fullmatch(stated):
        _refuse_number(text, stated)
    raise ValueError


def _day(year: str, month: str, day: str) -> tuple[date, date]:
    found = date(int(year), _month(month), int(day))
    return found, found


def _month(text: str) -> int:
    number = int(text) if text.isdigit() else _MONTHS.get(text, 0)
    if not 1 <= number <= 12:
        raise ValueError
    return number


def _whole_month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _check_year(year: str, text: str) -> None:
    if len(year) == 2:
        _refuse(text, _SHORT_YEAR)


def _near(year: str, text: str) -> str:
    """`year` with its century, where it has two digits: the only one in which it is near to today."""
    if len(year) == 4:
        return year
    today = datetime.now(UTC).year
    back = (today - int(year)) % 100
    if back <= _YEARS_BACK:
        return str(today - back)
    if 100 - back > _YEARS_AHEAD:
        _check_year(year, text)
    return str(today + 100 - back)


def _in_order(found: re.Match[str], order: str, text: str) -> tuple[date, date]:
    """The day of two numbers that are a day and a month in an order that may have been said."""
    one, separator, two, stated = found.groups()
    if not order and len(stated) == 2:
        return _in_one_way(one, two, stated, text)
    year = _near(stated, text)
    day_first, month_first = _maybe(year, two, one), _maybe(year, one, two)
    if not day_first and not month_first:
        raise ValueError
    meant = {DAY_FIRST: day_first, MONTH_FIRST: month_first}.get(order, day_first or month_first)
    if not meant:
        _refuse(
            text,
            marked("%(value)s is not a date when read %(order)s, as was said of the file"),
            order=said(order),
        )
    if not order and separator != "." and day_first and month_first and day_first != month_first:
        _refuse(text, _TWO_WAYS, day_first=day_first, month_first=month_first)
    return meant, meant


def _in_one_way(one: str, two: str, three: str, text: str) -> tuple[date, date]:
    """The day of three numbers of two digits, of which the first or the last may be the year."""
    found = [_maybe(_near(three, text), two, one), _maybe(_near(three, text), one, two)]
    if len(one) == 2:
        found.append(_maybe(_near(one, text), two, three))
    readings = tuple(dict.fromkeys(day.isoformat() for day in found if day))
    if len(readings) > 1:
        _refuse(text, _SEVERAL_WAYS, readings=readings)
    meant = date.fromisoformat("".join(readings))  # ValueError where there is none
    return meant, meant


def _maybe(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _refuse_number(text: str, stated: str) -> NoReturn:
    """Say what is wrong with a number in the place of a date."""
    number = int(re.split("[.,]", stated)[0])
    if len(stated) == 4:
        _refuse(text, marked("%(value)s is a year alone"))
    if number in _SPREADSHEET_DAYS:
        meant = _SPREADSHEET_START + timedelta(days=number)
        _refuse(
            text,
            marked(
                "%(value)s is a spreadsheet's number for %(date)s: give the column a date format and export "
                "it again"
            ),
            date=meant,
        )
    if parts := _EPOCHS.get(len(stated)):
        meant = datetime.fromtimestamp(number // parts, UTC).date()
        template = marked("%(value)s is a count since 1970, of %(date)s: export it as a date")
        _refuse(text, template, date=meant)
    _refuse(text)


def _time(found: re.Match[str], text: str) -> str:
    """The time and offset as ISO 8601; ValueError where there is no such time."""
    hour, minute = int(found["hour"]), int(found["minute"] or found["minute_fr"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if found["half"].startswith("p") else 0)
    return f"T{_clock(hour, minute, int(found['second'] or 0))}{_offset(found['zone'] or '', text)}"


def _clock(hour: int, minute: int, second: int) -> str:
    return datetime(2000, 1, 1, hour, minute, second, tzinfo=UTC).time().isoformat()


def _offset(zone: str, text: str) -> str:
    if zone in {"", "z", "utc", "gmt"}:
        return "+00:00" if zone else ""
    if zone[0] not in "+-":
        _refuse(
            text,
            marked("%(value)s names a time zone by letters, %(zone)s: write its offset, as in -05:00"),
            zone=zone.upper(),
        )
    digits = zone[1:].replace(":", "").ljust(4, "0")
    if int(digits[:2]) > 14 or int(digits[2:]) > 59:
        raise ValueError
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"


# --- years and months alone, beside dates in ISO 8601 ------------------------------------------


def first_day(text: str | None) -> str | None:
    """The first day of a year or month; any other text as it stands, for `shape.py` to read or refuse."""
    match = _PARTIAL.fullmatch((text or "").strip())
    return f"{match[1]}-{match[2] or '01'}-01" if match else text


def last_day(text: str | None) -> str | None:
    """The last day of a year or month; any other text as it stands."""
    match = _PARTIAL.fullmatch((text or "").strip())
    if not match:
        return text
    month = match[2] or "12"
    return f"{match[1]}-{month}-{calendar.monthrange(int(match[1]), int(month))[1]:02}"
