"""Open Badges 3.0 as JSON: what is taken from a credential, and what is said of what is not one."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.limits import Limits
from matcher.records import (
    CandidateRecord,
    CompetencyRef,
    IssuerRef,
    Notice,
    Rejected,
    RelatedRef,
    Status,
)
from tests.unit.examples.open_badges_3 import CREDENTIAL
from tests.unit.reading import formats_of, read_any
from tests.unit.survival import in_time

FIXTURES = Path(__file__).parents[3] / "shared" / "data" / "credentials"


read = read_any


def one(document: Any, candidate: str = "") -> CandidateRecord:
    (record,) = read(document, candidate)
    assert isinstance(record, CandidateRecord), record
    return record


def refused(document: Any) -> tuple[str, str]:
    (found,) = read(document)
    assert isinstance(found, Rejected), found
    return found.where, found.reason


def with_subject(**fields: Any) -> dict[str, Any]:
    return {**CREDENTIAL, "credentialSubject": {**CREDENTIAL["credentialSubject"], **fields}}


def with_achievement(**fields: Any) -> dict[str, Any]:
    return with_subject(achievement={**CREDENTIAL["credentialSubject"]["achievement"], **fields})


def test_a_credential_becomes_an_award_of_its_subject() -> None:
    record = one(CREDENTIAL)
    (award,) = record.awards
    assert (record.key, record.identifiers, record.name) == ("", ("did:example:zoe",), "")
    assert award.key == "https://issuer.example.org/credentials/a b"
    assert award.achievement.key == "https://issuer.example.org/achievements/lift"
    assert award.achievement.issuer == IssuerRef("Northshore Safety Institute", "https://issuer.example.org/")
    assert award.achievement.description == "Drives a lift truck.\nPassed a practical test."
    assert award.achievement.competencies == (
        CompetencyRef("operate forklift", "urn:esco:forklift", "ESCO"),
        CompetencyRef("stack pallets", "urn:own:pallets"),
    )
    assert (award.issued, award.valid_from, award.expires) == (1769860800, 1769860800, 1864555200)
    assert (award.status, award.level) == (Status.ACTIVE, None)
    assert award.evidence == ("https://issuer.example.org/evidence/1",)


def test_a_status_that_was_not_checked_is_unknown_and_kept_for_whoever_checks() -> None:
    entry = {"type": "BitstringStatusListEntry", "statusListCredential": "https://issuer.example.org/list"}
    refresh = {"id": "https://issuer.example.org/new", "type": "1EdTechCredentialRefresh"}
    (award,) = one({**CREDENTIAL, "credentialStatus": entry, "refreshService": refresh}).awards
    assert award.status is Status.UNKNOWN
    assert json.loads(award.credential_status) == entry
    assert json.loads(award.refresh_service) == refresh
    (plain,) = one(CREDENTIAL).awards
    assert (plain.credential_status, plain.refresh_service) == ("", "")


@pytest.mark.parametrize(
    "type_",
    [
        "AchievementCredential",
        "OpenBadgeCredential",
        "ob:OpenBadgeCredential",
        "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential",
    ],
)
def test_its_types_name_it(type_: str) -> None:
    bare = {"@type": type_, "credentialSubject": {}}
    assert formats_of(json.dumps(bare).encode()) == ["JSON", "Open Badges 3.0"]
    assert refused({**CREDENTIAL, "@type": type_, "credentialSubject": {"id": "did:example:zoe"}}) == (
        "credentialSubject.achievement", "is missing")  # fmt: skip


def test_an_achievement_names_it_too() -> None:
    assert one({key: value for key, value in CREDENTIAL.items() if key != "type"}) == one(CREDENTIAL)


def test_related_achievements_are_kept() -> None:
    (award,) = one(with_achievement(related={"id": "urn:lift:fr", "@language": "fr"})).awards
    assert award.achievement.related == (RelatedRef("related", "urn:lift:fr"),)


def test_who_awards_is_the_issuer_whoever_made_the_achievement() -> None:
    creator = {"id": "https://maker.example.org", "name": "Maker"}
    assert one(with_achievement(creator=creator)) == one(CREDENTIAL)


def test_evidence_is_an_address_and_what_is_said_of_it() -> None:
    given = [
        {"id": "https://e.example.org/1", "name": "Report"},
        {"id": "https://e.example.org/2", "name": "Film", "narrative": "Shows the test."},
        {"id": "data:text/plain,long", "name": "Notes", "description": "On paper."},
        "https://e.example.org/3",
        {"narrative": "x" * 3_000},
        {"type": ["Evidence"]},
    ]
    assert one({**CREDENTIAL, "evidence": given}).awards[0].evidence == (
        "https://e.example.org/1",
        "https://e.example.org/2",
        "Film\nShows the test.",
        "Notes\nOn paper.",
        "https://e.example.org/3",
        "x" * 1_997 + "...",
    )


@pytest.mark.parametrize("status", ["Enrolled", "Failed", "InProgress", "OnHold", "Withdrew"])
def test_what_is_not_completed_is_no_award(status: str) -> None:
    (found,) = read(with_subject(result=[{"status": "Completed"}, {"status": status}]))
    assert isinstance(found, Notice)
    assert found.text == f'credentialSubject.result[1]: "{status}", so it is no award; nothing is imported'
    assert one(with_subject(result=[{"status": "Completed"}])) == one(CREDENTIAL)


@pytest.mark.parametrize(("kind", "is_award"), [("Status", False), ("Result", True)])
def test_a_status_may_stand_as_the_value_of_its_scale(kind: str, is_award: bool) -> None:
    scale = {"id": "urn:s", "type": ["ResultDescription"], "name": "Status", "resultType": kind}
    achievement = {**CREDENTIAL["credentialSubject"]["achievement"], "resultDescription": [scale]}
    stated = {"value": "Provisional", "resultDescription": "urn:s"}
    (found,) = read(with_subject(achievement=achievement, result=[stated]))
    assert isinstance(found, CandidateRecord if is_award else Notice)


def subjects(*ids: Any) -> dict[str, Any]:
    """A credential about several subjects."""
    return {
        **CREDENTIAL,
        "credentialSubject": [{**CREDENTIAL["credentialSubject"], "id": id_} for id_ in ids],
    }


def test_each_of_several_subjects_is_a_record_and_a_bad_one_loses_no_other() -> None:
    document = subjects("did:example:a", None, "did:example:b")
    document["credentialSubject"].append(5)
    first, nobody, second, number = read(document)
    assert isinstance(first, CandidateRecord)
    assert isinstance(second, CandidateRecord)
    assert (first.identifiers, second.identifiers) == (("did:example:a",), ("did:example:b",))
    (award,) = first.awards
    assert award == second.awards[0]
    assert award == replace(one(CREDENTIAL).awards[0], key="")  # the id would name several awards
    assert isinstance(nobody, Rejected)
    assert nobody.where == "credentialSubject[1].id"
    assert isinstance(number, Rejected)
    assert (number.where, number.reason) == ("credentialSubject[3]", "5 is not an object")
    corrected = json.loads(nobody.raw)
    corrected["credentialSubject"]["id"] = "did:example:c"
    assert one(corrected).identifiers == ("did:example:c",)
    assert one(corrected).awards == (award,)


def test_of_several_subjects_none_is_the_person_of_a_file_without_saying_so() -> None:
    found = read(subjects(None, None), candidate="c-1")
    assert [one.where for one in found if isinstance(one, Rejected)] == [
        "credentialSubject[0].id",
        "credentialSubject[1].id",
    ]


def test_ten_thousand_subjects_are_read_and_more_are_refused() -> None:
    many = read(subjects(*(f"did:example:{number}" for number in range(10_000))))
    assert len(many) == 10_000
    assert all(isinstance(found, CandidateRecord) for found in many)
    where, reason = refused(subjects(*["did:example:a"] * 10_001))
    assert (where, reason) == (
        "credentialSubject",
        "has 10,001 entries, more than 10,000 (CREDMATCH_IMPORT_PARTS)",
    )


def test_very_many_bad_subjects_of_a_long_credential_are_not_each_kept_with_it() -> None:
    document = {**subjects(*[None] * 1_000), "description": "x" * 100_000}
    found = read(document, limits=Limits(document=1_000_000))
    assert len(found) == 1_000
    assert sum(len(one.raw) for one in found if isinstance(one, Rejected)) < 1_200_000


def test_names_of_earlier_drafts_are_read() -> None:
    document = {key: value for key, value in CREDENTIAL.items() if key not in {"validFrom", "validUntil"}}
    document |= {"issuanceDate": "2026-01-31", "expirationDate": "2026-02-01", "issuer": "did:example:issuer"}
    (award,) = one(document).awards
    assert (award.issued, award.valid_from, award.expires) == (1769835600, None, 1770008399)
    assert award.achievement.issuer == IssuerRef("", "did:example:issuer")


def test_the_day_of_the_award_is_the_issue_date_where_it_is_stated() -> None:
    assert one({**CREDENTIAL, "awardedDate": "2026-01-01T00:00:00Z"}).awards[0].issued == 1767225600


def test_whose_it_is_comes_from_what_identifies_a_person_everywhere() -> None:
    identities = [
        {"identityType": "emailAddress", "identityHash": " zoe@example.org ", "hashed": False},
        {"identityType": "emailAddress", "identityHash": "sha256$00", "hashed": True, "salt": "s"},
        {"identityType": "name", "identityHash": "Zoé Tremblay", "hashed": False},
        {"identityType": "sourcedId", "identityHash": "12345", "hashed": False},
    ]
    assert one(with_subject(identifier=identities)).identifiers == ("did:example:zoe", "zoe@example.org")
    assert one(with_subject(id=None, identifier=identities[0])).identifiers == ("zoe@example.org",)
    nobody = with_subject(id=None, identifier=identities[1:])
    assert refused(nobody) == ("credentialSubject.id", HASHED)
    assert refused(with_subject(id=None, identifier=identities[2:])) == NOBODY
    assert one(nobody, candidate="c-1").key == "c-1"
    assert one(CREDENTIAL, candidate="c-1").identifiers == ("did:example:zoe",)


def test_half_of_a_surrogate_pair_is_named_by_its_place_in_the_credential() -> None:
    half = "has half of a surrogate pair, which is not text"
    aligned = with_achievement(alignment=[{"targetName": "MIG \ud800 welding"}])
    assert refused(aligned) == ("credentialSubject.achievement.alignment[0].targetName", half)
    assert refused(with_achievement(name="\ud800")) == ("credentialSubject.achievement.name", half)


RUBRIC = [
    {
        "id": "urn:scale",
        "rubricCriterionLevel": [
            {"id": "urn:1", "level": "Beginner"},
            {"id": "urn:2", "level": "Able"},
            {"id": "urn:3", "name": "Advanced"},
            {"id": "urn:4", "level": "Expert"},
        ],
    }
]


NAMED = [
    {
        "id": "s",
        "rubricCriterionLevel": [
            {"name": "Beginner"},
            {"id": "urn:able", "name": "Able", "level": "2"},
            {"name": "Expert"},
        ],
    }
]


@pytest.mark.parametrize(
    ("scale", "result", "level", "label"),
    [
        (RUBRIC, {"achievedLevel": "urn:3"}, 7500, "Advanced"),
        (RUBRIC, {"achievedLevel": "urn:9"}, None, "urn:9"),
        ([RUBRIC[0] | {"requiredLevel": "urn:3"}], {"achievedLevel": "urn:9"}, None, "urn:9"),
        ([RUBRIC[0] | {"requiredLevel": "urn:3"}], {"achievedLevel": "urn:9", "value": "x"}, None, "x"),
        ({"id": "s", "valueMax": "20"}, {"achievedLevel": "urn:9", "value": "10"}, 5000, "10"),
        (NAMED, {"value": "Expert"}, 10_000, "Expert"),
        (NAMED, {"value": " able "}, 6667, "Able"),
        (NAMED, {"value": "2"}, 6667, "Able"),
        (NAMED, {"value": "urn:able"}, 6667, "Able"),
        (NAMED, {"value": "Expert", "resultDescription": None}, 10_000, "Expert"),
        (NAMED, {"value": "Expert", "resultDescription": "other"}, None, "Expert"),
        (NAMED, {"achievedLevel": "Expert"}, 10_000, "Expert"),
        ([*NAMED, NAMED[0] | {"id": "t"}], {"value": "Expert", "resultDescription": None}, None, "Expert"),
        ({"id": "s", "rubricCriterionLevel": [{"name": "A"}, {"name": "A"}]}, {"value": "A"}, None, "A"),
        ({"id": "s", "allowedValue": ["D", "C", "B", "A"]}, {"value": "B"}, 7500, "B"),
        ({"id": "s", "allowedValue": ["D", "C", "B", "A"]}, {"value": "E"}, None, "E"),
        ({"id": "s", "resultType": "Percent"}, {"value": "85"}, 8500, "85"),
        ({"id": "s", "valueMin": "10", "valueMax": 20}, {"value": 15}, 5000, "15"),
        ({"id": "s", "valueMax": "20"}, {"value": "21"}, None, "21"),
        ({"id": "s", "valueMax": "high"}, {"value": "1"}, None, "1"),
        ({"id": "s", "valueMin": "5", "valueMax": "5"}, {"value": "5"}, None, "5"),
        ({"id": "s"}, {"value": "85"}, None, "85"),
        ({"id": "other", "valueMax": "100"}, {"value": "85"}, None, "85"),
        ({"id": "s", "resultType": "Percent"}, {"value": "85 %"}, 8500, "85 %"),
        ({"id": "s", "resultType": "Percent"}, {"value": "85,5%"}, 8550, "85,5%"),
        ({"id": "s", "resultType": "Percent"}, {"value": "185"}, None, "185"),
        ({"id": "s", "resultType": "RawScore", "valueMax": "10"}, {"value": "7,5"}, 7500, "7,5"),
        ({"id": "s", "resultType": "RawScore", "valueMax": "2000"}, {"value": "1,500"}, None, "1,500"),
        ({"id": "s", "requiredValue": "60", "valueMax": "100"}, {"value": "well"}, 6000, "≥ 60"),
        ([], {"value": " Excellent ", "resultDescription": None}, None, "Excellent"),
    ],
)
def test_levels(scale: Any, result: dict[str, Any], level: int | None, label: str) -> None:
    document = with_achievement(resultDescription=scale)
    document["credentialSubject"]["result"] = [{"status": "Completed"}, {"resultDescription": "s", **result}]
    (award,) = one(document).awards
    assert (award.level, award.level_label) == (level, label)


def test_a_level_that_is_known_counts_before_one_that_is_only_named() -> None:
    document = with_achievement(resultDescription=RUBRIC)
    document["credentialSubject"]["result"] = [{"achievedLevel": "urn:9"}, {"achievedLevel": "urn:2"}]
    (award,) = one(document).awards
    assert (award.level, award.level_label) == (5000, "Able")


@pytest.mark.parametrize(
    ("scale", "level", "label"),
    [
        ([RUBRIC[0] | {"requiredLevel": "urn:3"}], 7500, "≥ Advanced"),
        ([RUBRIC[0] | {"requiredLevel": "urn:9"}], None, ""),
        ([{"id": "t"}, {"allowedValue": ["D", "C", "B", "A"], "requiredValue": "C"}], 5000, "≥ C"),
        ([{"id": "s", "resultType": "Percent", "requiredValue": 60}], 6000, "≥ 60"),
        ([{"id": "s", "requiredValue": "pass"}], None, ""),
    ],
)
def test_without_a_result_whoever_holds_it_reached_what_it_requires(
    scale: Any, level: int | None, label: str
) -> None:
    (award,) = one(with_achievement(resultDescription=scale)).awards
    assert (award.level, award.level_label) == (level, label)


def test_very_many_results_are_looked_up_at_once() -> None:
    scales = [{"id": f"s{n}", "allowedValue": [f"v{n}"] * 20} for n in range(3_000)]
    document = with_achievement(resultDescription=scales)
    document["credentialSubject"]["result"] = [
        {"resultDescription": f"s{n}", "value": "none", "achievedLevel": "none"} for n in range(3_000)
    ] * 3
    with in_time():
        assert one(document).awards[0].level is None


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        ({**CREDENTIAL, "validFrom": "soon"}, "validFrom", '"soon" is not a date'),
        ({**CREDENTIAL, "expirationDate": "2020-01-01", "validUntil": None}, "expirationDate",
         '"2020-01-01" is before "validFrom", "2026-01-31T12:00:00Z"'),
        ({**CREDENTIAL, "issuer": 5}, "issuer", "5 is not an object"),
        ({**CREDENTIAL, "id": "a%0Ab"}, "id", '"a\\nb" has control characters'),
        (with_achievement(name=None, id=None), "credentialSubject.achievement", "needs a name or a key"),
        (with_achievement(name=["Lift"]), "credentialSubject.achievement.name", "a list is not text"),
        (with_achievement(alignment=[{"targetType": "CFRubric"}, {"targetUrl": "n/a"}]),
         "credentialSubject.achievement.alignment[1].targetUrl", '"n/a" is not a URI'),
        (with_subject(achievement=None), "credentialSubject.achievement", "null is not an object"),
        (with_subject(achievement=5), "credentialSubject.achievement", "5 is not an object"),
        ({**CREDENTIAL, "credentialSubject": [CREDENTIAL["credentialSubject"] | {"achievement": {}}]},
         "credentialSubject[0].achievement", "needs a name or a key"),
        ({**CREDENTIAL, "credentialSubject": None}, "credentialSubject", "holds no subject"),
        ({**CREDENTIAL, "credentialSubject": []}, "credentialSubject", "holds no subject"),
        ({**CREDENTIAL, "credentialSubject": "did:example:zoe"}, "credentialSubject",
         '"did:example:zoe" is not an object'),
        ({key: value for key, value in CREDENTIAL.items() if key != "credentialSubject"},
         "credentialSubject", "holds no subject"),
        (with_achievement(related=[{"id": "urn:a"}, {"version": "2"}]),
         "credentialSubject.achievement.related[1].id", "null is not text"),
        (with_subject(identifier=[{}] * 51), "credentialSubject.identifier", "has 51 entries, more than 50"),
        ({**CREDENTIAL, "credentialStatus": "x" * 10_001}, "credentialStatus",
         "has more than 10,000 characters"),
        ({**CREDENTIAL, "refreshService": ["x" * 10_001]}, "refreshService",
         "has more than 10,000 characters"),
        ({**CREDENTIAL, "evidence": [{"id": 5}]}, "evidence[0].id", "5 is not text"),
        (b"{} 5", "", "not JSON: something follows its end, at its character 4"),
        (
            b"[" * 100_000,
            "",
            "not readable: nested more than 200 (CREDMATCH_IMPORT_NESTING) levels deep, at its character 201",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_in_the_words_of_the_document(document: Any, where: str, reason: str) -> None:
    assert refused(document) == (where, reason)


def test_one_bad_credential_of_an_array_does_not_lose_the_others() -> None:
    bad = copy.deepcopy(CREDENTIAL) | {"validFrom": "soon"}
    first, rejected, last = read([CREDENTIAL, bad, CREDENTIAL])
    assert isinstance(first, CandidateRecord)
    assert isinstance(rejected, Rejected)
    assert first == last
    assert rejected.where == "[1].validFrom"
    assert json.loads(rejected.raw) == bad


def test_a_document_too_long_is_refused() -> None:
    (found,) = read(b"{" + b" " * 1_000, limits=Limits(document=1_000))
    assert isinstance(found, Rejected)
    assert found.reason.startswith("the document is longer than 1,000 (CREDMATCH_IMPORT_DOCUMENT) bytes")


ZOE = "did:example:ebfeb1f712ebc6f1c276e12ec21"
NOBODY = ("credentialSubject.id", "no subject: nothing says whose it is")
HASHED = "no subject: the identity is hashed and names nobody; say whose the file is"
PUBLISHED: dict[str, tuple[str, str | None, Status] | tuple[str, str]] = {
    # name: whose, level and status of its award; or place and reason of the refusal
    "ob30/complete.json": (ZOE, "A", Status.UNKNOWN),  # has a revocation list
    "ob30/simple.json": (ZOE, "", Status.ACTIVE),
    "ob30/simple-eddsa-2022.json": ("did:1edtech:1", "", Status.ACTIVE),
    "ob30/simple-err-expired.json": (
        "validUntil",
        '"2010-01-01T00:00:00Z" is "validFrom" as well: it would never be valid',
    ),
    "ob30/simple-err-proof-value.json": (ZOE, "", Status.ACTIVE),  # proofs are not checked here
    "ob30/simple-noproof.json": ("credentialSubject.achievement", "is missing"),
    "ob30/bit-string-list/credential-status-revoked.json": (
        "did:web:dc.1edtech.org:wellspring2022:wellspring-portal:learner:6896f98f-6b42-4c75-98ec-8befd0dc0b29",
        "",
        Status.UNKNOWN,
    ),
    "dcc/dataIntegrityProof/legacyRegistry-noStatus-noExpiry-alignments.json": (ZOE, "", Status.ACTIVE),
    "dcc/dataIntegrityProof/legacyRegistry-noStatus-noExpiry-identityHash.json": NOBODY,  # only a name
    "dcc/dataIntegrityProof/legacyRegistry-noStatus-noExpiry-minimal.json": (
        "credentialSubject.achievement",
        "a verifiable credential of no kind, and nothing is awarded in it: there is no achievement",
    ),
    "dcc/dataIntegrityProof/oidf-noStatus-notExpired-notYetValid.json": NOBODY,
    "dcc/dataIntegrityProof/oidf-revokedStatus-noExpiry.json": NOBODY,
    "dcc/ed25519/legacy-noStatus-expired.json": (ZOE, "", Status.ACTIVE),
    "dcc/ed25519/legacy-noStatus-noExpiry-tampered.json": (ZOE, "", Status.ACTIVE),
    "dcc/ed25519/legacy-noStatus-noExpiry.json": (ZOE, "", Status.ACTIVE),
}


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published example credentials are not here")
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_credentials_are_read_or_refused_in_words(name: str) -> None:
    first = next(one for one in read((FIXTURES / name).read_bytes()) if not isinstance(one, Notice))
    if isinstance(first, Rejected):
        assert PUBLISHED[name] == (first.where, first.reason)
    else:
        assert isinstance(first, CandidateRecord)
        (award,) = first.awards
        assert PUBLISHED[name] == (first.identifiers[0], award.level_label, award.status)


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published example credentials are not here")
def test_a_complete_published_credential() -> None:
    note, complete, *endorsements = read((FIXTURES / "ob30" / "complete.json").read_bytes())
    assert isinstance(note, Notice)  # its rubric has "Mastery" first, and "Basic" with as many points
    assert "resultDescription[1]: should go from low to high" in note.text
    assert isinstance(complete, CandidateRecord)
    assert complete.identifiers[1:] == ("student@1edtech.edu", "somebody@gmail.com")
    (award,) = complete.awards
    assert award.level == 10_000  # grade A of D, C, B, A
    assert len(award.achievement.competencies) == 2
    assert len(award.evidence) == 3  # two addresses and a narrative
    assert "1EdTechRevocationList" in award.credential_status
    assert "1EdTechCredentialRefresh" in award.refresh_service
    assert len(endorsements) == 5  # of the credential, its issuer, its achievement, and two of the creator


_VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just([]) | st.just({})
)


@given(st.data())
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    document = copy.deepcopy(CREDENTIAL)
    document["credentialSubject"]["result"] = [{"resultDescription": "urn:scale", "value": "1"}]
    document["credentialSubject"]["achievement"]["resultDescription"] = copy.deepcopy(RUBRIC)
    place: Any = document
    while True:
        key = data.draw(
            st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place))))
        )
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(_VALUES | st.just(["x", {}, 5]))
    assert read(document)
