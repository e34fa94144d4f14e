"""Open Badges 3.0 as JSON: what is taken from a credential, and what is said of what is not one."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, CompetencyRef, IssuerRef, Rejected, Status
from tests.unit.reading import read_any

FIXTURES = Path(__file__).parents[3] / "shared" / "data" / "credentials"

CREDENTIAL: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": " https://issuer.example.org/credentials/a%20b ",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {
        "id": "https://issuer.example.org/",
        "type": ["Profile"],
        "name": "Northshore Safety Institute",
    },
    "validFrom": "2026-01-31T12:00:00Z",
    "validUntil": "2029-01-31T12:00:00Z",
    "credentialSubject": {
        "id": "did:example:zoe",
        "type": ["AchievementSubject"],
        "achievement": {
            "id": "https://issuer.example.org/achievements/lift",
            "type": ["Achievement"],
            "name": "Lift truck operator",
            "description": "Drives a lift truck.",
            "criteria": {"narrative": "Passed a practical test."},
            "alignment": [
                {
                    "targetName": "operate forklift",
                    "targetUrl": "urn:esco:forklift",
                    "targetFramework": "ESCO",
                },
                {"targetName": "Diploma", "targetUrl": "urn:diploma", "targetType": "ceterms:Credential"},
                {"targetName": "stack pallets", "targetUrl": "urn:own:pallets"},
            ],
        },
    },
    "evidence": {"id": "https://issuer.example.org/evidence/1", "type": ["Evidence"]},
    "proof": {"type": "DataIntegrityProof"},
}


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


def test_a_status_that_was_not_checked_is_unknown() -> None:
    entry = {"type": "BitstringStatusListEntry", "statusListCredential": "https://issuer.example.org/list"}
    assert one({**CREDENTIAL, "credentialStatus": entry}).awards[0].status is Status.UNKNOWN


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
    assert refused(nobody) == ("credentialSubject.id", "no subject: nothing says whose it is")
    assert one(nobody, candidate="c-1").key == "c-1"
    assert one(CREDENTIAL, candidate="c-1").identifiers == ("did:example:zoe",)


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


@pytest.mark.parametrize(
    ("scale", "result", "level", "label"),
    [
        (RUBRIC, {"achievedLevel": "urn:3"}, 7500, "Advanced"),
        (RUBRIC, {"achievedLevel": "urn:9"}, None, ""),
        ({"id": "s", "allowedValue": ["D", "C", "B", "A"]}, {"value": "B"}, 7500, "B"),
        ({"id": "s", "allowedValue": ["D", "C", "B", "A"]}, {"value": "E"}, None, ""),
        ({"id": "s", "resultType": "Percent"}, {"value": "85"}, 8500, "85"),
        ({"id": "s", "valueMin": "10", "valueMax": 20}, {"value": 15}, 5000, "15"),
        ({"id": "s", "valueMax": "20"}, {"value": "21"}, None, ""),
        ({"id": "s", "valueMax": "high"}, {"value": "1"}, None, ""),
        ({"id": "s", "valueMin": "5", "valueMax": "5"}, {"value": "5"}, None, ""),
        ({"id": "s"}, {"value": "85"}, None, ""),
        ({"id": "other", "valueMax": "100"}, {"value": "85"}, None, ""),
    ],
)
def test_levels(scale: Any, result: dict[str, Any], level: int | None, label: str) -> None:
    document = with_achievement(resultDescription=scale)
    document["credentialSubject"]["result"] = [{"status": "Completed"}, {"resultDescription": "s", **result}]
    (award,) = one(document).awards
    assert (award.level, award.level_label) == (level, label)


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        ({**CREDENTIAL, "validFrom": "soon"}, "validFrom", '"soon" is not a date'),
        ({**CREDENTIAL, "expirationDate": "2020-01-01", "validUntil": None}, "expirationDate",
         '"2020-01-01" is before issued, "2026-01-31T12:00:00Z"'),
        ({**CREDENTIAL, "issuer": 5}, "issuer", "5 is not an object"),
        ({**CREDENTIAL, "id": "a%0Ab"}, "id", '"a\\nb" has control characters'),
        (with_achievement(name=None, id=None), "credentialSubject.achievement", "needs a name or a key"),
        (with_achievement(name=["Lift"]), "credentialSubject.achievement.name", "a list is not text"),
        (with_achievement(alignment=[{"targetType": "CFRubric"}, {"targetUrl": "n/a"}]),
         "credentialSubject.achievement.alignment[1].targetUrl", '"n/a" is not a URI'),
        (with_subject(achievement=None), "credentialSubject.achievement", "null is not an object"),
        ({**CREDENTIAL, "credentialSubject": [{}, {}]}, "credentialSubject", "a list is not an object"),
        (b"{} {}", "", "not JSON: Extra data at character 4"),
        (b"[" * 100_000, "", "not readable: nested too deeply"),
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
    (found,) = read(b"[" + b" " * 1_000, limits=Limits(document=1_000))
    assert isinstance(found, Rejected)
    assert found.reason.startswith("the document is longer than 1,000 bytes")


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published example credentials are not here")
def test_published_credentials_are_read_or_refused_in_words() -> None:
    found = {path.name: read(path.read_bytes()) for path in sorted(FIXTURES.rglob("*.json"))}
    assert len(found) > 10
    complete = found["complete.json"][0]
    assert isinstance(complete, CandidateRecord)
    assert complete.identifiers[1:] == ("student@1edtech.edu", "somebody@gmail.com")
    assert complete.awards[0].level == 10_000  # grade A of D, C, B, A
    revoked = found["credential-status-revoked.json"][0]
    assert isinstance(revoked, CandidateRecord)
    assert revoked.awards[0].status is Status.UNKNOWN


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
    assert len(read(document)) == 1
