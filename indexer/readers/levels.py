"""Levels of achievement: what a result says that its holder reached, on scales of whoever awards it.

As Open Badges 3.0 and both versions of the Comprehensive Learner Record write them. From a scale that
contradicts itself (`scales.py`) no level is taken.

Who did not pass has no award: a status other than Completed says so, a result that is a word for it
(`verdicts.py`), or one below what its scale requires, unless another result on the same scale passes: then it
was an earlier attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from indexer.readers.json_text import shown
from indexer.readers.parts import Part
from indexer.readers.scales import Figure, Scale, contradiction, fails_with_f, figure_of, in_order, verdict
from indexer.readers.verdicts import passed
from matcher.messages import Said, said

_LONGEST_LABEL = 500


class Result(Part):
    """Result: a value that the holder reached, on one of the achievement's scales."""

    achieved_level: str | None = None
    value: Figure = None
    status: str | None = None
    result_description: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the results of an award come to.

    `level` has a `value` from 0 to 1, and its name as `label`; None where none is stated. `failed`: why there
    is no award. `remark`: why no level is taken from a scale.
    """

    level: dict[str, Any] | None = None
    failed: Said | None = None
    remark: Said | None = None


def outcome(results: Sequence[Result], scales: Sequence[Scale], at: str, scales_at: str) -> Outcome:
    """What `results`, the list at the JSON path `at`, come to on `scales`, the list at `scales_at`.

    Of several results the first counts that states a level. An achieved level that is on no scale is a label
    only. Where no result says, whoever holds the achievement reached what it requires (`requiredLevel`,
    `requiredValue`: what passes), so that is stated, with a label that says "at least"; where nothing is
    required either, a value that has no place on a scale is a label only.
    """
    levels = _Levels(scales)
    graded: list[tuple[int, _Reached]] = []
    for number, result in enumerate(results):
        reached = levels.reached(result)
        status = result.status or (result.value if levels.is_of_status(reached.scale) else None)
        if status and not passed(status):
            text = said(
                "%(place)s: %(status)s, so it is no award; nothing is imported",
                place=f"{at}[{number}]",
                status=shown(status),
            )
            return Outcome(failed=text)
        if not status:
            graded.append((number, reached))
    passing = {reached.scale for _, reached in graded if reached.passes}
    for number, reached in graded:
        if reached.passes is False and reached.scale not in passing:
            return Outcome(failed=levels.not_passed(reached, f"{at}[{number}]"))
    counted = [reached for _, reached in graded if reached.passes is not False]
    return Outcome(_level(counted, levels), remark=levels.out_of_order(counted, scales_at))


@dataclass(frozen=True, slots=True)
class _Reached:
    """What a result reached: its scale by number, None where that is not known, and the level there.

    `passes`: whether it says that the holder passed, None where it does not say.
    """

    result: Result
    scale: int | None
    level: dict[str, Any] | None
    passes: bool | None

    @property
    def named(self) -> dict[str, Any] | None:
        """What the level is called, where that is all that is known of it."""
        achieved = (self.result.achieved_level or "").strip()
        return self.level or (_label_only(self.result.value or achieved) if achieved else None)


def _level(counted: Iterable[_Reached], levels: _Levels) -> dict[str, Any] | None:
    named: dict[str, Any] | None = None
    worded: dict[str, Any] | None = None
    for reached in counted:
        if reached.level and reached.level["value"] is not None:
            return reached.level
        named = named or reached.named
        worded = worded or _label_only(reached.result.value)
    return named or levels.first_required() or worded


def _label_only(label: str | None) -> dict[str, Any] | None:
    return {"value": None, "label": label.strip()[:_LONGEST_LABEL]} if label and label.strip() else None


class _Levels:
    """The levels of an achievement's scales, found at once: a document may have very many."""

    def __init__(self, scales: Sequence[Scale]) -> None:
        self._scales = scales
        self._numbers = {scale.id: number for number, scale in enumerate(scales) if scale.id}
        self._fail_with_f = {number for number, scale in enumerate(scales) if fails_with_f(scale)}
        self._misplaced = {
            number: pair for number, scale in enumerate(scales) if (pair := contradiction(scale))
        }
        # Ranks with the number of their scale, by their ids; and by what they are called on one scale, and on
        # all (None): there None where two are called the same.
        self._ranks: dict[str, tuple[int, dict[str, Any]]] = {}
        self._called: dict[tuple[int | None, str], tuple[int, dict[str, Any]] | None] = {}
        self._allowed: dict[tuple[int, str], float] = {}
        for number, scale in enumerate(scales):
            ranks = in_order(scale.rubric_criterion_level or [])
            for place, rank in enumerate(ranks, start=1):
                share = None if number in self._misplaced else place / len(ranks)
                found = number, {"value": share, "label": rank.label}
                self._ranks.setdefault(rank.id or "", found)
                for name in {_folded(one) for one in (rank.id, rank.name, rank.level) if one}:
                    for of in (number, None):
                        self._called[of, name] = None if (of, name) in self._called else found
            allowed = scale.allowed_value or []
            for place, value in enumerate(allowed, start=1):
                self._allowed.setdefault((number, value), place / len(allowed))

    def reached(self, result: Result) -> _Reached:
        """What a result reached; an achieved level's id says of which scale it is."""
        scale, level = self._found(result)
        return _Reached(result, scale, level, self._passes(result, scale, level))

    def is_of_status(self, number: int | None) -> bool:
        """Whether the values of a scale say how far the holder has come, and not how well."""
        return number is not None and self._scales[number].result_type == "Status"

    def not_passed(self, reached: _Reached, at: str) -> Said:
        """What to say of a result at the JSON path `at` that does not pass."""
        value = reached.level["label"] if reached.level else reached.result.value
        required = None if reached.scale is None else self._required(reached.scale)
        if reached.level and required and _is_below(reached.level, required):
            return said(
                "%(place)s: %(value)s, and %(required)s is what passes, so it is no award; nothing is "
                "imported",
                place=at,
                value=shown(value),
                required=shown(required["label"]),
            )
        return said(
            "%(place)s: %(value)s, so it was not passed and is no award; nothing is imported",
            place=at,
            value=shown(value or reached.result.achieved_level),
        )

    def out_of_order(self, counted: Iterable[_Reached], at: str) -> Said | None:
        """What to say of the first scale that is used and not in order; `at`: the path of the scales."""
        for number in sorted(
            {one.scale for one in counted if one.scale is not None} & self._misplaced.keys()
        ):
            before, after = self._misplaced[number]
            return said(
                "%(place)s: should go from low to high, but %(after)s comes after %(before)s; so no level is "
                "taken from it, only its words",
                place=f"{at}[{number}]",
                after=after,
                before=before,
            )
        return None

    def first_required(self) -> dict[str, Any] | None:
        """The level that passes on the first scale that says so, as one that was reached at least."""
        found = next(filter(None, map(self._required, range(len(self._scales)))), None)
        label = f"≥ {found['label']}"[:_LONGEST_LABEL] if found and found["label"] else None
        return found and {"value": found["value"], "label": label}

    def _found(self, result: Result) -> tuple[int | None, dict[str, Any] | None]:
        if result.achieved_level and result.achieved_level in self._ranks:
            return self._ranks[result.achieved_level]
        number = self._numbers.get(result.result_description or "")
        if result.achieved_level and (named := self._rank(number, result.achieved_level)):
            return named
        if level := self._placed(number, result.value):
            return number, level
        is_known = number is not None or not result.result_description
        named = self._rank(number, result.value) if result.value and is_known else None
        return named or (number, None)

    def _rank(self, number: int | None, name: str) -> tuple[int, dict[str, Any]] | None:
        """The level that is called so on a scale; where none is said, on whichever has the only one."""
        return self._called.get((number, _folded(name)))

    def _passes(self, result: Result, number: int | None, level: dict[str, Any] | None) -> bool | None:
        for words in (level and level["label"], result.value, result.achieved_level):
            if words and (said_so := verdict(words, not_with_f=number in self._fail_with_f)) is not None:
                return said_so
        required = None if number is None else self._required(number)
        if not (level and required) or level["value"] is None:
            return None
        return not _is_below(level, required)

    def _required(self, number: int) -> dict[str, Any] | None:
        """The level that passes on a scale, where its place there is known."""
        scale = self._scales[number]
        rank = self._ranks.get(scale.required_level or "-")
        found = rank[1] if rank else self._placed(number, scale.required_value)
        return found if found and found["value"] is not None else None

    def _placed(self, number: int | None, value: str | None) -> dict[str, Any] | None:
        """Where `value` stands on a scale; None where the scale does not say."""
        if number is None or value is None:
            return None
        scale = self._scales[number]
        placed = self._allowed.get((number, value)) if scale.allowed_value else _between(value, scale)
        if placed is None:
            return None
        return {"value": None if number in self._misplaced else placed, "label": value}


def _is_below(level: dict[str, Any], required: dict[str, Any]) -> bool:
    return level["value"] is not None and level["value"] < required["value"]


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _between(value: str, scale: Scale) -> float | None:
    highest = scale.value_max or ("100" if scale.result_type == "Percent" else "")
    figures = [value.strip(), scale.value_min or "0", highest]
    if scale.result_type == "Percent":
        figures = [figure.removesuffix("%").rstrip() for figure in figures]
    found, low, high = map(figure_of, figures)
    if found is None or low is None or high is None:
        return None
    return (found - low) / (high - low) if low <= found <= high and low < high else None
