"""From a position to a plan: which competencies count towards which requirement, and how much.

The plan lists every pair with a relation above 0; outside it the relation is 0 for recall and score alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from matcher.errors import NotScorable
from matcher.evidence import DECLARED
from matcher.messages import said
from matcher.records import POINTS, UNITS, Alternative, Basis, Pair, Position, Reading, Relation, Requirement
from matcher.search.engine import Clause

MUST_BASES = frozenset({Basis.GIVEN, Basis.EXACT, Basis.CONFIRMED})


class Relations(Protocol):
    """What planning needs of a vocabulary."""

    @property
    def model(self) -> str:
        """The model of its vectors; those of another do not compare."""

    def relations(self, competency: int) -> Mapping[int, Pair]:
        """All competencies that count towards `competency`, itself included."""

    def kin(self, vector: bytes, text: str) -> Mapping[int, Pair]:
        """The competencies kindred to a text that was encoded as `vector`."""


@dataclass(frozen=True, slots=True)
class PlannedAlternative:
    """An alternative with the pairs that count towards it, by competency."""

    alternative: Alternative
    pairs: Mapping[int, Pair]


@dataclass(frozen=True, slots=True)
class PlannedRequirement:
    """A requirement with what it is worth at most, in points; 0 where it was not understood.

    `number` counts from 1 in the order in which the position gives its requirements.
    """

    number: int
    requirement: Requirement
    points: int
    alternatives: tuple[PlannedAlternative, ...]

    @property
    def understood(self) -> bool:
        """Whether anything can count towards it."""
        return any(alternative.pairs for alternative in self.alternatives)

    def clause(self) -> Clause:
        """The requirement as recall sees it."""
        relations: dict[int, int] = {}
        needed: set[int] = set()
        for planned in self.alternatives:
            for pair in planned.pairs.values():
                relations[pair.competency] = max(pair.units, relations.get(pair.competency, 0))
                if pair.meets_must:
                    needed.add(pair.competency)
        must = self.requirement.must
        return Clause(self.points, tuple(sorted(relations.items())), frozenset(needed) if must else None)


def plan(position: Position, vocabulary: Relations) -> tuple[PlannedRequirement, ...]:
    """Plan all requirements of a position, in its order.

    Raises NotScorable where nothing was understood, or where a must-have has no reading that is given,
    exact or confirmed: no evidence could meet it.
    """
    drafts = [
        PlannedRequirement(
            number,
            requirement,
            0,
            tuple(
                PlannedAlternative(a, pairs_of(a.reading, vocabulary, a.text))
                for a in requirement.alternatives
            ),
        )
        for number, requirement in enumerate(position.requirements, start=1)
    ]
    _refuse_unscorable(drafts)
    understood = [draft for draft in drafts if draft.understood]
    worth = dict(zip([draft.number for draft in understood], allot(understood), strict=True))
    return tuple(replace(draft, points=worth.get(draft.number, 0)) for draft in drafts)


def pairs_of(reading: Reading, vocabulary: Relations, text: str = "") -> Mapping[int, Pair]:
    """The pairs of one reading of a text.

    Given or confirmed: the relations of its competency. Exact: the same times the declared value of an exact
    label. Otherwise the kinship of its own words; where these could not be encoded (French), what counts
    towards the likeliest competency does so as kin, by its probability; so does one that another model
    encoded, until it is read anew. Where two apply, the larger counts.
    """
    comparable = reading.vector and reading.model in ("", vocabulary.model)
    pairs: dict[int, Pair] = dict(vocabulary.kin(reading.vector, text)) if comparable else {}
    if reading.competency is None or (reading.basis is Basis.SIMILAR and pairs):
        return pairs
    for pair in vocabulary.relations(reading.competency).values():
        lent = _lent(pair, reading)
        known = pairs.get(lent.competency)
        if lent.units > 0 and (known is None or lent.units >= known.units):
            pairs[lent.competency] = lent
    return pairs


def allot(requirements: list[PlannedRequirement]) -> list[int]:
    """Share `POINTS` out by weight, to the last point (largest remainders).

    Which of equal remainders gets a spare point depends on the requirement itself, not on its place.
    """
    weights = [planned.requirement.weight for planned in requirements]
    whole = sum(weights)
    shares = [POINTS * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)),
        key=lambda i: (-(POINTS * weights[i] % whole), -weights[i], _identity(requirements[i].requirement)),
    )
    for i in by_remainder[: POINTS - sum(shares)]:
        shares[i] += 1
    return shares


def _lent(pair: Pair, reading: Reading) -> Pair:
    if reading.basis is Basis.SIMILAR:
        units = pair.units * DECLARED["kin"].units * reading.probability // UNITS**2
        return replace(pair, relation=Relation.KIN, units=units, meets_must=False)
    if reading.basis is not Basis.EXACT or pair.relation is Relation.KIN:
        return pair
    exact = DECLARED["exact"].units
    if pair.relation is Relation.SAME:
        return replace(pair, relation=Relation.EXACT, units=pair.units * exact // UNITS)
    return replace(pair, units=pair.units * exact // UNITS, read=exact)


def _identity(requirement: Requirement) -> str:
    ways = sorted(
        (a.text, a.reading.competency or 0, a.reading.basis, a.min_level or 0)
        for a in requirement.alternatives
    )
    return repr((requirement.must, ways))


def _refuse_unscorable(drafts: list[PlannedRequirement]) -> None:
    for draft in drafts:
        readings = [planned.alternative.reading for planned in draft.alternatives]
        if draft.requirement.must and not any(reading.basis in MUST_BASES for reading in readings):
            text = draft.alternatives[0].alternative.text
            raise NotScorable(
                said(
                    "requirements[%(index)s]: the must-have %(text)s was not understood for certain; "
                    "confirm its competency first",
                    index=str(draft.number - 1),
                    text=repr(text),
                )
            )
    if not any(draft.understood for draft in drafts):
        raise NotScorable(
            said("none of the position's micro-skills was understood; confirm or reword at least one")
        )
