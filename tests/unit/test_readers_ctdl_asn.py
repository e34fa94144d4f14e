"""Frameworks in CTDL-ASN and in ASN's older vocabulary."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.readers.frameworks import FrameworkCompetency
from matcher.records import Kind
from tests.unit.examples.ctdl_asn import ESCO, GRAPH, REGISTRY, node
from tests.unit.reading_frameworks import ANYTHING, check_anything, read_json


def test_a_graph_field_by_field(tmp_path: Path) -> None:
    found = read_json(tmp_path, GRAPH)
    assert found.formats == ["CTDL-ASN"]
    [facts] = found.facts
    assert (facts.name, facts.attribution) == ("Yard competencies", "North Board; https://example.org/cc-by")
    assert not found.rejected
    assert found.competencies == {
        REGISTRY + "job": FrameworkCompetency(REGISTRY + "job", labels={"en": "Yard job"}),
        REGISTRY + "move": FrameworkCompetency(
            REGISTRY + "move",
            labels={"en": "move trailers", "fr": "Déplace des remorques."},
            aliases={"en": ("Moves trailers in a yard.", "Y.MOVE.1")},
            broader=(REGISTRY + "job", "urn:x:broad"),
            narrower=("urn:x:narrow",),
            related=(REGISTRY + "rules", "urn:x:major"),
            same=(ESCO,),
            description="Moves trailers in a yard.",
        ),
        REGISTRY + "rules": FrameworkCompetency(
            REGISTRY + "rules", Kind.KNOWLEDGE, {"en": "Traffic rules"}, broader=(REGISTRY + "job",)
        ),
    }
    assert found.notices == [
        "headings, such as domains, left out: 1",
        "competencies without text in English or French, left out: 1",
        'entries that are no competencies, passed over: 1 ("CredentialOrganization")',
    ]


def test_alignments_without_an_address_are_said_by_kind_with_an_example(tmp_path: Path) -> None:
    node = {
        "@type": "ceasn:Competency", "@id": "urn:x:1", "ceasn:competencyText": "park",
        "ceasn:exactAlignment": ["urn:x:2", {"ceasn:name": "no address"}, {}],
        "ceasn:majorAlignment": {"ceasn:name": "no address"},
    }  # fmt: skip
    found = read_json(tmp_path, node)
    assert found.competencies["urn:x:1"].same == ("urn:x:2",)
    assert found.notices == [
        "exactAlignment without an address, left out: 2 (ceasn:exactAlignment)",
        "majorAlignment without an address, left out: 1 (ceasn:majorAlignment)",
    ]


def test_a_single_node_with_other_spellings(tmp_path: Path) -> None:
    body = {
        "type": "https://purl.org/ctdlasn/terms/Competency", "id": "ignored-as-no-uri:1",
        "https://purl.org/ctdlasn/terms/competencyText": [{"@value": "Garer", "@language": "fr"}],
    }  # fmt: skip
    [found] = read_json(tmp_path, [body]).competencies.values()
    assert found.labels == {"fr": "Garer"}
    lone = {"@type": "ceasn:Competency", "ceterms:ctid": "ce-1", "ceasn:competencyText": "Park"}
    assert list(read_json(tmp_path, lone).competencies) == ["urn:ctid:ce-1"]


def test_asns_older_statements_in_both_forms(tmp_path: Path) -> None:
    asn, terms = "http://purl.org/ASN/schema/core/", "http://purl.org/dc/terms/"
    rdf, gem = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://purl.org/gem/qualifiers/"
    one, other = "http://asn.example.org/resources/S1", "http://asn.example.org/resources/S2"
    document = {
        "http://asn.example.org/resources/D1": {
            rdf: [{"value": asn + "StandardDocument", "type": "uri"}],
            terms + "title": [{"value": "Old standards", "type": "literal", "lang": "en-US"}],
        },
        one: {
            rdf: [{"value": asn + "Statement", "type": "uri"}],
            terms + "description": [{"value": "Count to ten", "type": "literal", "lang": "en-US"}],
            asn + "statementNotation": [{"value": "K.CC.1", "type": "literal"}],
            gem + "hasChild": [{"value": other, "type": "uri"}],
        },
        other: {
            rdf: [{"value": asn + "Statement", "type": "uri"}],
            terms + "description": [{"value": "Count to five", "type": "literal"}],
        },
    }
    found = read_json(tmp_path, document)
    assert (found.formats, found.facts[0].name) == (["CTDL-ASN"], "Old standards")
    assert found.competencies[one].aliases == {"en": ("K.CC.1",)}
    assert found.competencies[other].broader == (one,)
    modern = {"@graph": [{"@id": one, "@type": "asn:Statement", "dcterms:description": "Count to ten"}]}
    assert read_json(tmp_path, modern).competencies[one].labels == {"en": "Count to ten"}


def test_one_bad_node_among_good_ones(tmp_path: Path) -> None:
    good = GRAPH["@graph"][3]
    bad = [
        node("x"), {"@type": "ceasn:Competency", "ceasn:competencyText": "no identity"},
        node("x", competencyText={"en": 3}), node("x", competencyText={"en": {"en": "x"}}),
        node("x", competencyText="\0"), node("move", competencyText="twice"),
        node("y", competencyText="y", isChildOf="not a uri"), 7,
    ]  # fmt: skip
    found = read_json(tmp_path, {"@graph": [*bad, good]})
    assert list(found.competencies) == [REGISTRY + "move", REGISTRY + "y"]
    assert found.wrong == [
        ("@graph[0].competencyText", "a competencyText or a competencyLabel is needed"),
        ("@graph[1].@id", "an @id is needed"),
        ("@graph[2].ceasn:competencyText.en", "3 is not text"),
        ("@graph[3].ceasn:competencyText.en", "an object is not text"),
        ("@graph[4].ceasn:competencyText", "\"\\u0000\" has the character '\\x00', which is no text"),
        ("@graph[8].@id", f"{REGISTRY}move stands in the file twice; the first is kept"),
        ("@graph[6].ceasn:isChildOf", '"not a uri" is not an absolute URI; the rest was read'),
        ("@graph[7]", "7 is no node"),
    ]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), anything=ANYTHING)
def test_anything_anywhere_is_read_or_refused(tmp_path: Path, place: int, anything: object) -> None:
    check_anything(tmp_path, GRAPH, place, anything)
