"""What a search engine is told of a candidate: bounds that no evidence exceeds, and the keywords."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.evidence import bound, factors, lapse
from matcher.records import UNITS, Achievement, Award, Claim, Profile, Proof, Status
from matcher.regions import area, lies_in
from matcher.search.documents import IN_POOL, search_document
from tests.unit.pools import NOW, YEAR, profiles

FLOOR = NOW


def award(claims: tuple[Claim, ...], issuer: int = 1, status: Status = Status.ACTIVE) -> Award:
    return Award(
        id=1,
        key="k",
        achievement=Achievement(1, "a", "A", issuer, "I", True, claims),
        issued=NOW - YEAR,
        valid_from=None,
        expires=NOW + YEAR,
        status=status,
        level=None,
        level_label="",
        proof=Proof.STATED,
    )


def profile(*awards: Award) -> Profile:
    return Profile(7, "c7", 99, region="CA-QC-Montréal", languages=("fr", "en"), awards=awards)


@given(
    profiles(), st.integers(-90, 60).map(lambda months: NOW + months * YEAR // 12), st.none() | st.just(5_000)
)
def test_no_evidence_exceeds_the_bounds(someone: Profile, moment: int, level: int | None) -> None:
    """At any moment, for any level, evidence is at most `ever`, and from the floor on at most `now`."""
    document = search_document(someone, FLOOR, applied_to=())
    for held in someone.awards:
        for claim in held.achievement.claims:
            if lapse(held, moment) is not None:
                continue
            proves = math.prod(factor.units / UNITS for factor in factors(held, claim, moment, level))
            assert proves * UNITS <= document.ever.get(claim.competency, 0) + 1e-6
            if moment >= FLOOR:
                assert proves * UNITS <= document.now.get(claim.competency, 0) + 1e-6


@given(profiles())
def test_the_bounds_are_the_largest_of_all_awards(someone: Profile) -> None:
    document = search_document(someone, FLOOR, applied_to=())
    for held, floor in ((document.now, FLOOR), (document.ever, None)):
        largest: dict[int, int] = {}
        for one in someone.awards:
            for claim in one.achievement.claims:
                largest[claim.competency] = max(largest.get(claim.competency, 0), bound(one, claim, floor))
        assert held == {competency: units for competency, units in largest.items() if units}


def test_claims_that_differ_in_kind_differ_in_bound() -> None:
    claims = (Claim(1), Claim(2, inferred=True), Claim(3, part="P"), Claim(4, inferred=True, part="P"))
    assert search_document(profile(award(claims)), FLOOR, applied_to=()).now == {
        1: 9_000,
        2: 5_400,
        3: 8_100,
        4: 4_860,
    }


def test_keywords() -> None:
    """An issuer counts while an award of it can, even one that proves nothing; never by a revoked one."""
    someone = profile(
        award((Claim(1),), issuer=1),
        award((), issuer=2),
        award((Claim(1),), issuer=3, status=Status.REVOKED),
        replace(award((Claim(1),), issuer=4), expires=NOW - 1),
    )
    document = search_document(someone, FLOOR, applied_to=["welder", "poste é"])
    assert (document.candidate, document.draw) == (7, 99)
    assert document.keywords == {
        "region:ca", "region:ca-qc", "region:ca-qc-montréal", "language:fr", "language:en",
        "issuer:1", "issuer:2", "issuer:4",
        "applied:welder", "applied:poste é", IN_POOL,
    }  # fmt: skip


REGIONS = st.text(alphabet="AbÉ- x", max_size=8)


@given(REGIONS, st.lists(REGIONS, min_size=1, max_size=3))
def test_recall_and_truth_choose_the_same_regions(region: str, wanted: list[str]) -> None:
    carried = search_document(Profile(3, "c3", 5, region=region), FLOOR, applied_to=()).keywords
    asked = {f"region:{area(one)}" for one in wanted}
    assert lies_in(region, wanted) is not carried.isdisjoint(asked)


@pytest.mark.parametrize(
    ("region", "wanted", "taken"),
    [
        ("CA-ON-Ottawa", "CA-ON", True),
        ("CA-ON-Ottawa", "ca-on-", True),
        ("CA-ON-Ottawa", "CA", True),
        ("CA-ON", "CA-ON-Ottawa", False),
        ("CA-ONX", "CA-ON", False),
        ("CA-ON-Ottawa", "ON", False),
        ("CA-ON-Ottawa", "-", False),
        ("", "CA", False),
        ("", "", False),
    ],
)
def test_a_region_takes_what_lies_below_it(region: str, wanted: str, taken: bool) -> None:
    assert lies_in(region, [wanted]) is taken


def test_somebody_with_nothing_is_no_tombstone() -> None:
    document = search_document(Profile(3, "c3", 5), FLOOR, applied_to=())
    assert (dict(document.now), dict(document.ever), document.keywords) == ({}, {}, {IN_POOL})
