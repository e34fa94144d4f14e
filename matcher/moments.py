"""Dates and times of credentials as moments: whole seconds since 1970-01-01T00:00Z.

A date without a time means the whole day in the organisation's time zone: it starts with its first second
and, as an end, is valid through its last.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_DAY = 86_400


def first_moment(text: str, zone: ZoneInfo) -> int:
    """The moment that `text` (ISO 8601 date, or date and time) starts at. Raises ValueError."""
    return _moment(text, zone, time(0, 0, 0))


def last_moment(text: str, zone: ZoneInfo) -> int:
    """The last moment that `text` (ISO 8601 date, or date and time) includes. Raises ValueError."""
    return _moment(text, zone, time(23, 59, 59))


def day_of(moment: int, zone: ZoneInfo) -> date:
    """The calendar day of a moment in a time zone."""
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).date()


def first_day(moment: int, zone: ZoneInfo) -> date:
    """The calendar day that a moment at which something starts stands for.

    Many issuers write a date as midnight in UTC, which in the Americas is the evening before: it is the date.
    """
    return day_of(moment, zone) if moment % _DAY else datetime.fromtimestamp(moment, UTC).date()


def _moment(text: str, zone: ZoneInfo, of_day: time) -> int:
    if len(text) == len("2026-01-31"):
        return int(datetime.combine(date.fromisoformat(text), of_day, zone).timestamp())
    stated = datetime.fromisoformat(text)
    return int((stated if stated.tzinfo else stated.replace(tzinfo=zone)).timestamp())
