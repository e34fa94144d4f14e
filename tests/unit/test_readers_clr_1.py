"""Comprehensive Learner Records 1.0, and their assertions alone."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.readers.limits import Limits
from matcher.records import (
    AchievementRecord,
    CandidateRecord,
    CompetencyRef,
    EndorsementRecord,
    IssuerRef,
    Notice,
    Rejected,
    RelatedRef,
    Status,
)
from tests.unit.examples.clr_1 import ASSERTION, CLR, LIFT, SCHOOL
from tests.unit.examples.open_badges_3 import CREDENTIAL
from tests.unit.mutations import changed_document
from tests.unit.reading import formats_of, one_candidate, only, read_any


def with_assertion(**fields: Any) -> dict[str, Any]:
    return {**CLR, "assertions": [{**copy.deepcopy(ASSERTION), **fields}]}


def with_achievement(**fields: Any) -> dict[str, Any]:
    return with_assertion(achievement={**LIFT, **fields})


def test_a_record_becomes_the_awards_of_its_learner() -> None:
    records = read_any(CLR)
    record = one_candidate(records)
    assert record.identifiers == ("urn:uuid:zoe", "zoe@example.org")
    assert (record.key, record.name, record.email) == ("", "", "")  # a record renames nobody
    award, second = record.awards
    assert (award.key, second.key) == ("urn:assertion:1 a", "urn:assertion:2")
    assert (award.issued, award.valid_from, award.expires) == (1772366400, 1772427600, 1867121999)
    assert (award.status, award.level, award.level_label) == (Status.ACTIVE, 7_500, "B")
    assert award.evidence == ("https://school.example.org/film",)
    assert award.achievement == AchievementRecord(
        name="Lift truck operator",
        key="urn:a:lift",
        description="Drives a lift truck.\nPassed a practical test.",
        issuer=IssuerRef("Rive-Nord School", "https://school.example.org"),
        competencies=(CompetencyRef("drive forklift", "urn:esco:lift", "ESCO"),),
        related=(RelatedRef("isPartOf", "urn:a:operator"),),
    )
    (operator,) = only(AchievementRecord, records)  # the other one is awarded
    assert operator == AchievementRecord(
        "Operator",
        "urn:a:operator",
        issuer=IssuerRef("Rive-Nord District", "https://district.example.org"),
        related=(RelatedRef("isParentOf", "urn:a:lift"),),
    )
    assert {one.about for one in only(EndorsementRecord, records)} == {"urn:badge:1"}
    assert formats_of(json.dumps(CLR).encode()) == ["JSON", "CLR 1.0"]


@pytest.mark.parametrize("type_", ["CLR", "Clr", "clr:Clr", None])
def test_it_is_known_by_its_type_or_by_what_it_holds(type_: Any) -> None:
    assert formats_of(json.dumps({**CLR, "type": type_}).encode()) == ["JSON", "CLR 1.0"]


def test_an_assertion_to_another_address_is_somebody_elses() -> None:
    recipient = {"type": "email", "identity": "bob@example.org", "hashed": False}
    (refused,) = [one for one in read_any(with_assertion(recipient=recipient)) if isinstance(one, Rejected)]
    assert refused.where == "assertions[0].recipient.identity"
    assert refused.reason == 'is about "bob@example.org", and the record about "zoe@example.org"'
    assert not only(Rejected, read_any(with_assertion(recipient={**recipient, "hashed": True})))


def test_an_assertion_to_another_id_is_said() -> None:
    records = read_any(
        with_assertion(recipient={"type": "id", "identity": "did:example:other", "hashed": False})
    )
    (stranger,) = only(Notice, records)
    assert (
        stranger.text
        == 'assertions[0]: names its subject "did:example:other", which the record does not name'
    )
    assert len(one_candidate(records).awards) == 1


def test_an_achieved_rubric_level() -> None:
    (award,) = one_candidate(read_any(with_assertion(results=[{"achievedLevel": "urn:l:1"}]))).awards
    assert (award.level, award.level_label) == (5_000, "Begun")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"revoked": True, "revocationReason": "A mistake."}, Status.REVOKED),
        ({"revoked": True, "verification": {"type": "Hosted"}}, Status.REVOKED),
        ({"verification": {"type": ["Verification", "HostedBadge"]}}, Status.UNKNOWN),
        ({"verification": "Hosted"}, Status.ACTIVE),
        ({"verification": {"type": "Signed"}}, Status.ACTIVE),
        ({"achievement": {**LIFT, "issuer": {**SCHOOL, "revocationList": "urn:list"}}}, Status.UNKNOWN),
    ],
)
def test_statuses(fields: dict[str, Any], status: Status) -> None:
    (award,) = one_candidate(read_any(with_assertion(**fields))).awards
    assert award.status is status


def test_the_name_that_drafts_have_for_the_end() -> None:
    (award,) = one_candidate(read_any(with_assertion(endDate=None, expires="2027-03-01"))).awards
    assert award.expires == 1803963599


def test_an_assertion_alone_is_its_recipients() -> None:
    alone = one_candidate(read_any(ASSERTION))
    assert alone.identifiers == ("urn:uuid:zoe",)
    assert alone.awards == one_candidate(read_any(CLR)).awards[:1]
    assert formats_of(json.dumps(ASSERTION).encode()) == ["JSON", "CLR 1.0 assertion"]
    for recipient, expected in (
        ({"type": "email", "identity": " zoe@example.org "}, ("zoe@example.org",)),
        ({"type": "url", "identity": "https://zoe.example.org"}, ("https://zoe.example.org",)),
        ({"type": "studentId", "identity": "urn:5"}, ()),
        ({"type": "email", "identity": "sha256$00@", "hashed": True}, ()),
        (None, ()),
    ):
        document = {**ASSERTION, "recipient": recipient}
        assert one_candidate(read_any(document, candidate="c-1")).identifiers == expected
        if not expected:
            (found,) = only(Rejected, read_any(document))
            assert found.where == "recipient.identity"


def test_signed_assertions_and_open_badges_are_read_as_what_they_are() -> None:
    document = {**CLR, "assertions": [{**ASSERTION, "badge": "urn:b"}], "achievements": None}
    document["signedAssertions"] = [CREDENTIAL, {**ASSERTION, "id": "urn:assertion:3", "recipient": None}]
    record = one_candidate(read_any(document))  # objects where tokens stand are read as documents
    assert [award.key for award in record.awards] == [
        "urn:assertion:1 a",
        "https://issuer.example.org/credentials/a b",
        "urn:assertion:3",
    ]
    assert record.identifiers == ("urn:uuid:zoe", "zoe@example.org")
    badge = {"badge": {"name": 5}, "recipient": {}}
    (found,) = only(Rejected, read_any({**CLR, "assertions": [badge]}))
    assert found.where.startswith("assertions[0]")


def test_a_bad_assertion_or_achievement_loses_no_other_and_can_be_corrected() -> None:
    document = copy.deepcopy(CLR)
    document["assertions"][0]["issuedOn"] = "2026-02-30"
    document["achievements"][0]["name"] = 5
    records = read_any(document)
    assertion, achievement = only(Rejected, records)
    assert (assertion.where, assertion.reason) == ("assertions[0].issuedOn", '"2026-02-30" is not a date')
    assert (achievement.where, achievement.reason) == ("achievements[0].name", "5 is not text")
    (record,) = only(CandidateRecord, records)
    assert [award.key for award in record.awards] == ["urn:assertion:2"]
    again = json.loads(assertion.raw)
    again["assertions"][0]["issuedOn"] = "2026-03-01"
    assert one_candidate(read_any(again)).awards[0].key == "urn:assertion:1 a"
    again = json.loads(achievement.raw)
    again["achievements"][0]["name"] = "Operator"
    assert [one.name for one in only(AchievementRecord, read_any(again))] == ["Operator"]


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        ({**CLR, "revoked": True, "revocationReason": "Withdrawn."}, "revoked",
         'its publisher has revoked this record ("Withdrawn.")'),
        ({**CLR, "learner": {"name": "Zoé Exemple", "studentId": "5"}}, "learner.id",
         "no subject: nothing says whose it is"),
        ({**CLR, "learner": 5}, "learner", "5 is not an object"),
        ({**CLR, "learner": {"id": 5}}, "learner.id", "5 is not text"),
        ({**CLR, "assertions": [], "achievements": []}, "assertions", "holds no assertion"),
        ({**CLR, "assertions": [5]}, "assertions[0]", "5 is no credential"),
        (with_assertion(achievement=None), "assertions[0].achievement", "null is not an object"),
        (with_assertion(endDate="2020-01-01"), "assertions[0].endDate",
         '"2020-01-01" is before "issuedOn", "2026-03-01T12:00:00.8629556Z"'),
        (with_assertion(endDate=None, expires="soon"), "assertions[0].expires", '"soon" is not a date'),
        (with_assertion(startDate="soon"), "assertions[0].startDate", '"soon" is not a date'),
        (with_assertion(revoked="yes"), "assertions[0].revoked", None),
        (with_assertion(id="a%00"), "assertions[0].id", '"a\\u0000" has control characters'),
        (with_achievement(alignments=[{"targetType": "CFRubric"}, {"targetUrl": "n/a"}]),
         "assertions[0].achievement.alignments[1].targetUrl", '"n/a" is not a URI'),
        (with_achievement(alignments=[{"educationalFramework": "x" * 501, "targetUrl": "urn:x"}]),
         "assertions[0].achievement.alignments[0].educationalFramework", None),
        (with_achievement(associations=[{"associationType": "isPartOf"}]),
         "assertions[0].achievement.associations[0].targetId", "null is not text"),
        (with_achievement(associations=[{"associationType": "x" * 41, "targetId": "urn:x"}]),
         "assertions[0].achievement.associations[0].associationType", None),
        (with_achievement(name=None, id=None), "assertions[0].achievement", "needs a name or a key"),
        (with_achievement(issuer={"name": "a\0"}), "assertions[0].achievement.issuer.name",
         '"a\\u0000" has a NUL character'),
        ({**CLR, "achievements": [{"name": "x" * 501}]}, "achievements[0].name", None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(document: Any, where: str, reason: str | None) -> None:
    (found,) = only(Rejected, read_any(document))
    assert found.where == where
    assert reason is None or found.reason == reason


def test_more_than_the_limit_is_refused_at_once() -> None:
    (found,) = read_any({**CLR, "assertions": [ASSERTION] * 11}, limits=Limits(parts=10))
    assert isinstance(found, Rejected)
    assert (found.where, found.reason) == (
        "assertions",
        "has 11 entries, more than 10 (CREDMATCH_IMPORT_PARTS)",
    )


@settings(max_examples=100)
@given(st.randoms(use_true_random=False), st.booleans())
def test_any_value_in_any_place_is_read_or_refused(chance: Any, alone: bool) -> None:
    assert read_any(changed_document(ASSERTION if alone else CLR, chance), candidate="c-1" if alone else "")


def test_associations_of_types_that_nobody_has_are_kept_and_said_by_type() -> None:
    associations = [{"associationType": one, "targetId": "urn:x"} for one in ("isPartOf", "isCousinOf")]
    text = 'associations of the type "isCousinOf", which learner records do not have, are kept as they are: '
    offered = {"id": "urn:a:more", "name": "More", "associations": associations}
    records = read_any({**with_achievement(associations=associations), "achievements": [offered]})
    (award,) = one_candidate(records).awards
    assert [one.type for one in award.achievement.related] == ["isPartOf", "isCousinOf"]
    assert [one.text for one in only(Notice, records)] == [
        f"{text}2, the first assertions[0].achievement.associations[1]"
    ]
    alone = read_any({**ASSERTION, "achievement": {**LIFT, "associations": associations}})
    assert [one.text for one in only(Notice, alone)] == [f"{text}1, the first achievement.associations[1]"]
