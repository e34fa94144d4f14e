"""Random pools and positions for the properties of the score, over a vocabulary of twenty competencies."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from hypothesis import strategies as st

from matcher.evidence import DECLARED
from matcher.records import (
    Achievement,
    Alternative,
    Award,
    Basis,
    Claim,
    Pair,
    Position,
    Profile,
    Proof,
    Reading,
    Relation,
    Requirement,
    Status,
)

NOW = 1_760_000_000
YEAR = 31_557_600
COMPETENCIES = range(1, 21)


class LineVocabulary:
    """Competencies 1 to 20 in a line: the next one is narrower, the one before broader, those beyond kin."""

    version = "line"
    model = ""

    def relations(self, competency: int) -> Mapping[int, Pair]:
        pairs = {}
        for other in COMPETENCIES:
            relation = self._relation(other - competency)
            units = DECLARED[relation.value].units - (
                700 * abs(other - competency) if relation == "kin" else 0
            )
            if units > 0:
                pairs[other] = Pair(other, relation, units, relation in {Relation.SAME, Relation.NARROWER})
        return pairs

    def kin(self, vector: bytes, text: str) -> Mapping[int, Pair]:
        return {
            pair.competency: Pair(pair.competency, Relation.KIN, pair.units * 8 // 10, meets_must=False)
            for pair in self.relations(vector[0]).values()
        }

    @staticmethod
    def _relation(step: int) -> Relation:
        by_step = {0: Relation.SAME, 1: Relation.NARROWER, 2: Relation.DEEPER, -1: Relation.BROADER}
        return by_step.get(step, Relation.KIN)


def _moments(low: int, high: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(low, high).map(lambda months: NOW + months * YEAR // 12)


@st.composite
def awards(draw: st.DrawFn, key: str = "") -> Award:
    claims = draw(
        st.lists(
            st.builds(Claim, st.sampled_from(COMPETENCIES), st.booleans(), st.sampled_from(["", "", "part"])),
            min_size=1,
            max_size=3,
        )
    )
    issuer = draw(st.integers(1, 3))
    achievement = Achievement(1, "a", "A", issuer, f"issuer {issuer}", issuer == 1, tuple(claims))
    return Award(
        id=0,
        key=key or str(draw(st.integers(0, 10**9))),
        achievement=achievement,
        issued=draw(_moments(-80, 1)),
        valid_from=draw(_moments(-80, 2)),
        expires=draw(_moments(-3, 36)),
        status=draw(st.sampled_from([*Status, Status.ACTIVE, Status.ACTIVE])),
        level=draw(st.none() | st.sampled_from([0, 2500, 5000, 7500, 10000])),
        level_label="",
        proof=draw(st.sampled_from([*Proof, Proof.STATED])),
    )


@st.composite
def profiles(draw: st.DrawFn, number: int = 1) -> Profile:
    held = draw(st.lists(awards(), max_size=5, unique_by=lambda award: award.key))
    return Profile(number, f"c{number}", draw(st.integers(0, 30)), awards=tuple(held))


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    basis = draw(st.sampled_from([Basis.GIVEN, Basis.EXACT, Basis.CONFIRMED, Basis.SIMILAR]))
    competency = draw(st.sampled_from(COMPETENCIES))
    vector = bytes([competency]) if basis is Basis.SIMILAR and draw(st.booleans()) else b""
    return Reading(basis, competency, draw(st.integers(2_500, 10_000)), vector=vector)


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    ways = draw(
        st.lists(
            st.builds(
                Alternative, st.text(max_size=3), readings(), st.none() | st.sampled_from([5000, 8000])
            ),
            min_size=1,
            max_size=2,
        )
    )
    certain = any(way.reading.basis is not Basis.SIMILAR for way in ways)
    return Requirement(tuple(ways), draw(st.integers(1, 50_000)), must=certain and draw(st.booleans()))


@st.composite
def positions(draw: st.DrawFn) -> Position:
    return Position("p", requirements=tuple(draw(st.lists(requirements(), min_size=1, max_size=5))))


def random_award(random: Random, key: str) -> Award:
    """An award with few distinct values, so that many candidates tie."""
    claim = Claim(random.choice(COMPETENCIES), random.random() < 0.3, random.choice(["", "", "part"]))
    issuer = random.randint(1, 3)
    return Award(
        id=0,
        key=key,
        achievement=Achievement(1, "a", "A", issuer, f"issuer {issuer}", issuer == 1, (claim,)),
        issued=random.choice([None, NOW - 4 * YEAR, NOW - YEAR, NOW - YEAR // 3]),
        valid_from=random.choice([None, None, NOW + YEAR]),
        expires=random.choice([None, NOW - YEAR, NOW + YEAR, NOW + YEAR]),
        status=random.choice([*Status, Status.ACTIVE, Status.ACTIVE]),
        level=random.choice([None, 5_000, 10_000]),
        level_label="",
        proof=random.choice([*Proof, Proof.STATED]),
    )


def random_pool(random: Random) -> list[Profile]:
    """Up to 60 candidates with up to six awards each."""
    return [
        Profile(
            number,
            f"c{number}",
            random.randint(0, 40),
            awards=tuple(random_award(random, str(n)) for n in range(random.randint(0, 6))),
        )
        for number in range(1, random.randint(1, 61))
    ]


def random_position(random: Random) -> Position:
    """One to five requirements, now and then with alternatives, a must-have or a level."""
    needs = []
    for _ in range(random.randint(1, 5)):
        ways = tuple(
            Alternative(
                str(n),
                Reading(random.choice([Basis.GIVEN, Basis.EXACT]), random.choice(COMPETENCIES), 10_000),
                random.choice([None, None, 5_000, 8_000]),
            )
            for n in range(random.randint(1, 2))
        )
        needs.append(Requirement(ways, random.choice([10_000, 10_000, 5_000, 333]), random.random() < 0.15))
    return Position("p", requirements=tuple(needs))
