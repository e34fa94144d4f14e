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


@dataclass(frozen=True, slots=True)
class Part:
    """One requirement's share of a score; `proven` is None where nothing counts. `met`: as a must-have."""

    requirement: PlannedRequirement
    points: int
    met: bool
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
        return tuple(
            part.requirement.number
            for part in self.parts
            if part.requirement.requirement.must and not part.met
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
        met: set[int] = set()
        for award in profile.awards:
            if lapse(award, self.moment) is not None:
                continue
            for index, proven in self.proofs(award):
                if index not in best or proven.precedes(best[index]):
                    best[index] = proven
                if index not in met and _meets_must(proven):
                    met.add(index)
        parts = tuple(
            Part(planned, _points(planned, best.get(index)), index in met, best.get(index))
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


def _meets_must(proven: Proven) -> bool:
    return (
        proven.pair.meets_must
        and not proven.claim.inferred
        and proven.award.proof is not Proof.CLAIMED
        and level_met(proven.award, proven.alternative.min_level)
    )
