"""Why a candidate scores what they score, as the JSON that command, API and pages share.

`missing` and `lapse` are codes, so that pages can say them in any language.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from matcher.evidence import Lapse, lapse
from matcher.moments import day_of, first_day
from matcher.ranking.plan import PlannedRequirement
from matcher.ranking.score import COVERAGE, Lack, Part, Proven, Scored, Scorer
from matcher.records import POINTS, UNITS, Award, Competency, Pair, Proof, Reading, Relation

Json = dict[str, Any]

NEAR = 0.25
"""The similarity from which on something else that is held is worth showing; it earns nothing."""


MET_BY_SHOWN = 50
"""So many of the competencies that meet a must-have are listed; the count is of all."""

_RELATIONS = tuple(Relation)


class State(StrEnum):
    """How well a requirement is covered, in the order of strength."""

    CHECKED = "checked"  # current, and its proof was checked
    CURRENT = "current"  # current, its proof not checked
    CLAIMED = "claimed"  # only inferred, kindred, broader, or the candidate's own word
    LAPSED = "lapsed"  # held once: revoked, suspended, expired or not yet valid
    NOTHING = "nothing"


class Missing(StrEnum):
    """What keeps a requirement from full coverage.

    The first that applies of NOT_UNDERSTOOD to CLAIM, and LEVEL where it alone keeps a must-have from being
    met; else what the smallest of the factors stands for, which costs most, and of equal ones the first here.
    """

    NOT_UNDERSTOOD = "not_understood"  # the requirement itself; it leaves the score
    NOTHING = "nothing"  # no award counts towards it
    LAPSED = "lapsed"  # only awards that do not count now
    CLAIM = "claim"  # only a kindred, broader or inferred competency, or the candidate's own word
    LEVEL = "level"  # the level is below the required one, or not stated
    PROOF = "proof"  # held and current, its proof or status not checked
    WEAKER = "weaker"  # another declared factor below 1


@dataclass(frozen=True, slots=True)
class Words:
    """What an explanation is written with: the competencies by id, language and time zone.

    `nearest`: for each of some readings together, of some competencies (ids) the most similar one and the
    similarity.
    """

    competency_of: Callable[[int], Competency]
    nearest: Callable[[Sequence[Sequence[Reading]], Sequence[int]], list[tuple[int, float] | None]]
    language: str
    zone: ZoneInfo

    def competency(self, id_: int | None) -> Json | None:
        """A competency as {"uri", "label"}."""
        if id_ is None:
            return None
        found = self.competency_of(id_)
        return {"uri": found.uri, "label": found.label(self.language)}

    def first_day(self, start: int | None) -> str | None:
        """The day of a start in ISO form."""
        return None if start is None else first_day(start, self.zone).isoformat()

    def last_day(self, end: int | None) -> str | None:
        """The day of an end in ISO form."""
        return None if end is None else day_of(end, self.zone).isoformat()


def explain(scored: Scored, scorer: Scorer, words: Words) -> Json:
    """One result: {"candidate", "score", "missed", "requirements"}; the parts' points sum to the score."""
    lapsed = _lapsed(scored, scorer)
    nearest = _nearest(scored, scorer, lapsed.keys(), words)
    return {
        "candidate": scored.profile.key,
        "score": scored.points / POINTS,
        "missed": list(scored.missed),
        "requirements": [
            _part(part, lapsed.get(index), nearest.get(index), words)
            for index, part in enumerate(scored.parts)
        ],
    }


def describe(planned: PlannedRequirement, words: Words) -> Json:
    """A requirement as the answer's head lists it, with how each of its alternatives was read."""
    first, *_ = ways = [
        {
            "text": way.alternative.text,
            "competency": words.competency(way.alternative.reading.competency),
            "basis": way.alternative.reading.basis.value,
            "probability": way.alternative.reading.probability / UNITS,
            "min_level": None if way.alternative.min_level is None else way.alternative.min_level / UNITS,
        }
        for way in planned.alternatives
    ]
    return {
        "number": planned.number,
        **first,
        "weight": planned.requirement.weight / UNITS,
        "must": planned.requirement.must,
        "understood": planned.understood,
        "max": planned.points / POINTS,
        "alternatives": ways,
        "met_by": _met_by(planned, words) if planned.requirement.must else None,
    }


def _met_by(planned: PlannedRequirement, words: Words) -> Json:
    """The competencies that meet a must-have, its own ones first, then by label: how many, and the first."""
    meeting = {
        pair.competency: pair
        for way in planned.alternatives
        for pair in way.pairs.values()
        if pair.meets_must
    }
    found = [
        (_RELATIONS.index(pair.relation), words.competency_of(id_), pair.relation.value)
        for id_, pair in meeting.items()
    ]
    found.sort(key=lambda one: (one[0], one[1].label(words.language), one[1].id))
    return {
        "count": len(found),
        "competencies": [
            {"uri": one.uri, "label": one.label(words.language), "relation": relation}
            for _, one, relation in found[:MET_BY_SHOWN]
        ],
    }


@dataclass(frozen=True, slots=True)
class _Lapsed:
    """An award that would count towards a requirement if it were valid."""

    proven: Proven
    reason: Lapse


