"""Properties of the score that recruiters, applicants and auditors may rely on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.errors import NotScorable
from matcher.evidence import bound, lapse
from matcher.ranking.explain import Words, explain
from matcher.ranking.plan import PlannedRequirement, allot, plan
from matcher.ranking.recall import first_of
from matcher.ranking.score import Lack, Scored, Scorer
from matcher.records import (
    POINTS,
    Achievement,
    Alternative,
    Award,
    Basis,
    Claim,
    Competency,
    Kind,
    Position,
    Profile,
    Proof,
    Reading,
    Relation,
    Requirement,
    Status,
)
from matcher.search.engine import Batch
from tests.unit.pools import (
    NOW,
    YEAR,
    LineVocabulary,
    awards,
    positions,
    profiles,
    random_pool,
    random_position,
)

VOCABULARY = LineVocabulary()


def scorer_of(position: Position) -> Scorer:
    return Scorer(plan(position, VOCABULARY), NOW)


def need(competency: int, **options: object) -> Requirement:
    reading = Reading(Basis.GIVEN, competency, 10_000)
    level = options.pop("min_level", None)
    return Requirement((Alternative(f"skill {competency}", reading, level),), **options)  # type: ignore[arg-type]


def award(competency: int, key: str = "k", **changes: object) -> Award:
    claim = Claim(
        competency, inferred=bool(changes.pop("inferred", False)), part=str(changes.pop("part", ""))
    )
    achievement = Achievement(1, "a", "A", 1, "Issuer", issuer_known=True, claims=(claim,))
    values = {"issued": NOW - YEAR, "valid_from": None, "expires": NOW + YEAR, "status": Status.ACTIVE}
    values |= {"level": None, "level_label": "", "proof": Proof.CHECKED} | changes
    return Award(0, key, achievement, **values)  # type: ignore[arg-type]


def holder(*held: Award) -> Profile:
    return Profile(1, "c", 7, awards=held)


def coverage(requirement: Requirement, *held: Award) -> float:
    return scorer_of(Position("p", requirements=(requirement,))).score(holder(*held)).points / POINTS


@given(positions(), profiles(), st.randoms())
def test_the_order_of_the_input_is_irrelevant(position: Position, profile: Profile, random: object) -> None:
    shuffled = sorted(position.requirements, key=lambda _: random.random())  # type: ignore[attr-defined]
    held = sorted(profile.awards, key=lambda _: random.random())  # type: ignore[attr-defined]
    one = scorer_of(position).score(profile)
    other = scorer_of(replace(position, requirements=tuple(shuffled))).score(
        replace(profile, awards=tuple(held))
    )
    assert one.points == other.points
    assert len(one.missed) == len(other.missed)


@given(positions(), profiles(), awards())
def test_more_evidence_never_lowers_a_score(position: Position, profile: Profile, more: Award) -> None:
    scorer = scorer_of(position)
    richer = scorer.score(replace(profile, awards=(*profile.awards, more)))
    poorer = scorer.score(profile)
    assert richer.points >= poorer.points
    assert set(richer.missed) <= set(poorer.missed)


@given(positions(), profiles().filter(lambda profile: profile.awards))
def test_a_revocation_never_raises_a_score(position: Position, profile: Profile) -> None:
    first, *rest = profile.awards
    scorer = scorer_of(position)
    revoked = replace(profile, awards=(replace(first, status=Status.REVOKED), *rest))
    assert scorer.score(revoked).points <= scorer.score(profile).points
    assert scorer.score(revoked).points == scorer.score(replace(profile, awards=tuple(rest))).points


@given(positions())
def test_an_empty_profile_scores_nothing(position: Position) -> None:
    assert scorer_of(position).score(holder()).points == 0


@given(positions(), profiles())
def test_listed_points_add_up_to_the_score_and_never_exceed_what_each_is_worth(
    position: Position, profile: Profile
) -> None:
    scorer = scorer_of(position)
    scored = scorer.score(profile)
    body = explain(scored, scorer, words())
    assert round(sum(part["points"] for part in body["requirements"]) * POINTS) == scored.points
    assert body["score"] == scored.points / POINTS <= 1
    assert all(0 <= part.points <= part.requirement.points for part in scored.parts)
    assert sum(planned.points for planned in scorer.requirements) == POINTS


@given(positions(), profiles())
def test_explained_factors_multiply_to_the_coverage(position: Position, profile: Profile) -> None:
    scorer = scorer_of(position)
    for part in explain(scorer.score(profile), scorer, words())["requirements"]:
        product = np.prod([factor["value"] for factor in part["factors"] or [{"value": 0}]])
        assert part["coverage"] == pytest.approx(product, abs=2e-6)


def words() -> Words:
    def competency(id_: int) -> Competency:
        return Competency(id_, f"urn:{id_}", f"skill {id_}", "", Kind.SKILL, "line")

    return Words(competency, lambda asked, among: [None] * len(asked), "en", ZoneInfo("America/Toronto"))


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=40))
def test_points_are_allotted_to_the_last_one(weights: list[int]) -> None:
    drafts = [PlannedRequirement(i, Requirement((), weight), 0, ()) for i, weight in enumerate(weights)]
    shares = allot(drafts)
    assert sum(shares) == POINTS
    assert all(abs(s - POINTS * w / sum(weights)) < 1 for s, w in zip(shares, weights, strict=True))


def test_a_full_profile_scores_exactly_one() -> None:
    position = Position("p", requirements=tuple(need(n, weight=10_000) for n in (1, 8, 15)))
    scored = scorer_of(position).score(holder(award(1, "a"), award(8, "b"), award(15, "c")))
    assert scored.points == POINTS


def test_a_surplus_never_fills_a_gap() -> None:
    position = Position("p", requirements=(need(1), need(15)))
    one = scorer_of(position).score(holder(award(1, "a")))
    many = scorer_of(position).score(holder(*(award(1, key) for key in "abcdef")))
    assert many.points == one.points


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (award(5), 1.0),
        (award(6), 0.95),
        (award(7), 0.85),
        (award(4), 0.4),
        (award(5, proof=Proof.STATED), 0.9),
        (award(5, status=Status.UNKNOWN), 0.8),
        (award(5, inferred=True), 0.6),
        (award(5, part="Basics"), 0.9),
        (award(5, expires=None, issued=NOW), 1.0),
        (award(5, expires=None, issued=NOW - 5 * YEAR), 0.6),
        (award(5, expires=None, issued=NOW - 2 * YEAR), 0.758),
        (award(5, expires=None, issued=None), 0.6),
        (award(5, status=Status.REVOKED), 0.0),
        (award(5, status=Status.SUSPENDED), 0.0),
        (award(5, proof=Proof.FAILED), 0.0),
        (award(5, expires=NOW - 1), 0.0),
        (award(5, expires=NOW), 1.0),
        (award(5, valid_from=NOW), 1.0),
        (award(5, valid_from=NOW + 1), 0.0),
    ],
)
def test_each_declared_value_applies(held: Award, expected: float) -> None:
    assert coverage(need(5), held) == pytest.approx(expected, abs=0.0005)


@pytest.mark.parametrize(
    ("level", "expected", "met"),
    [(10_000, 1.0, True), (8_000, 1.0, True), (4_000, 0.5, False), (None, 0.6, False)],
)
def test_a_required_level_counts_in_proportion(level: int | None, expected: float, met: bool) -> None:
    position = Position("p", requirements=(need(5, min_level=8_000, must=True),))
    scored = scorer_of(position).score(holder(award(5, level=level)))
    assert scored.points == expected * POINTS
    assert (scored.missed == ()) is met


@pytest.mark.parametrize(
    ("held", "met"),
    [
        (award(5), True),
        (award(6), True),
        (award(7), False),
        (award(4), False),
        (award(9), False),
        (award(5, inferred=True), False),
        (award(5, expires=NOW - 1), False),
        (award(5, part="Basics"), True),
    ],
)
def test_a_must_have_is_met_only_by_the_thing_itself(held: Award, met: bool) -> None:
    scored = scorer_of(Position("p", requirements=(need(5, must=True),))).score(holder(held))
    assert (scored.missed == ()) is met


@pytest.mark.parametrize(
    ("held", "lack"),
    [
        ((award(6, level=9_000), award(5, "l")), None),
        ((award(5), award(5, "l", level=4_000), award(4, "b")), Lack.LEVEL),
        ((award(5), award(4, "b", level=9_000)), Lack.LEVEL_UNKNOWN),
        ((award(5, level=9_000, inferred=True),), Lack.CLAIM),
        ((award(5, level=9_000, proof=Proof.CLAIMED),), Lack.CLAIM),
        ((award(4, level=9_000),), Lack.CLAIM),
        ((award(9, level=9_000),), Lack.CLAIM),
        ((award(5, level=9_000, expires=NOW - 1),), Lack.NOTHING),
        ((), Lack.NOTHING),
    ],
)
def test_what_a_must_have_lacks_is_the_least_of_it(held: tuple[Award, ...], lack: Lack | None) -> None:
    scorer = scorer_of(Position("p", requirements=(need(5, min_level=8_000, must=True),)))
    for order in (held, held[::-1]):
        scored = scorer.score(holder(*order))
        assert scored.lacks == (() if lack is None else ((1, lack),))


@given(st.integers(1, 20), profiles())
def test_kinship_and_unconfirmed_inference_never_meet_a_must_have(competency: int, profile: Profile) -> None:
    weak = [
        replace(a, achievement=replace(a.achievement, claims=tuple(
            replace(c, inferred=True) if c.competency in {competency, competency + 1} else c
            for c in a.achievement.claims
        )))
        for a in profile.awards
    ]  # fmt: skip
    scored = scorer_of(Position("p", requirements=(need(competency, must=True),))).score(
        replace(profile, awards=tuple(weak))
    )
    assert scored.missed == (1,)


@pytest.mark.parametrize("basis", [Basis.SIMILAR, Basis.NONE])
def test_a_must_have_not_understood_for_certain_is_not_scorable(basis: Basis) -> None:
    unsure = Requirement((Alternative("vague", Reading(basis, 5, 6_000, vector=b"\x05")),), must=True)
    with pytest.raises(NotScorable, match=r"requirements\[1\].*vague"):
        plan(Position("p", requirements=(need(1), unsure)), VOCABULARY)


def test_a_position_with_nothing_understood_is_not_scorable() -> None:
    unknown = Requirement((Alternative("zzz", Reading(Basis.NONE)),))
    with pytest.raises(NotScorable, match="none of the position"):
        plan(Position("p", requirements=(unknown,)), VOCABULARY)


def test_a_requirement_not_understood_leaves_both_sums() -> None:
    unknown = Requirement((Alternative("zzz", Reading(Basis.NONE)),))
    position = Position("p", requirements=(need(5), unknown))
    assert scorer_of(position).score(holder(award(5))).points == POINTS


@pytest.mark.parametrize("seed", range(10))
def test_the_top_by_recall_equals_scoring_everybody(seed: int) -> None:
    """Over 2,000 random pools, most with ties."""
    random = Random(seed)
    for _ in range(200):
        check_the_top(random_position(random), random_pool(random), random.randint(1, 12))


def check_the_top(position: Position, pool: list[Profile], top: int) -> None:
    scorer = scorer_of(position)
    everybody = sorted((scorer.score(profile) for profile in pool), key=lambda scored: scored.order)
    ranked = [s for s in everybody if s.points > 0 and not s.missed]
    end = ranked[top - 1].order if len(ranked) >= top else None
    by_id = {profile.id: profile for profile in pool}

    def load(ids: Sequence[int]) -> dict[int, Profile]:
        return {id_: by_id[id_] for id_ in ids}

    for ever in (False, True):
        found = first_of(bounded(pool, scorer, ever), scorer, load, lambda _: True, top)
        assert [key_of(scored) for scored in found.listed] == [key_of(scored) for scored in ranked[:top]]
        known = {id_ for batch in bounded(pool, scorer, ever) for id_ in batch.candidates.tolist()}
        near = [s for s in everybody if s.profile.id in known and (end is None or s.order < end)]
        assert found.missed == Counter(lack for s in near for lack in s.lacks)
        assert found.exact


def key_of(scored: Scored) -> tuple[int, str]:
    return scored.points, scored.profile.key


def bounded(pool: list[Profile], scorer: Scorer, ever: bool) -> Iterator[Batch]:
    """What an engine answers, worked out one candidate at a time."""
    floor = None if ever else NOW - 3_600
    rows = []
    for profile in pool:
        points = 0
        for planned in scorer.requirements:
            relations = dict(planned.clause().relations)
            bounds = [
                relations.get(claim.competency, 0) * bound(held, claim, floor)
                for held in profile.awards
                for claim in held.achievement.claims
            ]
            points += (planned.points * max(bounds, default=0) + 10**8 // 2) // 10**8
        if points:
            rows.append((-points, profile.draw, profile.id))
    for start in range(0, len(rows), 3):
        some = np.array(sorted(rows)[start : start + 3], dtype=np.int64)
        yield Batch(some[:, 2], -some[:, 0], some[:, 1])


@given(awards(), st.integers(0, 3 * YEAR))
def test_the_bound_holds_at_every_later_moment(held: Award, later: int) -> None:
    one = Scorer(
        plan(Position("p", requirements=(need(held.achievement.claims[0].competency),)), VOCABULARY),
        NOW + later,
    )
    if lapse(held, NOW + later) is not None:
        return
    for _, proven in one.proofs(held):
        product = 10_000
        for factor in proven.factors:
            product = product * factor.units / 10_000  # type: ignore[assignment]
        assert bound(held, proven.claim, NOW) >= product
        assert bound(held, proven.claim, None) >= product


def test_an_exact_label_counts_a_little_less_than_the_competency_itself() -> None:
    exact = Requirement((Alternative("five", Reading(Basis.EXACT, 5, 10_000)),), must=True)
    assert coverage(exact, award(5)) == pytest.approx(0.98)
    assert coverage(exact, award(6)) == pytest.approx(0.931)


def test_words_only_read_as_likely_count_as_kin() -> None:
    likely = Requirement((Alternative("cinq", Reading(Basis.SIMILAR, 5, 5_000)),))
    planned = plan(Position("p", requirements=(likely,)), VOCABULARY)
    pair = planned[0].alternatives[0].pairs[5]
    assert (pair.relation, pair.units, pair.meets_must) == (Relation.KIN, 4_000, False)


def test_points_are_the_shown_product_to_the_nearest_point() -> None:
    position = Position("p", requirements=(need(1, weight=40_000), need(9, weight=50_000)))
    known = award(1, proof=Proof.STATED)
    assert scorer_of(position).score(holder(known)).parts[0].points == 400_000  # 0.9 x 4/9


def test_how_a_text_was_read_is_shown_as_a_factor_of_its_own() -> None:
    exact = Requirement((Alternative("skill 1", Reading(Basis.EXACT, 1, 10_000)),))
    scorer = scorer_of(Position("p", requirements=(exact,)))
    shown = [
        explain(scorer.score(holder(award(held))), scorer, words())["requirements"][0]["factors"]
        for held in (1, 2)
    ]
    assert shown == [
        [{"name": "exact", "value": 0.98}],
        [{"name": "exact", "value": 0.98}, {"name": "narrower", "value": 0.95}],
    ]


def test_a_candidates_own_word_counts_half_and_never_meets_a_must_have() -> None:
    scorer = scorer_of(Position("p", requirements=(need(1, must=True),)))
    scored = scorer.score(holder(award(1, proof=Proof.CLAIMED)))
    assert (scored.points, scored.missed) == (500_000, (1,))
    part = explain(scored, scorer, words())["requirements"][0]
    assert (part["state"], part["missing"]) == ("claimed", "claim")


@pytest.mark.parametrize(
    ("held", "must", "missing"),
    [
        (award(5, level=9_000), False, None),
        (award(5, level=9_000, proof=Proof.STATED, expires=None, issued=None), False, "weaker"),
        (award(5, level=9_000, proof=Proof.STATED, part="Basics"), False, "proof"),
        (award(5, level=9_000, status=Status.UNKNOWN, part="Basics"), False, "proof"),
        (award(6, level=9_000, proof=Proof.STATED), False, "proof"),
        (award(7, level=9_000, proof=Proof.STATED), False, "weaker"),
        (award(5, level=7_600, proof=Proof.STATED), False, "proof"),
        (award(5, level=7_600, proof=Proof.STATED), True, "level"),
        (award(5, level=4_000, proof=Proof.STATED), False, "level"),
        (award(5, expires=None, issued=None), False, "level"),
        (award(5, level=400, inferred=True), False, "claim"),
    ],
)
def test_what_is_missing_is_what_costs_most(held: Award, must: bool, missing: str | None) -> None:
    scorer = scorer_of(Position("p", requirements=(need(5, min_level=8_000, must=must),)))
    part = explain(scorer.score(holder(held)), scorer, words())["requirements"][0]
    assert part["missing"] == missing
