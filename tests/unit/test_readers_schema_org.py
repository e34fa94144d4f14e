"""schema.org: what a page says of a person, and what is offered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.records import (
    AchievementRecord,
    AwardRecord,
    CandidateRecord,
    CompetencyRef,
    IssuerRef,
    Notice,
    Rejected,
)
from tests.unit.changed import changed
from tests.unit.examples.schema_org import CREDENTIAL, PERSON
from tests.unit.reading import formats_of, one_candidate, only, read_any


def award(**changes: Any) -> AwardRecord:
    person = {**PERSON, "hasCredential": {**CREDENTIAL, **changes}}
    (found,) = one_candidate(read_any(person)).awards
    return found


def refused(document: Any) -> tuple[str, str]:
    (found,) = only(Rejected, read_any(document))
    return found.where, found.reason


@pytest.mark.parametrize("type_", ["Thing", "https://schema.org/Book"])
def test_what_is_of_another_type_is_no_credential(type_: str) -> None:
    credentials = [{"@type": type_, "name": "Boat"}, {"name": "Of no type"}]
    found = read_any({**PERSON, "hasCredential": credentials})
    (record,) = only(CandidateRecord, found)
    assert [award.achievement.name for award in record.awards] == ["Of no type"]
    assert refused({**PERSON, "hasCredential": credentials}) == (
        "hasCredential[0]",
        f'is "{type_.removeprefix("https://schema.org/")}", not "EducationalOccupationalCredential"',
    )


def test_a_person_claims_what_their_page_says() -> None:
    assert formats_of(json.dumps(PERSON).encode()) == ["JSON", "schema.org"]
    record = one_candidate(read_any(PERSON))
    assert (record.key, record.name, record.email) == ("", "Zoé Tremblay", "zoe@example.org")
    assert record.identifiers == (
        "zoe@example.org", "https://zoe.example.org/#me", "https://zoe.example.org/"
    )  # fmt: skip
    assert record.languages == ("fr", "en")
    (held,) = record.awards
    assert (held.claimed, held.key, held.achievement.key) == (True, "", "")
    assert held.achievement.name == "Lift truck operator"
    assert held.achievement.description == "Drives a lift truck."
    assert held.achievement.issuer == IssuerRef("Northshore Safety Institute", "https://safety.example.org/")
    assert held.achievement.competencies == (
        CompetencyRef("stack pallets"),
        CompetencyRef("", "urn:own:pick"),
        CompetencyRef("operate forklift", "urn:esco:forklift", "ESCO"),
        CompetencyRef("F1", "urn:own:f1", "https://terms.example.org/"),
    )
    # 2025-03-10 to the end of 2028-03-09, in Toronto
    assert (held.issued, held.valid_from, held.expires) == (1741579200, None, 1836277199)
    assert (held.level, held.level_label) == (None, "Advanced")


def test_who_publishes_is_what_the_document_says_of_itself() -> None:
    publisher = {"@type": "Organization", "name": "Northshore Safety Institute"}
    record = one_candidate(read_any({**PERSON, "publisher": publisher, "sdPublisher": publisher}))
    assert record.awards[0].claimed


def test_a_credential_alone_is_an_offer() -> None:
    document = {"@context": ["https://schema.org"], **CREDENTIAL}
    (found,) = read_any(document)
    assert isinstance(found, AchievementRecord)
    assert found.key == "https://safety.example.org/offers/lift"
    assert found.name == "Lift truck operator"
    record = one_candidate(read_any(document, "c-1"))
    assert (record.key, [held.claimed for held in record.awards]) == ("c-1", [True])


def test_prefixes_and_addresses_say_the_same() -> None:
    def renamed(value: Any, prefix: str) -> Any:
        if isinstance(value, list):
            return [renamed(one, prefix) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            key if key.startswith("@") else prefix + key: prefix + one
            if key == "@type"
            else renamed(one, prefix)
            for key, one in value.items()
            if key != "@context"
        }

    for prefix in ("schema:", "http://schema.org/", "https://schema.org/"):
        (found,) = read_any(renamed(PERSON, prefix))
        assert found == one_candidate(read_any(PERSON))


def test_a_graph_and_a_page_about_somebody() -> None:
    person = {**PERSON, "hasCredential": {"@id": CREDENTIAL["@id"]}}
    del person["@context"]
    offer = {"@type": "EducationalOccupationalCredential", "name": "First aid"}
    site = {"@type": "WebSite", "name": "Zoé"}
    graph = {"@context": "https://schema.org", "@graph": [site, person, offer, CREDENTIAL]}
    record, achievement = read_any(graph)
    assert isinstance(record, CandidateRecord)
    assert record == one_candidate(read_any(PERSON))
    assert isinstance(achievement, AchievementRecord)
    assert achievement.name == "First aid"
    page = {"@context": "https://schema.org", "@type": "ProfilePage", "mainEntity": PERSON}
    assert one_candidate(read_any(page)) == record


def test_a_person_without_credentials_is_said() -> None:
    (found,) = read_any({"@context": "https://schema.org", "@type": "Person", "name": "Zoé"})
    assert isinstance(found, Notice)
    assert found.text == "hasCredential: a person without a credential; nothing to import"


def test_two_people_in_a_file_about_one_are_refused() -> None:
    other = {**PERSON, "@id": "https://bob.example.org/#me", "email": "bob@example.org", "url": None}
    first, second = read_any({"@context": "https://schema.org", "@graph": [PERSON, other]}, "c-1")
    for one in (first, second):
        assert isinstance(one, Rejected)
        assert "bob@example.org" in one.reason
        assert "c-1" in one.reason


@pytest.mark.parametrize(
    ("dates", "issued", "valid_from", "expires"),
    [
        ({"validFor": None}, 1741579200, None, None),
        ({"expires": "2026-06-30"}, 1741579200, None, 1782878399),
        ({"validUntil": "2026-07"}, 1741579200, None, 1782964799),
        ({"validFrom": "2025-04", "validFor": "P1M"}, 1741579200, 1745985600, 1746071999),
        ({"dateCreated": None, "datePublished": 2024, "validFor": "P1Y"}, 1704085200, None, 1735707599),
        ({"dateCreated": None}, None, None, None),
        ({"dateCreated": "2024-02-29", "validFor": "P1Y"}, 1709182800, None, 1740718799),
        ({"dateCreated": "2025-03-10T12:00:00Z", "validFor": "P2W1D"}, 1741608000, None, 1742875199),
        ({"validFor": "P9999Y"}, 1741579200, None, None),
    ],
)
def test_until_when_it_holds(
    dates: dict[str, Any], issued: int | None, valid_from: int | None, expires: int | None
) -> None:
    found = award(**dates)
    assert (found.issued, found.valid_from, found.expires) == (issued, valid_from, expires)


def test_what_a_credential_is_called() -> None:
    assert award(name=None).achievement.name == "certificate"
    assert award(name={"fr": "Cariste", "en": "Lift truck"}).achievement.name == "Lift truck"
    bare = {**PERSON, "hasCredential": ["https://safety.example.org/offers/lift", "First aid"]}
    by_key, by_name = one_candidate(read_any(bare)).awards
    assert by_key.achievement == AchievementRecord(key="https://safety.example.org/offers/lift")
    assert by_name.achievement == AchievementRecord(name="First aid")
    assert by_key.claimed
    assert award(recognizedBy=None, publisher="N").achievement.issuer == IssuerRef("N", "")
    assert award(recognizedBy="https://n.example.org/").achievement.issuer == IssuerRef(
        "", "https://n.example.org/"
    )


@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({"name": 5}, "hasCredential.name", "5 is not text"),
        ({"name": None, "credentialCategory": None, "@id": None, "competencyRequired": None}, "hasCredential",
         "needs a name or a key"),
        ({"dateCreated": "2026-02-30"}, "hasCredential.dateCreated", '"2026-02-30" is not a date'),
        ({"dateCreated": {"x": 5}}, "hasCredential.dateCreated", "an object is not text"),
        ({"validFor": "3 years"}, "hasCredential.validFor",
         '"3 years" is not a duration of years, months, weeks and days (such as P3Y)'),
        ({"expires": "2020-01-01"}, "hasCredential.expires",
         '"2020-01-01" is before "dateCreated", "2025-03-10"'),
        ({"validFor": "P0D"}, "hasCredential.validFor", '"2025-03-09" is before "dateCreated", "2025-03-10"'),
        ({"recognizedBy": 5}, "hasCredential.recognizedBy", "5 is not an object"),
        ({"competencyRequired": ["a", 5]}, "hasCredential.competencyRequired[1]", "5 is not an object"),
        ({"competencyRequired": [{}]}, "hasCredential.competencyRequired[0]", "needs a URI or a label"),
        ({"competencyRequired": [{"name": "a", "inDefinedTermSet": 5}]},
         "hasCredential.competencyRequired[0]", "5 is not text"),
        ({"educationalLevel": 5}, "hasCredential.educationalLevel", "5 is not text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_in_the_words_of_the_document(
    changes: dict[str, Any], where: str, reason: str
) -> None:
    assert refused({**PERSON, "hasCredential": {**CREDENTIAL, **changes}}) == (where, reason)


@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({"name": 5}, "name", "5 is not text"),
        ({"email": [5]}, "email[0]", "5 is not text"),
        ({"email": None, "@id": "#me", "url": None}, "email", "no subject: nothing says whose it is"),
        ({"hasCredential": 5}, "hasCredential", "5 is not an object"),
    ],
)
def test_what_is_wrong_of_a_person(changes: dict[str, Any], where: str, reason: str) -> None:
    assert refused({**PERSON, **changes}) == (where, reason)


def test_a_bad_credential_loses_only_itself_and_can_be_corrected() -> None:
    record, rejected = read_any({**PERSON, "hasCredential": [{**CREDENTIAL, "name": 5}, CREDENTIAL]})
    assert record == one_candidate(read_any(PERSON))
    assert isinstance(rejected, Rejected)
    assert rejected.where == "hasCredential[0].name"
    assert "Female" not in rejected.raw
    assert one_candidate(
        read_any(rejected.raw.replace('"name": 5', '"name": "Lift truck operator"'))
    ).awards == (one_candidate(read_any(PERSON)).awards)


@settings(max_examples=100)
@given(st.data())
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    graph = {"@context": "https://schema.org", "@graph": [PERSON, CREDENTIAL]}
    document = data.draw(st.sampled_from([PERSON, graph, {"@context": "https://schema.org", **CREDENTIAL}]))
    assert read_any(changed(document, data))


def test_an_address_within_the_page_is_no_key_and_leads_to_what_is_there() -> None:
    term = {"@id": "#skill", "@type": "DefinedTerm", "name": "slinging loads"}
    offer = {
        "@id": "#credential",
        "@type": "EducationalOccupationalCredential",
        "name": "Rigging",
        "competencyRequired": {"@id": "#skill"},
    }
    graph = {"@context": "https://schema.org", "@graph": [offer, term]}
    (found,) = read_any(graph)
    assert isinstance(found, AchievementRecord)
    assert (found.key, [one.label for one in found.competencies]) == ("", ["slinging loads"])


def test_a_reference_to_what_is_not_in_the_document_is_refused() -> None:
    person = {
        "@context": "https://schema.org",
        "@type": "Person",
        "email": "ada@example.org",
        "hasCredential": [{"@id": "#nowhere"}],
    }
    (refused,) = only(Rejected, read_any(person))
    assert (refused.where, refused.reason) == (
        "hasCredential[0]",
        'refers to "#nowhere", which is not in the document',
    )


def test_what_is_no_node_of_a_graph_is_refused_and_the_rest_read() -> None:
    offer = {"@type": "EducationalOccupationalCredential", "name": "Welding", "@id": "urn:a:1"}
    found = read_any({"@context": "https://schema.org", "@graph": [7, offer, None]})
    assert [one.key for one in only(AchievementRecord, found)] == ["urn:a:1"]
    assert [(one.where, one.reason) for one in only(Rejected, found)] == [
        ("@graph[0]", "7 is no node"),
        ("@graph[2]", "null is no node"),
    ]


def test_a_text_of_several_competencies_is_taken_apart_but_not_at_commas() -> None:
    texts = ["cut, fit and weld pipes", " stack pallets; lift|drive ;", "https://x.example/1"]
    offer = {"@context": "https://schema.org", "@type": "EducationalOccupationalCredential", "name": "W"}
    (found,) = only(AchievementRecord, read_any({**offer, "competencyRequired": texts}))
    assert [one.label or one.uri for one in found.competencies] == [
        "cut, fit and weld pipes", "stack pallets", "lift", "drive", "https://x.example/1",
    ]  # fmt: skip
