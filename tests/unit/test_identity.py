"""What makes two records the same thing, and what makes them the same version of it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.records import (
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    CompetencyRef,
    IssuerRef,
    Kind,
    RelatedRef,
    Status,
)
from matcher.store.identity import (
    achievement_key,
    achievement_version,
    award_key,
    award_version,
    candidate_version,
    digest,
    identifier,
    issuer_key,
    named_achievement_key,
)

COLLEGE = "https://college.example"
TEXT = st.text(max_size=8)


@pytest.mark.parametrize(
    ("issuer", "key"),
    [
        (IssuerRef("College", "https://College.example "), "https://college.example"),
        (IssuerRef("  Northshore \t College"), "northshore college"),
        (IssuerRef("École"), "école"),
        (IssuerRef(), ""),
    ],
)
def test_an_issuer_is_its_address_else_its_name(issuer: IssuerRef, key: str) -> None:
    assert issuer_key(issuer) == key


def test_a_digest_is_the_same_on_every_machine() -> None:
    assert digest("é", 1, None, ("a",)).hex() == "fe4da1d1b80b94be1bb2ac021b6fe195"
    assert digest("a", "b") != digest("ab", "")
    assert digest("1") != digest(1)


@pytest.mark.parametrize("key", ["https://x.example/a", "urn:uuid:1", "did:web:x.example", "HTTPS://x/a"])
def test_an_address_identifies_an_achievement_everywhere(key: str) -> None:
    assert named_achievement_key(f" {key} ", COLLEGE) == named_achievement_key(key, "other") == key


@pytest.mark.parametrize("key", ["FORK-1", "CS:101", "a/b", "www.x.example/a"])
def test_a_short_key_identifies_an_achievement_only_within_its_issuer(key: str) -> None:
    assert named_achievement_key(key, COLLEGE) == f"{COLLEGE}#{key}"
    assert named_achievement_key(key, COLLEGE) != named_achievement_key(key, "other")


@given(TEXT, TEXT, TEXT, TEXT)
def test_no_two_issuers_and_keys_read_alike(one: str, key: str, other: str, other_key: str) -> None:
    same = (one, key.strip()) == (other, other_key.strip())
    assert (named_achievement_key(key, one) == named_achievement_key(other_key, other)) == same


def test_without_a_key_issuer_name_and_competencies_identify_an_achievement() -> None:
    record = AchievementRecord("Forklift", competencies=(CompetencyRef("b"), CompetencyRef(uri="urn:a")))
    key = achievement_key(record, COLLEGE)
    assert achievement_key(replace(record, competencies=record.competencies[::-1]), COLLEGE) == key
    assert achievement_key(replace(record, description="Two days"), COLLEGE) == key
    assert achievement_key(replace(record, name="Lift truck"), COLLEGE) != key
    assert achievement_key(replace(record, competencies=()), COLLEGE) != key
    assert achievement_key(record, "other") != key


def test_issuer_and_credential_id_identify_an_award() -> None:
    record = AwardRecord(AchievementRecord("Forklift"), key=" urn:uuid:1 ", issued=5)
    assert award_key(record, "c-1", "a", COLLEGE) == f"{COLLEGE}#urn:uuid:1"
    assert award_key(replace(record, issued=6), "c-2", "b", COLLEGE) == award_key(record, "c-1", "a", COLLEGE)


def test_without_a_key_candidate_achievement_and_day_identify_an_award() -> None:
    record = AwardRecord(AchievementRecord("Forklift"), issued=5, expires=9)
    key = award_key(record, "c-1", "a", COLLEGE)
    assert award_key(replace(record, expires=10, status=Status.REVOKED), "c-1", "a", COLLEGE) == key
    others = [(record, "c-2", "a"), (record, "c-1", "b"), (replace(record, issued=None), "c-1", "a")]
    assert all(award_key(*other, COLLEGE) != key for other in others)
    assert "#" not in key


def test_very_long_keys_still_fit_an_index_and_differ() -> None:
    long = [named_achievement_key("https://x.example/" + "a" * 3_000 + end, COLLEGE) for end in "ab"]
    assert long[0] != long[1]
    assert max(map(len, long)) <= 500


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" Ann.Tremblay@Example.ORG ", "ann.tremblay@example.org"),
        ("mailto:ann@example.org", "ann@example.org"),
        ("did:key:zAbC", "did:key:zAbC"),
        ("https://People.example/@Ann", "https://People.example/@Ann"),
    ],
)
def test_identifiers_compare_as_people_mean_them(text: str, kept: str) -> None:
    assert identifier(text) == kept


def test_every_field_of_a_record_is_part_of_its_version() -> None:
    award = AwardRecord(AchievementRecord("Forklift"))
    changed = [
        replace(award, issued=1),
        replace(award, valid_from=1),
        replace(award, expires=1),
        replace(award, status=Status.UNKNOWN),
        replace(award, level=0),
        replace(award, level_label="Good"),
        replace(award, evidence=("https://x.example",)),
        replace(award, claimed=True),
        replace(award, credential_status="{}"),
        replace(award, refresh_service="{}"),
    ]
    versions = {award_version(one, "a") for one in (award, *changed)} | {award_version(award, "b")}
    assert len(versions) == len(fields(AwardRecord))  # the key is the identity, and "b" the achievement's


def test_a_version_of_an_achievement_ignores_the_order_of_its_lists() -> None:
    refs = (CompetencyRef("a", kind=Kind.KNOWLEDGE), CompetencyRef("b"))
    related = (RelatedRef("isPartOf", "x"), RelatedRef("hasPart", "y"))
    record = AchievementRecord("Forklift", competencies=refs, related=related)
    turned = replace(record, competencies=refs[::-1], related=related[::-1])
    assert achievement_version(turned) == achievement_version(record)
    assert achievement_version(replace(record, related=related[:1])) != achievement_version(record)
    assert achievement_version(replace(record, competencies=(refs[1],))) != achievement_version(record)


def test_a_record_that_says_nothing_has_no_version() -> None:
    assert candidate_version(CandidateRecord("c-1", applied_to=("p",), identifiers=("did:x",))) == b""
    assert achievement_version(AchievementRecord(key="urn:a")) == b""
    assert candidate_version(CandidateRecord("c-1", region="Ontario")) != b""
