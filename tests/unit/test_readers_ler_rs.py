"""HR Open's LER-RS: what the person claims, and what issuers state in it; and credentials of its parts."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.readers.limits import Limits
from matcher.records import CandidateRecord, CompetencyRef, IssuerRef, Notice, Rejected, Status
from tests.unit.changed import changed
from tests.unit.examples.ler_rs import BADGE, RECORD, TRANSCRIPT
from tests.unit.reading import formats_of, one_candidate, only, read_any

PUBLISHED = Path(__file__).parents[3] / "shared/data/credentials/ler-rs/LER-RS_V2_UC010_applying.json"


def wrapped(record: Any, **fields: Any) -> dict[str, Any]:
    return {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "LER-RS VC"],
        "issuer": "Resume Builder",
        "issuanceDate": "2026-03-01T00:00:00Z",
        "credentialSubject": record,
        "proof": {"type": "RsaSignature2018"},
        **fields,
    }


def with_section(section: str, *entries: Any) -> dict[str, Any]:
    person = {name: RECORD[name] for name in ("type", "person", "communication")}
    return {**person, section: list(entries)}


def refused(document: Any) -> tuple[str, str]:
    (found,) = only(Rejected, read_any(document))
    return found.where, found.reason


def test_a_record_is_a_person_with_claims() -> None:
    assert formats_of(json.dumps(RECORD).encode()) == ["JSON", "HR Open LER-RS", "Open Badges 3.0"]
    person, badge = only(CandidateRecord, read_any(RECORD))
    assert (person.key, person.name, person.email) == ("", "Zoé Tremblay", "zoe@example.org")
    assert person.identifiers == ("zoe@example.org", "zt@example.com")
    heights, licence, diploma, forklift, pallets = person.awards
    assert all(award.claimed and not award.key and not award.achievement.key for award in person.awards)
    assert heights.achievement.name == "Working at heights"
    assert heights.achievement.description == "Three hours.\nPractical."
    assert heights.achievement.issuer == IssuerRef("Heights Council", "https://heights.example.org/")
    # 2024-01-01, the last day of 2024-03, the first day of 2027-03, in Toronto
    assert (heights.issued, heights.valid_from, heights.expires) == (1704085200, 1711857600, 1803963599)
    assert heights.status is Status.ACTIVE
    assert (licence.achievement.name, licence.status) == ("Class D licence", Status.SUSPENDED)
    assert (diploma.achievement.name, diploma.achievement.issuer.name) == ("Diploma", "Lakeside College")
    assert diploma.issued == 1559361600
    assert forklift.achievement.competencies == (CompetencyRef("operate forklift", "urn:esco:forklift"),)
    assert (forklift.level, forklift.level_label) == (7500, "4")
    assert pallets.achievement.competencies == (CompetencyRef("stack pallets"),)
    assert (pallets.level, pallets.level_label) == (None, "Expert")
    (notice,) = only(Notice, read_any(RECORD))
    assert notice.text == (
        "educationAndLearnings[0].educationDegrees[1]: is not said to be granted "
        "(degreeGrantedStatus: null); not taken"
    )
    assert badge.place.where == "certifications[1].verifications[0]"


def test_an_embedded_credential_is_the_persons_and_its_entry_is_not_read_beside_it() -> None:
    person, badge = only(CandidateRecord, read_any(RECORD))
    (award,) = badge.awards
    assert (award.key, award.claimed) == ("https://safety.example.org/credentials/1", False)
    assert award.achievement.issuer.name == "Northshore Safety Institute"
    assert badge.identifiers == person.identifiers
    assert (badge.key, badge.name, badge.email) == ("", "", "")
    assert not [award for award in person.awards if award.achievement.name.startswith("Lift truck")]
    about = only(CandidateRecord, read_any(RECORD, "c-1"))
    assert {record.key for record in about} == {"c-1"}


def test_what_a_resume_builder_signs_stays_a_claim() -> None:
    found = only(CandidateRecord, read_any(wrapped({"id": "did:example:zoe", **RECORD})))
    assert found[0].identifiers == ("did:example:zoe", "zoe@example.org", "zt@example.com")
    assert [award.claimed for award in found[0].awards] == [True] * 5
    assert [award.claimed for award in found[1].awards] == [False]
    for one in (wrapped([RECORD]), wrapped({"id": "did:example:zoe", "lerrsType": RECORD})):
        assert only(CandidateRecord, read_any(one))[0].awards == found[0].awards


@pytest.mark.parametrize(
    "verification",
    [{"org": {"name": "Heights Council"}}, {"ref": {"value": "https://heights.example.org/77"}}],
)
def test_whom_to_ask_is_no_credential(verification: Any) -> None:
    record = one_candidate(
        read_any(with_section("certifications", {"name": "A", "verifications": [verification]}))
    )
    assert [(award.achievement.name, award.claimed) for award in record.awards] == [("A", True)]


def test_a_credential_of_any_type_may_stand_in_other() -> None:
    entry = {"name": "A", "verifications": {"other": BADGE}}
    _, badge = only(CandidateRecord, read_any(with_section("skills", entry)))
    assert badge.place.where == "skills[0].verifications.other"
    assert badge.awards[0].achievement.name == "Lift truck operator"


def test_the_credential_of_somebody_else_is_refused() -> None:
    theirs = copy.deepcopy(BADGE)
    identity = {"identityType": "emailAddress", "identityHash": "bob@example.org", "hashed": False}
    theirs["credentialSubject"]["identifier"] = [identity]
    document = with_section("certifications", {"name": "Lift truck", "verifications": [theirs]})
    person, rejected = read_any(document)
    assert isinstance(person, CandidateRecord)
    assert person.awards == ()
    assert isinstance(rejected, Rejected)
    assert rejected.where == "certifications[0].verifications[0]"
    assert rejected.reason == 'is about "bob@example.org", and the record about "zoe@example.org"'
    identity["identityHash"] = "MAILTO:ZT@example.com"
    assert len(only(CandidateRecord, read_any(document))) == 2


def test_a_subject_that_the_record_does_not_name_is_said() -> None:
    document = with_section("certifications", {"verifications": [copy.deepcopy(BADGE)]})
    document["certifications"][0]["verifications"][0]["credentialSubject"]["id"] = "did:example:other"
    (notice,) = only(Notice, read_any(document))
    assert notice.text == (
        'certifications[0].verifications[0]: names its subject "did:example:other", '
        "which the record does not name"
    )
    assert not only(Notice, read_any(wrapped({"id": "did:example:other", **document})))


def test_a_bad_credential_is_refused_with_its_entry_and_can_be_corrected() -> None:
    bad = {**BADGE, "issuanceDate": "2026-02-30"}
    document = wrapped(
        with_section("certifications", {"name": "Lift truck", "verifications": [bad, TRANSCRIPT]})
    )
    found = read_any(document)
    (person, stated), (rejected,) = only(CandidateRecord, found), only(Rejected, found)
    assert person.awards == ()
    assert rejected.where == "credentialSubject.certifications[0].verifications[0].issuanceDate"
    assert rejected.reason == '"2026-02-30" is not a date'
    assert "555 0100" not in rejected.raw
    assert len(stated.awards) == 2
    assert len(only(Notice, found)) == 2
    again, badge = only(CandidateRecord, read_any(rejected.raw.replace("02-30", "02-28")))
    assert (again.awards, again.identifiers) == ((), person.identifiers)
    assert badge.awards[0].key == BADGE["id"]


def test_a_credential_without_an_award_leaves_the_entrys_own_words() -> None:
    studying = copy.deepcopy(TRANSCRIPT)
    del studying["credentialSubject"]["educationAndLearning"]["educationDegrees"][:2]
    record = one_candidate(read_any(with_section("skills", {"name": "write", "verifications": [studying]})))
    assert [(award.achievement.name, award.claimed) for award in record.awards] == [("write", True)]


def test_a_credential_of_a_part_is_the_issuers_word() -> None:
    assert formats_of(json.dumps(TRANSCRIPT).encode()) == ["JSON", "HR Open credential"]
    record, notice = read_any(TRANSCRIPT)
    assert isinstance(record, CandidateRecord)
    assert (record.key, record.identifiers, record.name) == ("", ("did:example:zoe",), "")
    diploma, welding = record.awards
    assert diploma.achievement.name == "Diploma (Logistics, Safety)"
    assert diploma.achievement.issuer == IssuerRef("Lakeside College", "https://college.example.org/")
    assert (diploma.key, diploma.claimed) == ("https://college.example.org/transcripts/7", False)
    assert welding.key == "https://college.example.org/transcripts/7#educationAndLearning.educationDegrees[1]"
    # 2024-06-01 in Toronto; the day of the credential
    assert (diploma.issued, welding.issued, diploma.expires) == (1717214400, 1769947200, 2085480000)
    assert (diploma.status, json.loads(diploma.credential_status)) == (
        Status.UNKNOWN, {"type": "StatusList2021Entry"}
    )  # fmt: skip
    assert isinstance(notice, Notice)
    assert notice.text == (
        "credentialSubject.educationAndLearning.educationDegrees[2]: is not said to be granted "
        '(degreeGrantedStatus: "In Progress"); not taken'
    )


@pytest.mark.parametrize(
    ("until", "expires"),
    [("2026-06-01", 1780372799), ("2040-01-01", 2085480000)],
)
def test_the_earlier_end_counts(until: str, expires: int) -> None:
    subject = {
        "id": "did:example:zoe",
        "license": {"name": "Class D", "effectiveTimePeriod": {"validTo": until}, "status": "revoked"},
    }
    (award,) = one_candidate(read_any({**TRANSCRIPT, "credentialSubject": subject})).awards
    assert (award.expires, award.status) == (expires, Status.REVOKED)


def test_employment_is_no_award() -> None:
    subject = {"id": "did:example:zoe", "employmentHistory": {"organization": {"name": "Northshore Freight"}}}
    (notice,) = read_any({**TRANSCRIPT, "credentialSubject": subject})
    assert isinstance(notice, Notice)
    assert notice.text == "credentialSubject.employmentHistory: employment is no award; not taken"
    nothing = {"id": "did:example:zoe", "educationAndLearning": {}}
    (notice,) = read_any({**TRANSCRIPT, "credentialSubject": nothing})
    assert isinstance(notice, Notice)
    assert notice.text == "credentialSubject: states no award; not taken"


@pytest.mark.parametrize(
    ("status", "until", "taken"),
    [
        ("Active", None, Status.ACTIVE),
        ("revoked", None, Status.REVOKED),
        ("in review", None, Status.UNKNOWN),
        ("expired", "2020-01-01", Status.ACTIVE),
        ("expired", None, None),
        ("Pending", None, None),
    ],
)
def test_the_status_of_a_certification(status: str, until: str | None, taken: Status | None) -> None:
    entry = {"name": "A", "status": status, "effectiveTimePeriod": {"validTo": until}}
    found = read_any(with_section("certifications", entry))
    (record,) = only(CandidateRecord, found)
    assert [award.status for award in record.awards] == ([] if taken is None else [taken])
    assert len(only(Notice, found)) == (taken is None)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ({"scoresNumeric": [{"value": 3.0, "maximum": 4}]}, (7500, "3")),
        ({"scoresNumeric": [{"value": 5, "maximum": 4}]}, (None, "")),
        ({"scoresNumeric": [{"value": 3}], "scoresText": [{"value": "Good"}]}, (None, "Good")),
        ({"scoresNumeric": [{"value": 3, "minimum": 3, "maximum": 3}]}, (None, "")),
        ({}, (None, "")),
    ],
)
def test_levels(level: Any, expected: tuple[int | None, str]) -> None:
    record = one_candidate(read_any(with_section("skills", {"name": "A", "proficiencyLevel": level})))
    assert (record.awards[0].level, record.awards[0].level_label) == expected


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        ({**RECORD, "communication": {}}, "communication.email", "no subject: nothing says whose it is"),
        ({**RECORD, "person": "Zoé"}, "person", '"Zoé" is not an object'),
        ({**RECORD, "person": {"name": {"formattedName": 5}}}, "person.name.formattedName", "5 is not text"),
        ({**RECORD, "communication": {"email": [{"address": "z\n"}, {"address": "z\n@"}]}},
         "communication.email",
         '"z\\n@" has control characters'),
        (wrapped([RECORD, RECORD]), "credentialSubject", "has 2 subjects; a record is about one person"),
        (wrapped(5), "credentialSubject", "5 is not an object"),
        (wrapped({"lerrsType": "x"}), "credentialSubject.lerrsType", '"x" is not an object'),
        (with_section("certifications", 5), "certifications[0]", "5 is not an object"),
        (with_section("certifications", {}), "certifications[0]", "needs a name or a key"),
        (with_section("licenses", {"name": "A", "issued": "2025-02-30"}), "licenses[0].issued",
         '"2025-02-30" is not a date'),
        (with_section("certifications", {"name": "A", "issued": "2025", "end": "2024"}),
         "certifications[0].end",
         '"2024-01-01" is before "issued", "2025-01-01"'),
        (with_section("certifications", {"name": "A", "effectiveTimePeriod": {"validTo": "never"}}),
         "certifications[0].effectiveTimePeriod.validTo", '"never" is not a date'),
        (with_section("educationAndLearnings", {"educationDegrees": [{"degreeGrantedStatus": "Granted"}]}),
         "educationAndLearnings[0].educationDegrees[0]", "needs a name or a key"),
        (with_section("educationAndLearnings", {"educationDegrees": [{"name": 5}]}),
         "educationAndLearnings[0].educationDegrees[0].name", "5 is not text"),
        (with_section("skills", {"name": ["A"]}), "skills[0].name", "a list is not text"),
        (with_section("skills", {"name": "A", "verifications": ["eyJ", 5][1:]}), "skills[0].verifications[0]",
         "5 is no credential"),
        (with_section("skills", {"name": "A", "verifications": [[BADGE]]}), "skills[0].verifications[0]",
         "a list without an issuer is no credential"),
        (with_section("skills", {"verifications": [{"candidate": {"identifiers": ["did:example:zoe"]}}]}),
         "skills[0].verifications[0]", "an object without an issuer is no credential"),
        ({**TRANSCRIPT, "issuer": 5}, "issuer", "5 is not an object"),
        ({**TRANSCRIPT, "issuanceDate": "soon", "credentialSubject": {"id": "did:example:z", "skill": "A"}},
         "issuanceDate", '"soon" is not a date'),
        ({**TRANSCRIPT, "credentialSubject": {"skill": "A"}}, "credentialSubject.id",
         "no subject: nothing says whose it is"),
        ({**TRANSCRIPT, "credentialSubject": {"id": "did:example:z", "certification": {"name": 5}}},
         "credentialSubject.certification.name", "5 is not text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_in_the_words_of_the_record(document: Any, where: str, reason: str) -> None:
    assert refused(document) == (where, reason)


def test_a_bad_entry_loses_only_itself_and_can_be_corrected() -> None:
    document = with_section("skills", {"name": "A"}, {"name": 5}, {"name": "C"})
    record, rejected = read_any(document)
    assert isinstance(record, CandidateRecord)
    assert [award.achievement.name for award in record.awards] == ["A", "C"]
    assert isinstance(rejected, Rejected)
    corrected = one_candidate(read_any(rejected.raw.replace('"name": 5', '"name": "B"')))
    assert [award.achievement.name for award in corrected.awards] == ["B"]
    assert corrected.name == "Zoé Tremblay"


def test_too_many_credentials_of_an_entry_are_refused() -> None:
    document = with_section("skills", {"name": "A", "verifications": [BADGE] * 11}, {"name": "B"})
    found = read_any(document, limits=Limits(parts=10))
    (rejected,) = only(Rejected, found)
    assert (rejected.where, rejected.reason) == (
        "skills[0].verifications",
        "has 11 entries, more than 10 (CREDMATCH_IMPORT_PARTS)",
    )
    assert len(only(CandidateRecord, found)) == 1


def test_of_very_much_that_is_refused_nothing_is_lost() -> None:
    found = read_any(with_section("skills", {"name": "A"}, *[{"name": 5}] * 450))
    assert (len(only(Rejected, found)), len(only(CandidateRecord, found))) == (450, 1)


def test_records_in_records_end() -> None:
    document = RECORD
    for _ in range(10):
        document = with_section("skills", {"name": "A", "verifications": [wrapped(document)]})
    (found,) = only(Rejected, read_any(document, limits=Limits(depth=4)))
    assert found.reason == "documents in documents, more than 4 (CREDMATCH_IMPORT_DEPTH) levels deep"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published example record is not here")
def test_the_published_record() -> None:
    person, badge, subject, studying = read_any(PUBLISHED.read_bytes())
    assert isinstance(person, CandidateRecord)
    assert (person.name, person.awards) == ("Jennifer Jones", ())
    assert person.identifiers == ("jennifer.jones@example.com",)
    assert isinstance(badge, CandidateRecord)
    (award,) = badge.awards
    assert badge.identifiers == person.identifiers
    assert award.achievement.name == "Digital Marketing Certificate"
    assert (award.key, award.claimed) == ("http://example.com/credentials/3527", False)
    assert award.status is Status.UNKNOWN
    assert isinstance(subject, Notice)
    assert isinstance(studying, Notice)
    assert '(degreeGrantedStatus: "In Progress"); not taken' in studying.text


@settings(max_examples=100)
@given(st.data())
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from([RECORD, wrapped({"id": "did:example:zoe", **RECORD}), TRANSCRIPT]))
    assert read_any(changed(document, data))
