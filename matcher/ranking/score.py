"""The score of one candidate against a plan, from the truth, in exact integers.

coverage(r, c) = max of relation(r, e) x evidence(a, e, r, moment)
                 over c's awards a, a's claims e, r's alternatives
points(r, c)   = points(r) x coverage(r, c), to the nearest point
score(c)       = sum of points(r, c)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from matcher.evidence import Factor, factors, lapse, level_met
from matcher.ranking.plan import PlannedAlternative, PlannedRequirement
from matcher.records import UNITS, Alternative, Award, Claim, Pair, Profile, Proof, Relation

_MOST_FACTORS = 7
COVERAGE = UNITS**_MOST_FACTORS
"""What a coverage of 1 is: the relation and at most six factors, each in units, multiplied exactly."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What earns a requirement its points: an award's claim, by a pair, with its factors."""

    coverage: int
    alternative: Alternative
    pair: Pair
    award: Award
    claim: Claim
    factors: tuple[Factor, ...]

    @property
    def claimed_only(self) -> bool:
        """Whether it merely suggests the competency: kin, broader, inferred and not confirmed, or the
        candidate's own word."""
        own_word = self.award.proof is Proof.CLAIMED
        return own_word or self.claim.inferred or self.pair.relation in {Relation.KIN, Relation.BROADER}

    def _rank(self) -> tuple[bool, int]:
        return not self.claimed_only, self.pair.units

    def precedes(self, other: Proven) -> bool:
        """Whether this proof is shown rather than `other`: the same whatever the order of the input."""
        if self.coverage != other.coverage:
            return self.coverage > other.coverage
        if self._rank() != other._rank():
            return self._rank() > other._rank()
        mine = (self.award.key, self.pair.competency, self.claim.part, self.alternative.text)
        return mine < (other.award.key, other.pair.competency, other.claim.part, other.alternative.text)


class Lack(StrEnum):
    """What a candidate lacks of a must-have; of several, the first is what counts."""

    LEVEL = "level"  # held now, at a lower level than the required one
    LEVEL_UNKNOWN = "level_unknown"  # held now, its level not stated on a scale
    CLAIM = "claim"  # only inferred, the candidate's own word, kindred, broader, or narrower further down
    NOTHING = "nothing"  # no award counts now for it


@dataclass(frozen=True, slots=True)
class Part:
    """One requirement's share of a score; `proven` is None where nothing counts.

    `lack`: what keeps it from being met as a must-have, None where it is met.
    """

    requirement: PlannedRequirement
    points: int
    lack: Lack | None
    proven: Proven | None


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate's score with its parts in the position's order. `points` is their sum."""

    profile: Profile
    points: int
    parts: tuple[Part, ...]

    @property
    def missed(self) -> tuple[int, ...]:
        """Numbers of the must-haves that are not met."""
        return tuple(number for number, _ in self.lacks)

    @property
    def lacks(self) -> tuple[tuple[int, Lack], ...]:
        """The must-haves that are not met: their numbers, each with what is lacking."""
        return tuple(
            (part.requirement.number, part.lack)
            for part in self.parts
            if part.requirement.requirement.must and part.lack is not None
        )

    @property
    def order(self) -> tuple[int, int, int]:
        """Sorts by score, best first, then by the candidate's draw."""
        return -self.points, self.profile.draw, self.profile.id


_Way = tuple[int, PlannedAlternative, Pair]


class Scorer:
    """Scores candidates against one plan at one moment."""

    def __init__(self, requirements: Sequence[PlannedRequirement], moment: int) -> None:
        self.requirements = tuple(requirements)
        self.moment = moment
        self.ways: Mapping[int, list[_Way]] = _ways(self.requirements)

    def score(self, profile: Profile) -> Scored:
        """The candidate's score. Awards that do not count at the moment are as if they were not there."""
        best: dict[int, Proven] = {}
        lacks: dict[int, Lack | None] = {}
        for award in profile.awards:
            if lapse(award, self.moment) is not None:
                continue
            for index, proven in self.proofs(award):
                if index not in best or proven.precedes(best[index]):
                    best[index] = proven
                lack = lacks.get(index, Lack.NOTHING)
                if lack is not None:
                    lacks[index] = _least(lack, _lack(proven))
        parts = tuple(
            Part(planned, _points(planned, best.get(index)), lacks.get(index, Lack.NOTHING), best.get(index))
            for index, planned in enumerate(self.requirements)
        )
        return Scored(profile, sum(part.points for part in parts), parts)

    def proofs(self, award: Award) -> Iterator[tuple[int, Proven]]:
        """Everything an award could count for, as if it were valid, with the index of the requirement."""
        for claim in award.achievement.claims:
            for index, planned, pair in self.ways.get(claim.competency, ()):
                applied = factors(award, claim, self.moment, planned.alternative.min_level)
                coverage = pair.units * UNITS ** (_MOST_FACTORS - 1 - len(applied))
                for factor in applied:
                    coverage *= factor.units
                if coverage > 0:
                    yield index, Proven(coverage, planned.alternative, pair, award, claim, applied)


def _ways(requirements: Sequence[PlannedRequirement]) -> Mapping[int, list[_Way]]:
    ways: defaultdict[int, list[_Way]] = defaultdict(list)
    for index, planned in enumerate(requirements):
        for alternative in planned.alternatives:
            for pair in alternative.pairs.values():
                ways[pair.competency].append((index, alternative, pair))
    return dict(ways)


def _points(planned: PlannedRequirement, proven: Proven | None) -> int:
    return 0 if proven is None else (planned.points * proven.coverage + COVERAGE // 2) // COVERAGE


def _lack(proven: Proven) -> Lack | None:
    """What a proof lacks to meet a must-have, None where it meets it."""
    award = proven.award
    if not proven.pair.meets_must or proven.claim.inferred or award.proof is Proof.CLAIMED:
        return Lack.CLAIM
    if level_met(award, proven.alternative.min_level):
        return None
    return Lack.LEVEL_UNKNOWN if award.level is None else Lack.LEVEL


_ORDER = {lack: place for place, lack in enumerate(Lack)}


def _least(one: Lack, other: Lack | None) -> Lack | None:
    return None if other is None else min(one, other, key=_ORDER.__getitem__)
