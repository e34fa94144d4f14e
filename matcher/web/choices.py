"""What an address asks of a ranking: of whom, how many, and as of which day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flask import request

from matcher.errors import InvalidInput
from matcher.matching import TOP
from matcher.messages import said
from matcher.validation import printable, shown, unknown

MOST = 500
"""Results that an answer has at most."""


PEOPLE = ("pool", "applicants")
"""Who can be ranked."""


def only(*known: str, stated: Iterable[str] | None = None) -> None:
    """Refuse a request that names anything else than `known`, or a parameter twice: it would be passed over.

    `stated` are the names of its parameters and fields, None for the parameters of its address alone.
    Raises InvalidInput.
    """
    for name in request.args if stated is None else stated:
        if name not in known:
            raise InvalidInput(unknown(name, known), where=printable(name))
    for name in request.args:
        if len(request.args.getlist(name)) > 1:
            raise InvalidInput(said("is given more than once"), where=name)


def chosen_top() -> int:
    """`?top=`, 1 to 500; 50 where it is not given. Raises InvalidInput."""
    text = request.args.get("top", "").strip()
    if not text:
        return TOP
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST):
        wrong = said("%(value)s is not a whole number from 1 to %(most)s", value=shown(text), most=MOST)
        raise InvalidInput(wrong, where="top")
    return int(text)


def chosen_people() -> str | None:
    """`?who=`, "pool" or "applicants"; None, which means as the position says, where it is not given.

    Raises InvalidInput.
    """
    text = request.args.get("who", "").strip()
    if text and text not in PEOPLE:
        wrong = said('%(value)s is neither "pool" nor "applicants"', value=shown(text))
        raise InvalidInput(wrong, where="who")
    return text or None


def chosen_day() -> date | None:
    """`?day=`, a day in ISO form; None, which means now, where it is not given. Raises InvalidInput."""
    text = request.args.get("day", "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        wrong = said("%(value)s is not a day such as 2026-01-31", value=shown(text))
        raise InvalidInput(wrong, where="day") from error
    if not 1900 <= day.year <= 9998:
        wrong = said("%(value)s is not a day from 1900 to 9998", value=shown(text))
        raise InvalidInput(wrong, where="day")
    return day


def chosen_view() -> dict[str, str | int | date | None]:
    """All of it, by name, for the address of a page that leads back; None for what is as usual.

    Raises InvalidInput.
    """
    top = chosen_top()
    return {"who": chosen_people(), "top": None if top == TOP else top, "day": chosen_day()}
