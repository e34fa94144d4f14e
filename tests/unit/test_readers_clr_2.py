"""Comprehensive Learner Records 2.0: one learner's awards, and how their achievements go together."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.readers.limits import Limits
from matcher.records import (
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    CompetencyRef,
    EndorsementRecord,
    IssuerRef,
    Notice,
    Rejected,
    RelatedRef,
    Status,
)
from tests.unit.examples.clr_2 import CLR, achievement, association, credential
from tests.unit.mutations import changed_document
from tests.unit.reading import formats_of, one_candidate, only, read_any

FIXTURES = Path(__file__).parents[3] / "shared" / "data" / "credentials"


def with_subject(**fields: Any) -> dict[str, Any]:
    return {**CLR, "credentialSubject": {**CLR["credentialSubject"], **fields}}


def awards_by_name(record: CandidateRecord) -> dict[str, AwardRecord]:
    return {award.achievement.name: award for award in record.awards}


def test_all_credentials_are_awards_of_the_learner() -> None:
    record = one_candidate(read_any(CLR))
    assert (record.key, record.name, record.email) == ("", "", "")
    assert record.identifiers == ("did:example:zoe", "zoe@example.org")
    assert record.place.where == ""
    awards = awards_by_name(record)
    assert list(awards) == ["operator", "lift", "load"]
    lift = awards["lift"]
    assert lift.key == "https://college.example.org/credentials/lift"
    assert (lift.issued, lift.valid_from, lift.expires) == (1772366400, 1772366400, None)
    assert lift.status is Status.ACTIVE  # its own, not the record's
    assert lift.achievement.issuer == IssuerRef("Rive-Nord College", "https://college.example.org")
    assert lift.achievement.competencies == (CompetencyRef("lift", "urn:skill:lift"),)
    assert formats_of(json.dumps(CLR).encode()) == ["JSON", "CLR 2.0", *["Open Badges 3.0"] * 3]


def test_associations_stand_on_the_achievements_whichever_id_they_name() -> None:
    records = read_any(CLR)
    awards = awards_by_name(one_candidate(records))
    assert awards["operator"].achievement.related == (
        RelatedRef("isParentOf", "urn:a:lift"),
        RelatedRef("isParentOf", "urn:a:yard"),
        RelatedRef("isParentOf", "urn:a:elsewhere"),  # what "elsewhere" says of it
    )
    assert awards["load"].achievement.related == (RelatedRef("isPartOf", "urn:a:operator"),)
    assert awards["lift"].achievement.related == ()
    yard, first_aid = only(AchievementRecord, records)  # "lift" is awarded: it says the same there
    assert yard == AchievementRecord(
        "yard",
        "urn:a:yard",
        issuer=IssuerRef("Yard", "https://yard.example.org"),
        competencies=(CompetencyRef("yard", "urn:skill:yard"),),
    )
    assert first_aid.issuer == IssuerRef("Rive-Nord College", "https://college.example.org")
    assert first_aid.related == (RelatedRef("precedes", "urn:a:operator"),)


@pytest.mark.parametrize(
    "type_", ["exactMatchOf", "isPeerOf", "isRelatedTo", "replacedBy", "hasSkillLevel", "ext:own"]
)
def test_other_associations_are_kept_by_their_name(type_: str) -> None:
    document = with_subject(association=association("urn:a:lift", type_, "urn:b"))
    awards = awards_by_name(one_candidate(read_any(document)))
    assert awards["lift"].achievement.related == (RelatedRef(type_, "urn:b"),)


def test_relations_that_an_achievement_states_itself_are_kept_too() -> None:
    document = copy.deepcopy(CLR)
    member = document["credentialSubject"]["verifiableCredential"][0]
    member["credentialSubject"]["achievement"]["related"] = [{"id": "urn:a:operator:fr"}]
    awards = awards_by_name(one_candidate(read_any(document)))
    assert awards["operator"].achievement.related[0] == RelatedRef("related", "urn:a:operator:fr")
    assert len(awards["operator"].achievement.related) == 4


def test_parts_in_a_circle_and_parts_that_are_not_here_are_said_and_kept() -> None:
    members = [
        association("urn:a:lift", "isPartOf", "urn:a:operator"),
        association("urn:a:operator", "isChildOf", "urn:a:load"),
        association("urn:a:lift", "hasPart", "urn:a:load"),
        association("urn:a:operator", "hasPart", "urn:x"),
        association("urn:y", "isPartOf", "urn:a:operator"),
    ]
    records = read_any(with_subject(association=members))
    circle, missing = (one.text for one in only(Notice, records))
    assert circle.startswith("achievements are parts of each other in a circle: ")
    assert all(f'"urn:a:{name}"' in circle for name in ("lift", "operator", "load"))
    assert missing == 'parts that are not in the record: 2, the first "urn:x"'
    awards = awards_by_name(one_candidate(records))
    assert len(awards["operator"].achievement.related) == 3


def test_associations_of_what_is_not_here_are_said() -> None:
    members = [association("urn:x", "isPartOf", "urn:y"), association("urn:x", "precedes", "urn:a:lift")]
    (notice,) = only(Notice, read_any(with_subject(association=members)))
    assert notice.text == (
        "credentialSubject.association[0]: neither end is a credential or an achievement here with an id "
        "(associations like it: 2)"
    )


def test_associations_of_types_that_nobody_has_are_kept_and_said_by_type() -> None:
    members = [
        association("urn:a:lift", "isCousinOf", "urn:x"),
        association("urn:a:lift", "isPartOf", "urn:y"),
        association("urn:a:operator", "isCousinOf", "urn:x"),
        association("urn:a:lift", "ext:isAuntOf", "urn:x"),
    ]
    records = read_any(with_subject(association=members))
    lift = awards_by_name(one_candidate(records))["lift"].achievement
    assert [one.type for one in lift.related] == ["isCousinOf", "isPartOf", "ext:isAuntOf"]
    start = "credentialSubject.association"
    text = "associations of the type %s, which learner records do not have, are kept as they are: %s"
    assert [one.text for one in only(Notice, records)] == [
        text % ('"isCousinOf"', f"2, the first {start}[0]"),
        text % ('"ext:isAuntOf"', f"1, the first {start}[3]"),
    ]


def test_very_many_unknown_types_are_said_in_few_notices() -> None:
    members = [association("urn:a:lift", f"is{number}Of", "urn:x") for number in range(60)]
    notices = only(Notice, read_any(with_subject(association=members)))
    assert len(notices) == 21
    assert notices[-1].text == "associations of 40 more such types"


def test_an_achievement_is_not_related_to_itself() -> None:
    document = with_subject(association=[association("urn:a:lift", "isPartOf", "urn:a:lift")])
    assert awards_by_name(one_candidate(read_any(document)))["lift"].achievement.related == ()


def test_another_subject_in_a_credential_does_not_join_two_people() -> None:
    document = copy.deepcopy(CLR)
    members = document["credentialSubject"]["verifiableCredential"]
    members[0]["credentialSubject"]["id"] = "did:example:other-wallet"
    del members[1]["credentialSubject"]["id"]
    records = read_any(document)
    assert one_candidate(records) == one_candidate(read_any(CLR))
    stranger, *_ = only(Notice, records)
    place = "credentialSubject.verifiableCredential[0]"
    assert stranger.text == (
        f'{place}: names its subject "did:example:other-wallet", which the record does not name'
    )
    assert one_candidate(read_any(document, candidate="c-1")).key == "c-1"


def test_what_was_issued_to_another_address_is_somebody_elses() -> None:
    document = copy.deepcopy(CLR)
    subject = document["credentialSubject"]["verifiableCredential"][0]["credentialSubject"]
    address = {"identityType": "emailAddress", "identityHash": "bob@example.org", "hashed": False}
    subject["identifier"] = [address]
    records = read_any(document)
    (refused,) = only(Rejected, records)
    assert refused.where == "credentialSubject.verifiableCredential[0]"
    assert refused.reason == 'is about "bob@example.org", and the record about "zoe@example.org"'
    kept, whole = (awards_by_name(only(CandidateRecord, some)[0]) for some in (records, read_any(CLR)))
    assert list(kept) == list(whole)[1:]
    subject["identifier"] = [{**address, "identityHash": "ZOE@example.org"}]
    assert not only(Rejected, read_any(document))


def test_of_a_credential_about_several_people_only_the_learner_is_meant() -> None:
    several = credential("group")
    subject = several["credentialSubject"]
    several["credentialSubject"] = [subject, {**subject, "id": "did:example:ada"}]
    records = read_any(with_subject(verifiableCredential=[several], achievement=[], association=[]))
    (record,) = only(CandidateRecord, records)
    assert [award.achievement.name for award in record.awards] == ["group"]
    (other,) = only(Rejected, records)
    assert other.where == "credentialSubject.verifiableCredential[0]"
    assert other.reason == "is about another person than the record it stands in"
    assert json.loads(other.raw)["candidate"] == {"identifiers": ["did:example:ada"]}


def test_a_record_in_a_record_is_the_learners() -> None:
    records = read_any(with_subject(verifiableCredential=[CLR, credential("more")]))
    record = one_candidate(records)
    assert list(awards_by_name(record)) == ["operator", "lift", "load", "more"]


def test_a_bad_credential_loses_no_other_and_can_be_corrected() -> None:
    document = copy.deepcopy(CLR)
    document["credentialSubject"]["verifiableCredential"][1]["validFrom"] = "soon"
    records = read_any(document)
    (bad,) = only(Rejected, records)
    assert bad.where == "credentialSubject.verifiableCredential[1].validFrom"
    assert bad.reason == '"soon" is not a date'
    (record,) = only(CandidateRecord, records)
    assert list(awards_by_name(record)) == ["operator", "load"]
    assert len(only(EndorsementRecord, records)) == 1

    again = json.loads(bad.raw)
    (member,) = again["credentialSubject"]["verifiableCredential"]
    member["validFrom"] = "2026-03-01T12:00:00Z"
    corrected = one_candidate(read_any(again))
    assert corrected.identifiers == record.identifiers
    assert corrected.awards[0].key == "https://college.example.org/credentials/lift"
    assert corrected.awards[0].achievement.related == (RelatedRef("isChildOf", "urn:a:operator"),)


def test_a_bad_achievement_and_a_bad_association_lose_nothing_else() -> None:
    document = copy.deepcopy(CLR)
    subject = document["credentialSubject"]
    subject["achievement"][0]["alignment"] = [{"targetUrl": "n/a"}]
    subject["association"][2]["targetId"] = ""
    records = read_any(document)
    bad = only(Rejected, records)
    assert [(one.where, one.reason) for one in bad] == [
        ("credentialSubject.achievement[0].alignment[0].targetUrl", '"n/a" is not a URI'),
        ("credentialSubject.association[2].targetId", "is empty"),
    ]
    assert json.loads(bad[0].raw)["credentialSubject"]["achievement"] == [subject["achievement"][0]]
    assert json.loads(bad[1].raw) == document
    (record,) = only(CandidateRecord, records)
    assert len(awards_by_name(record)["operator"].achievement.related) == 2
    assert [one.name for one in only(AchievementRecord, records)] == ["first-aid"]


def test_different_achievements_of_one_id_are_said() -> None:
    document = copy.deepcopy(CLR)
    members = document["credentialSubject"]["verifiableCredential"]
    members[1]["credentialSubject"]["achievement"]["id"] = "urn:a:operator"
    notice, *_ = only(Notice, read_any(document))
    assert notice.text == (
        'this record gives 2 achievements the id "urn:a:operator", so they are one: "operator", "lift"'
    )


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        ({**CLR, "issuer": 5}, "issuer", "5 is not an object"),
        ({**CLR, "credentialSubject": None}, "credentialSubject", "null is not an object"),
        ({**CLR, "credentialSubject": [{}, {}]}, "credentialSubject", "a list is not an object"),
        (with_subject(id=None, identifier=None), "credentialSubject.id",
         "no subject: nothing says whose it is"),
        (with_subject(id=None, identifier={"identityType": "emailAddress", "identityHash": "sha256$0",
                                           "hashed": True}), "credentialSubject.id",
         "no subject: the identity is hashed and names nobody; say whose the file is"),
        ({**CLR, "credentialSubject": [{"id": "12345"}]}, "credentialSubject[0].id",
         "no subject: nothing says whose it is"),
        (with_subject(verifiableCredential=[], achievement=None), "credentialSubject.verifiableCredential",
         "holds no credential"),
        (with_subject(verifiableCredential=[5], achievement=None),
         "credentialSubject.verifiableCredential[0]", "5 is no credential"),
        (with_subject(verifiableCredential=[{"id": "data:x", "type": "EnvelopedVerifiableCredential"}]),
         "credentialSubject.verifiableCredential[0].id",
         '"data:x" is no envelope, which is a data: address with a token'),
        (with_subject(achievement=[{"id": "urn:a", "name": 5}]), "credentialSubject.achievement[0].name",
         "5 is not text"),
        (with_subject(achievement=[{}]), "credentialSubject.achievement[0]", "needs a name or a key"),
        (with_subject(achievement=[achievement("a", creator={"id": "a\0"})]),
         "credentialSubject.achievement[0].creator.id", '"a\\u0000" has control characters'),
        (with_subject(association=[{}]), "credentialSubject.association[0].associationType", "is missing"),
        (with_subject(association="isPartOf"), "credentialSubject.association",
         '"isPartOf" is not an object'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(document: Any, where: str, reason: str) -> None:
    (found,) = only(Rejected, read_any(document))
    assert (found.where, found.reason) == (where, reason)


def test_more_than_the_limit_is_refused_at_once() -> None:
    for name, piece in (("verifiableCredential", credential("a")), ("association", {}), ("achievement", {})):
        (found,) = read_any(with_subject(**{name: [piece] * 11}), limits=Limits(parts=10))
        assert isinstance(found, Rejected)
        assert found.where == f"credentialSubject.{name}"
        assert found.reason == "has 11 entries, more than 10 (CREDMATCH_IMPORT_PARTS)"


def test_more_relations_than_an_achievement_may_have_are_refused() -> None:
    many = [association("urn:a:lift", "isRelatedTo", f"urn:{number}") for number in range(501)]
    records = read_any(with_subject(association=many))
    (found,) = only(Rejected, records)
    assert found.where == "credentialSubject.association[500]"
    (record,) = only(CandidateRecord, records)
    assert len(awards_by_name(record)["lift"].achievement.related) == 500


def test_very_many_bad_credentials_in_a_long_record_are_not_each_kept_with_it() -> None:
    document = {**with_subject(verifiableCredential=[5] * 1_000), "narrative": "x" * 100_000}
    found = only(Rejected, read_any(document, limits=Limits(document=1_000_000)))
    assert len(found) == 1_000
    assert sum(len(one.raw) for one in found) < 1_300_000


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published example credentials are not here")
def test_a_published_record_with_associations() -> None:
    records = read_any((FIXTURES / "clr20" / "complex.json").read_bytes())
    record = one_candidate(records)
    assert record.identifiers == ("urn:uuid:360a0e1e-c3f4-4fc4-9975-379889927d54",)
    awards = awards_by_name(record)
    assert len(awards) == 6
    program = awards["Nurse Assistant 1 Program with Licensure"].achievement
    assert [other.type for other in program.related] == ["isParentOf"] * 4 + ["hasPart"]
    assert program.related[0].key == awards["Health Careers 1"].achievement.key
    (endorsement,) = only(EndorsementRecord, records)
    assert endorsement.about == program.key
    stranger, confused, missing = only(Notice, records)  # the file gives four courses one id
    assert "names its subject" in stranger.text
    assert '"Human Anatomy and Physiology", "Intro to Health Careers"' in confused.text
    assert missing.text.startswith("parts that are not in the record: 3, the first ")


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published example credentials are not here")
def test_a_published_record_with_achievements_that_nobody_is_awarded() -> None:
    records = read_any((FIXTURES / "clr20" / "simple.json").read_bytes())
    assert [award.achievement.name for award in one_candidate(records).awards] == ["Teamwork"]
    first, second = only(AchievementRecord, records)
    assert (first.name, second.name) == ("Achievement 1", "Achievement 2")
    assert first.related == (RelatedRef("isParentOf", second.key),)


@settings(max_examples=100)
@given(st.randoms(use_true_random=False))
def test_any_value_in_any_place_is_read_or_refused(chance: Any) -> None:
    assert read_any(changed_document(CLR, chance))


def test_the_learner_comes_before_what_is_said_of_the_record() -> None:
    bad = credential("bad", validFrom="2026-02-30")
    found = read_any(with_subject(verifiableCredential=[bad, credential("lift")], association=[]))
    assert [type(one) for one in found[:2]] == [CandidateRecord, Rejected]
