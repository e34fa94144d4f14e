"""Which day a moment stands for."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from matcher.moments import day_of, first_day, first_moment

TORONTO = ZoneInfo("America/Toronto")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-05-01", date(2025, 5, 1)),
        ("2025-05-01T00:00:00", date(2025, 5, 1)),
        ("2025-05-01T00:00:00-04:00", date(2025, 5, 1)),
        ("2025-05-01T00:00:00Z", date(2025, 5, 1)),
        ("2025-01-01T00:00:00.000+00:00", date(2025, 1, 1)),
        ("2025-05-01T00:00:01Z", date(2025, 4, 30)),
        ("2025-05-01T03:59:59Z", date(2025, 4, 30)),
    ],
)
def test_a_start_at_midnight_in_utc_is_that_date(text: str, day: date) -> None:
    assert first_day(first_moment(text, TORONTO), TORONTO) == day


def test_an_end_is_the_last_day_that_it_lies_in() -> None:
    midnight = int(datetime.fromisoformat("2025-05-01T00:00:00Z").timestamp())
    assert day_of(midnight, TORONTO) == date(2025, 4, 30)
