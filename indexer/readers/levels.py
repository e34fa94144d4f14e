"""Levels of achievement: what a result says that its holder reached, on scales of whoever awards it.

As Open Badges 3.0 and both versions of the Comprehensive Learner Record write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator

from indexer.readers.parts import Many, Part, spelt

_LONGEST_LABEL = 500
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15}|,\d{1,2})?", re.ASCII)
"""With a decimal comma, too, where it cannot be one between thousands."""


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_Figure = Annotated[str | None, BeforeValidator(_text)]


class _Rank(Part):
    id: str | None = None
    name: str | None = None
    level: str | None = None

    @property
    def label(self) -> str | None:
        """What people call it: where levels are only counted, 1, 2 and 3, the name says more."""
        return self.name or self.level


class Scale(Part):
    """ResultDescription: the values that a result can have, and which of them passes."""

    id: str | None = None
    result_type: str | None = None
    allowed_value: Many[str] = spelt("allowedValue", "allowedValues")
    rubric_criterion_level: Many[_Rank] = spelt("rubricCriterionLevel", "rubricCriterionLevels")
    value_min: _Figure = None
    value_max: _Figure = None
    required_level: str | None = None
    required_value: _Figure = None


class Result(Part):
    """Result: a value that the holder reached, on one of the achievement's scales."""

    achieved_level: str | None = None
    value: _Figure = None
    status: str | None = None
    result_description: str | None = None


def level(results: Iterable[Result], scales: Sequence[Scale]) -> dict[str, Any] | None:
    """The level that results state: `value` from 0 to 1, and its name as `label`; None where none does.

    Of several the first counts. An achieved level that is on no scale is a label only. Where no result says,
    whoever holds the achievement reached what it requires (`requiredLevel`, `requiredValue`: what passes), so
    that is stated, with a label that says "at least"; where nothing is required either, a value that has no
    place on a scale is a label only.
    """
    levels = _Levels(scales)
    named: dict[str, Any] | None = None
    worded: dict[str, Any] | None = None
    for result in results:
        if stated := levels.reached(result):
            return stated
        named = named or _only_named(result)
        worded = worded or _label_only(result.value)
    return named or next(filter(None, map(levels.required, range(len(scales)))), None) or worded


def _only_named(result: Result) -> dict[str, Any] | None:
    """The level of a result that is on no scale we know: what it is called, and no more."""
    achieved = (result.achieved_level or "").strip()
    return _label_only(result.value or achieved) if achieved else None


def _label_only(label: str | None) -> dict[str, Any] | None:
    return {"value": None, "label": label.strip()[:_LONGEST_LABEL]} if label and label.strip() else None


class _Levels:
    """The levels of an achievement's scales, found at once: a document may have very many."""

    def __init__(self, scales: Sequence[Scale]) -> None:
        self._scales = scales
        self._numbers = {scale.id: number for number, scale in enumerate(scales) if scale.id}
        self._ranks: dict[str, dict[str, Any]] = {}
        self._allowed: dict[tuple[int, str], float] = {}
        # By what they are called on one scale, and on all (None); None where two are called the same.
        self._called: dict[tuple[int | None, str], dict[str, Any] | None] = {}
        for number, scale in enumerate(scales):
            ranks = scale.rubric_criterion_level or []
            for place, rank in enumerate(ranks, start=1):
                found = {"value": place / len(ranks), "label": rank.label}
                self._ranks.setdefault(rank.id or "", found)
                for name in {_folded(one) for one in (rank.id, rank.name, rank.level) if one}:
                    for of in (number, None):
                        self._called[of, name] = None if (of, name) in self._called else found
            allowed = scale.allowed_value or []
            for place, value in enumerate(allowed, start=1):
                self._allowed.setdefault((number, value), place / len(allowed))

    def reached(self, result: Result) -> dict[str, Any] | None:
        """The level of a result; an achieved level's id says of which scale it is."""
        if result.achieved_level and result.achieved_level in self._ranks:
            return self._ranks[result.achieved_level]
        number = self._numbers.get(result.result_description or "")
        if result.achieved_level and (found := self._rank(number, result.achieved_level)):
            return found
        if found := self._placed(number, result.value):
            return found
        is_known = number is not None or not result.result_description
        return self._rank(number, result.value) if result.value and is_known else None

    def _rank(self, number: int | None, name: str) -> dict[str, Any] | None:
        """The level that is called so on a scale; where none is said, on whichever has the only one."""
        return self._called.get((number, _folded(name)))

    def required(self, number: int) -> dict[str, Any] | None:
        """The level that passes on a scale."""
        scale = self._scales[number]
        found = self._ranks.get(scale.required_level or "-") or self._placed(number, scale.required_value)
        label = f"≥ {found['label']}"[:_LONGEST_LABEL] if found and found["label"] else None
        return found and {"value": found["value"], "label": label}

    def _placed(self, number: int | None, value: str | None) -> dict[str, Any] | None:
        """Where `value` stands on a scale; None where the scale does not say."""
        if number is None or value is None:
            return None
        scale = self._scales[number]
        placed = self._allowed.get((number, value)) if scale.allowed_value else _between(value, scale)
        return None if placed is None else {"value": placed, "label": value}


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _between(value: str, scale: Scale) -> float | None:
    highest = scale.value_max or ("100" if scale.result_type == "Percent" else "")
    figures = [value.strip(), scale.value_min or "0", highest]
    if scale.result_type == "Percent":
        figures = [figure.removesuffix("%").rstrip() for figure in figures]
    if not all(_NUMBER.fullmatch(figure) for figure in figures):
        return None
    number, low, high = (float(figure.replace(",", ".")) for figure in figures)
    return (number - low) / (high - low) if low <= number <= high and low < high else None
