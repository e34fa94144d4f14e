"""A day as an argument of a command."""

from __future__ import annotations

import re
from datetime import date

import click

_ISO = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Day(click.ParamType[date]):
    """A day in ISO form, from 1900 to 9998, as everywhere in credmatch."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day that an argument states; fails with an example otherwise."""
        if isinstance(value, date):
            return value
        day = _day(str(value))
        if day is None:
            self.fail(f"{value} is not a day from 1900 to 9998, written as 2026-06-30.", param, ctx)
        return day


def _day(text: str) -> date | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year <= 9998 else None
