"""Scales of achievement: which values a result can have, and which of two is higher.

As Open Badges 3.0 and both versions of the Comprehensive Learner Record write them. Their lists of values and
of rubric levels "should be ordered from low to high as determined by the achievement creator". Some are not.
Where every level of a rubric has points of its own, these state the order, else the numbers that levels are
called by (`level`) do, whichever way the list goes. What contradicts the order, be it stated or the list's,
leaves nobody able to tell which is higher: a level with more points or a higher number below one with less,
"Fail" above "Pass", "Basic" above "Mastered", a B above an A.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator

from indexer.readers.json_text import shown
from indexer.readers.parts import Many, Part, spelt
from indexer.readers.verdicts import at_the_top, passed
from matcher.messages import Said, said

_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15}|,\d{1,2})?", re.ASCII)
"""With a decimal comma, too, where it cannot be one between thousands."""

_LETTER = re.compile(r"[A-G][+-]?", re.ASCII)


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Figure = Annotated[str | None, BeforeValidator(_text)]
"""A number as text, or a text."""


class Rank(Part):
    """RubricCriterionLevel: a level of a rubric."""

    id: str | None = None
    name: str | None = None
    level: Figure = None
    points: Figure = None

    @property
    def label(self) -> str | None:
        """What people call it: where levels are only counted, 1, 2 and 3, the name says more."""
        return self.name or self.level


class Scale(Part):
    """ResultDescription: the values that a result can have, and which of them passes."""

    id: str | None = None
    result_type: str | None = None
    allowed_value: Many[str] = spelt("allowedValue", "allowedValues")
    rubric_criterion_level: Many[Rank] = spelt("rubricCriterionLevel", "rubricCriterionLevels")
    value_min: Figure = None
    value_max: Figure = None
    required_level: str | None = None
    required_value: Figure = None


def figure_of(text: str | None) -> float | None:
    """The number that a text is, None where it is none."""
    text = (text or "").strip()
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def in_order(ranks: Sequence[Rank]) -> list[Rank]:
    """The levels of a rubric from low to high."""
    for figure in (_points, _level):
        figures = [found for rank in ranks if (found := figure(rank)) is not None]
        if len(set(figures)) == len(ranks):
            return sorted(ranks, key=lambda rank: figure(rank) or 0)
    return list(ranks)


def contradiction(scale: Scale) -> tuple[str, str] | None:
    """Two values of a scale, shown in the order that it states, that contradict it; None for a good one.

    A word for failing may come neither after one for passing nor last, one for the lowest level not after one
    for the highest, a B not after an A, and a level not after one with more points or a higher number.
    """
    allowed = scale.allowed_value or []
    if places := _out_of_order(allowed, scale):
        return shown(allowed[places[0]]), shown(allowed[places[1]])
    ranks = in_order(scale.rubric_criterion_level or [])
    if places := _out_of_order([rank.label or "" for rank in ranks], scale):
        return _with_figures(ranks[places[0]]), _with_figures(ranks[places[1]])
    for figure in (_points, _level):
        known = [(found, rank) for rank in ranks if (found := figure(rank)) is not None]
        for (low, lower), (high, higher) in pairwise(known):
            if high < low:
                return _with_figures(lower), _with_figures(higher)
    return None


def fails_with_f(scale: Scale) -> bool:
    """Whether an F is a grade that does not pass: on every scale of letters that does not go down to G."""
    return scale.result_type == "LetterGrade" and "G" not in (scale.allowed_value or ())


def verdict(words: str, *, not_with_f: bool) -> bool | None:
    """Whether a result in words passes, None where they do not say."""
    return False if not_with_f and words.strip() == "F" else passed(words)


def _points(rank: Rank) -> float | None:
    return figure_of(rank.points)


def _level(rank: Rank) -> float | None:
    return figure_of(rank.level)


def _out_of_order(names: Sequence[str], scale: Scale) -> tuple[int, int] | None:
    """The places of two names that are in the wrong order."""
    not_with_f = fails_with_f(scale)
    found = _above(names, lambda name: verdict(name, not_with_f=not_with_f)) or _above(names, at_the_top)
    if found:
        return found
    last = len(names) - 1
    if last > 0 and verdict(names[last], not_with_f=not_with_f) is False:
        others = (
            place for place in range(last, -1, -1) if verdict(names[place], not_with_f=not_with_f) is None
        )
        if (other := next((place for place in others if names[place]), None)) is not None:
            return other, last
    if scale.result_type == "LetterGrade":
        for place, (before, after) in enumerate(pairwise(name.strip() for name in names)):
            if _LETTER.fullmatch(before) and _LETTER.fullmatch(after) and after[0] > before[0]:
                return place, place + 1
    return None


def _above(names: Sequence[str], good: Callable[[str], bool | None]) -> tuple[int, int] | None:
    """The places of the first bad name after a good one, and of the last good one before it."""
    lower: int | None = None
    for place, name in enumerate(names):
        is_good = good(name)
        if is_good is False and lower is not None:
            return lower, place
        lower = place if is_good else lower
    return None


def _with_figures(rank: Rank) -> Said | str:
    name = shown(rank.label or rank.id)
    if _points(rank) is not None and _level(rank) is not None and rank.name:
        return said(
            "%(name)s (points: %(points)s, level: %(level)s)",
            name=name,
            points=rank.points,
            level=rank.level,
        )
    if _points(rank) is not None:
        return said("%(name)s (points: %(points)s)", name=name, points=rank.points)
    if _level(rank) is not None and rank.name:
        return said("%(name)s (level: %(level)s)", name=name, level=rank.level)
    return name