def _lapsed(scored: Scored, scorer: Scorer) -> dict[int, _Lapsed]:
    """Requirement index -> the best award that does not count at the moment."""
    best: dict[int, _Lapsed] = {}
    for award in scored.profile.awards:
        reason = lapse(award, scorer.moment)
        if reason is None:
            continue
        for index, proven in scorer.proofs(award):
            if index not in best or proven.precedes(best[index].proven):
                best[index] = _Lapsed(proven, reason)
    return best


def _held(scored: Scored, scorer: Scorer) -> dict[int, Award]:
    """Competency -> an award that counts at the moment and stands for it."""
    return {
        claim.competency: award
        for award in reversed(scored.profile.awards)
        if lapse(award, scorer.moment) is None
        for claim in award.achievement.claims
    }


def _part(part: Part, lapsed: _Lapsed | None, nearest: Json | None, words: Words) -> Json:
    proven = part.proven
    state = _state(proven, lapsed)
    if lapsed is not None and state in {State.CLAIMED, State.LAPSED}:
        nearest = {**_proof(lapsed.proven, words), "lapse": lapsed.reason.value}
    return {
        "number": part.requirement.number,
        "points": part.points / POINTS,
        "coverage": 0.0 if proven is None else proven.coverage * POINTS // COVERAGE / POINTS,
        "state": state.value,
        "missing": _missing(part, state),
        **_proof(proven, words),
        "nearest": nearest,
    }


def _nearest(scored: Scored, scorer: Scorer, lapsed: Collection[int], words: Words) -> dict[int, Json]:
    """Requirement index -> the most similar thing held, where nothing counts towards it or did once."""
    open_ = [index for index, part in enumerate(scored.parts) if part.proven is None and index not in lapsed]
    held = _held(scored, scorer) if open_ else {}
    if not held:
        return {}
    asked = [
        [way.reading for way in scored.parts[index].requirement.requirement.alternatives] for index in open_
    ]
    return {
        index: {
            "competency": words.competency(found[0]),
            "similarity": round(found[1], 2),
            **_award(held[found[0]], words),
        }
        for index, found in zip(open_, words.nearest(asked, tuple(held)), strict=True)
        if found is not None and found[1] >= NEAR
    }


def _state(proven: Proven | None, lapsed: _Lapsed | None) -> State:
    if proven is None:
        return State.NOTHING if lapsed is None else State.LAPSED
    if proven.claimed_only:
        return State.CLAIMED
    return State.CHECKED if proven.award.proof is Proof.CHECKED else State.CURRENT


def _missing(part: Part, state: State) -> str | None:
    if not part.requirement.understood:
        return Missing.NOT_UNDERSTOOD
    if part.proven is None:
        return Missing.LAPSED if state is State.LAPSED else Missing.NOTHING
    if part.proven.coverage == COVERAGE:
        return None
    if part.proven.claimed_only:
        return Missing.CLAIM
    if part.requirement.requirement.must and part.lack in {Lack.LEVEL, Lack.LEVEL_UNKNOWN}:
        return Missing.LEVEL
    costs = [(f["value"], _COSTS.get(f["name"], Missing.WEAKER)) for f in _factors(part.proven)]
    least = min(value for value, _ in costs)
    return min((code for value, code in costs if value == least), key=_CODES.index)


_CODES = tuple(Missing)
_COSTS = {
    "level": Missing.LEVEL,
    "level_unstated": Missing.LEVEL,
    "issuer_known": Missing.PROOF,
    "stated_only": Missing.PROOF,
    "status_unchecked": Missing.PROOF,
}
"""What a factor below 1 says is missing, by its name; WEAKER for the others."""


def _proof(proven: Proven | None, words: Words) -> Json:
    """The award behind a requirement, with everything that was multiplied."""
    if proven is None:
        return dict.fromkeys(_PROOF_FIELDS)
    pair, award = proven.pair, proven.award
    return {
        "alternative": proven.alternative.text,
        "relation": pair.relation.value,
        "competency": words.competency(pair.competency),
        "inferred": proven.claim.inferred,
        "part": proven.claim.part or None,
        **_award(award, words),
        "factors": _factors(proven),
    }


def _factors(proven: Proven) -> list[Json]:
    """Everything that was multiplied, the relation first, each with its name and its size as a share of 1."""
    applied = ({"name": factor.name, "value": factor.units / UNITS} for factor in proven.factors)
    return [*_relation_factors(proven.pair), *applied]


def _relation_factors(pair: Pair) -> list[Json]:
    """What the relation multiplies by, and before it how surely the requirement's text was read."""
    read = [{"name": Relation.EXACT.value, "value": pair.read / UNITS}] if pair.read != UNITS else []
    return [*read, {"name": pair.relation.value, "value": pair.units / pair.read}]


def _award(award: Award, words: Words) -> Json:
    return {
        "award": {"key": award.key, "name": award.achievement.name},
        "issuer": {"name": award.achievement.issuer_name, "known": award.achievement.issuer_known},
        "issued": words.first_day(award.issued),
        "valid_from": words.first_day(award.valid_from),
        "expires": words.last_day(award.expires),
        "status": award.status.value,
        "proof": award.proof.value,
        "level": None if award.level is None else award.level / UNITS,
        "level_label": award.level_label or None,
    }


_PROOF_FIELDS = (
    "alternative", "relation", "competency", "inferred", "part", "award", "issuer", "issued", "valid_from",
    "expires", "status", "proof", "level", "level_label", "factors",
)  # fmt: skip
