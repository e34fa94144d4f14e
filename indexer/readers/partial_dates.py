"""Dates that state only a year or a month, as résumés do.

A month is not a day, and nobody knows which day was meant. Each is read as the day that never favours the
candidate: what was issued, or ends, in a month or year counts from its first day, and what begins in it from
its last. So nothing looks fresher, begins earlier or lasts longer than what is stated allows.
"""

from __future__ import annotations

import re
from calendar import monthrange

_PARTIAL = re.compile(r"([12]\d{3})(?:-(0[1-9]|1[0-2]))?")


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
    return f"{match[1]}-{month}-{monthrange(int(match[1]), int(month))[1]:02}"
