"""CTDL: credentials as a registry describes them, and what is only said of their surroundings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.readers.limits import Limits
from matcher.records import AchievementRecord, CompetencyRef, IssuerRef, Notice, Rejected, RelatedRef
from tests.unit.changed import changed
from tests.unit.examples.ctdl import BASE, CERTIFICATE, GRAPH
from tests.unit.reading import formats_of, only, read_any


def one(document: Any) -> AchievementRecord:
    (found,) = read_any(document)
    assert isinstance(found, AchievementRecord), found
    return found


def refused(document: Any) -> tuple[str, str]:
    (found,) = only(Rejected, read_any(document))
    return found.where, found.reason


def test_a_credential_is_an_achievement() -> None:
    assert formats_of(json.dumps(GRAPH).encode()) == ["JSON", "CTDL"]
    achievement = one(GRAPH)
    assert achievement.key == f"{BASE}/ce-1"
    assert achievement.name == "Lift truck operator"
    assert achievement.description == "Conduit un chariot élévateur."
    assert achievement.issuer == IssuerRef("Northshore Institute", f"{BASE}/ce-9")
    assert achievement.competencies == (
        CompetencyRef("operate forklift", "urn:esco:forklift", "ESCO"),
        CompetencyRef("stack pallets"),
        CompetencyRef("inspect a truck", f"{BASE}/ce-5"),
        CompetencyRef("", f"{BASE}/ce-6"),
    )
    assert achievement.related == (
        RelatedRef("isPartOf", f"{BASE}/ce-2"),
        RelatedRef("hasPart", f"{BASE}/ce-3"),
    )


def test_a_candidate_holds_nothing_of_a_catalogue() -> None:
    (found,) = read_any(GRAPH, "c-1")
    assert isinstance(found, AchievementRecord)


def test_an_envelope_of_the_registry_is_opened() -> None:
    envelope = {"envelope_type": "resource_data", "resource": "eyJ", "decoded_resource": GRAPH}
    assert one(envelope) == one(GRAPH)
    sealed = {"envelope_type": "resource_data", "resource": "eyJ"}
    assert refused(sealed) == ("decoded_resource", "null is not an object")


def test_prefixes_and_addresses_say_the_same() -> None:
    text = json.dumps(CERTIFICATE)
    without = {
        "@context": "https://credreg.net/ctdl/schema/context/json",
        **json.loads(text.replace("ceterms:", "")),
    }
    spelt_out = json.loads(text.replace("ceterms:", "https://purl.org/ctdl/terms/"))
    assert one(without) == one(spelt_out) == one(CERTIFICATE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Lift truck", "Lift truck"),
        ({"de": "Stapler", "fr": "Cariste"}, "Cariste"),
        ({"de": "Stapler", "es": "Carretilla"}, "Stapler"),
        ({"@language": "en", "@value": "Lift truck"}, "Lift truck"),
        (
            [{"@language": "fr", "@value": "Cariste"}, {"@language": "en-US", "@value": "Lift truck"}],
            "Lift truck",
        ),
    ],
)
def test_languages(name: Any, expected: str) -> None:
    assert one({**CERTIFICATE, "ceterms:name": name}).name == expected


def test_keys_and_issuers_as_they_are_stated() -> None:
    bare = {"@type": ["ceterms:MicroCredential"], "ceterms:ctid": "ce-7", "ceterms:name": "Lift truck"}
    assert one(bare).key == "ce-7"
    assert one({**bare, "@id": "_:b0"}).key == "ce-7"
    assert one({**bare, "ceterms:offeredBy": {"@id": "_:b1", "ceterms:name": "N"}}).issuer == IssuerRef(
        "N", ""
    )


@pytest.mark.parametrize("type_", ["Badge", "DigitalBadge", "Certification", "License", "BachelorDegree",
                                   "CertificateOfCompletion", "JourneymanCertificate",
                                   "SecondarySchoolDiploma", "QualityAssuranceCredential",
                                   "ResearchDoctorate"])  # fmt: skip
def test_every_kind_of_credential(type_: str) -> None:
    assert one({"@type": f"ceterms:{type_}", "ceterms:name": "A"}).name == "A"


@pytest.mark.parametrize("type_", ["CredentialOrganization", "Course", "CredentialAlignmentObject"])
def test_what_is_no_credential_is_said(type_: str) -> None:
    (found,) = read_any({"@type": f"ceterms:{type_}", "ceterms:name": "A"})
    assert isinstance(found, Notice)
    assert found.text == (
        f'CTDL without a credential ("{type_}"): about its issuer or the way to it; nothing to import'
    )


@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({"ceterms:name": 5}, "ceterms:name", "5 is not text"),
        ({"ceterms:name": {"en": 5}}, "ceterms:name.en", "5 is not text"),
        ({"ceterms:name": [{"@value": []}]}, "ceterms:name[0].@value", "a list is not text"),
        ({"ceterms:name": "x" * 501}, "ceterms:name", f'"{"x" * 76}... has more than 500 characters'),
        ({"ceterms:name": None}, "name", "is missing: a credential needs a name"),
        ({"ceterms:ctid": 5, "@id": None}, "ceterms:ctid", "5 is not text"),
        ({"@id": "a\0b"}, "@id", '"a\\u0000b" has control characters'),
        ({"ceterms:targetCompetency": [5]}, "ceterms:targetCompetency[0]", "5 is not an object"),
        ({"ceterms:targetCompetency": "no address"}, "ceterms:targetCompetency", '"no address" is not a URI'),
        ({"ceterms:ownedBy": {"ceterms:name": 5}}, "ceterms:ownedBy.ceterms:name", "5 is not text"),
    ],
)
def test_what_is_wrong_is_named_in_the_words_of_the_document(
    changes: dict[str, Any], where: str, reason: str
) -> None:
    assert refused({**CERTIFICATE, **changes}) == (where, reason)


def test_one_bad_credential_of_a_graph_loses_only_itself() -> None:
    bad = {"@id": f"{BASE}/ce-4", "@type": "ceterms:Badge", "ceterms:name": 5}
    achievement, rejected = read_any({**GRAPH, "@graph": [bad, *GRAPH["@graph"]]})[::-1]
    assert achievement == one(GRAPH)
    assert isinstance(rejected, Rejected)
    assert rejected.where == "@graph[0].ceterms:name"
    assert one(rejected.raw.replace("5", '"B"').replace('ce-"B"', "ce-5")).name == "B"


def test_references_in_a_circle_end() -> None:
    ring = [
        {"@id": f"{BASE}/{n}", "@type": "ceterms:Badge", "ceterms:name": str(n),
         "ceterms:requires": {"@id": f"{BASE}/{1 - n}"}, "ceterms:ownedBy": f"{BASE}/{1 - n}",
         "ceterms:targetCompetency": {"@id": f"{BASE}/{n}"}}
        for n in (0, 1)
    ]  # fmt: skip
    assert len(only(AchievementRecord, read_any({"@graph": ring}))) == 2


def test_what_references_lead_to_is_bounded() -> None:
    course = {"@id": "_:course", "@type": "ceterms:Course",
              "ceterms:teaches": [{"ceterms:targetNodeName": "stack pallets"}] * 10_000}  # fmt: skip
    badges = [
        {"@type": "ceterms:Badge", "ceterms:name": str(number),
         "ceterms:requires": {"ceterms:targetLearningOpportunity": "_:course"}}
        for number in range(1_000)
    ]  # fmt: skip
    found = read_any({"@graph": [course, *badges]})
    assert 8 < len(only(AchievementRecord, found)) < 20
    rejected = only(Rejected, found)[0]
    assert rejected.reason == "references lead to more than 250,000 (CREDMATCH_IMPORT_VALUES) values"
    assert rejected.where.endswith(".ceterms:requires.ceterms:targetLearningOpportunity")


def test_too_many_are_refused() -> None:
    badges = [{"@type": "ceterms:Badge", "ceterms:name": str(number)} for number in range(11)]
    (found,) = only(Rejected, read_any({"@graph": badges}, limits=Limits(parts=10)))
    assert (found.where, found.reason) == ("@graph", "has 11 entries, more than 10 (CREDMATCH_IMPORT_PARTS)")
    held = [{"ceterms:targetNodeName": str(number)} for number in range(501)]
    assert refused({**CERTIFICATE, "ceterms:targetCompetency": held}) == (
        "",
        "has 501 entries, more than 500 (CREDMATCH_IMPORT_COMPETENCIES)",
    )


@settings(max_examples=100)
@given(st.data())
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from([GRAPH, CERTIFICATE, {"decoded_resource": GRAPH}]))
    assert read_any(changed(document, data))


def test_a_framework_beside_credentials_and_what_is_no_node_are_not_passed_over_silently() -> None:
    loose = {"@type": "ceasn:Competency", "@id": "urn:c:1", "ceasn:competencyText": {"en": "weld"}}
    found = read_any({**GRAPH, "@graph": [*GRAPH["@graph"], loose, 7, None]})
    assert only(AchievementRecord, found) == [one(GRAPH)]
    (note,) = only(Notice, found)
    assert note.text == (
        "holds a framework of competencies too, of which 1 entries belong to no credential: "
        "`credmatch vocabulary import` loads it"
    )
    count = len(GRAPH["@graph"])
    assert [(one.where, one.reason) for one in only(Rejected, found)] == [
        (f"@graph[{count + 1}]", "7 is no node"),
        (f"@graph[{count + 2}]", "null is no node"),
    ]
