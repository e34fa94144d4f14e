"""Frameworks in 1EdTech CASE."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.readers.frameworks import FrameworkCompetency
from indexer.readers.limits import Limits
from matcher.records import Kind
from tests.unit.examples.case import BASE, PACKAGE, association, item
from tests.unit.reading_frameworks import ANYTHING, check_anything, read_files, read_json

NEITHER = (
    "associations left out: 1, as neither end of isRelatedTo is an item that was read "
    '(CFAssociations[9] from "urn:other:3" to "urn:other:4")'
)


def test_a_package_field_by_field(tmp_path: Path) -> None:
    found = read_json(tmp_path, PACKAGE)
    assert found.formats == ["CASE"]
    [facts] = found.facts
    assert (facts.name, facts.version) == ("Yard standards", "2")
    assert facts.attribution == "North Board; North Press; CC BY 4.0"
    assert not found.rejected
    assert found.competencies == {
        BASE + "move": FrameworkCompetency(
            BASE + "move",
            labels={"en": "move trailers"},
            aliases={"en": ("Moves trailers in a yard, by day and by night.", "shunting", "Y.MOVE.1")},
            broader=(BASE + "job",),
            narrower=("urn:other:1",),
            related=(BASE + "calm",),
            same=("http://data.europa.eu/esco/skill/x",),
            description="Moves trailers in a yard, by day and by night.",
        ),
        BASE + "rules": FrameworkCompetency(
            BASE + "rules", Kind.KNOWLEDGE, {"en": "Traffic rules of a yard"}, related=(BASE + "move",)
        ),
        BASE + "calm": FrameworkCompetency(BASE + "calm", Kind.ATTRIBUTE, {"en": "Stays calm"}),
        BASE + "calme": FrameworkCompetency(
            BASE + "calme", Kind.ATTRIBUTE, {"fr": "Garde son calme"}, same=(BASE + "calm",)
        ),
        BASE + "job": FrameworkCompetency(BASE + "job", labels={"en": "Yard job"}),
    }
    assert found.notices == [
        "headings, such as domains, left out: 1",
        'items neither in English nor in French, left out: 1 ("de")',
        'associations left out: 1, as "exemplar" relates no competencies (CFAssociations[8])',
        NEITHER,
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"CFPackage": PACKAGE},
        {"CFItems": PACKAGE["CFItems"]},
        PACKAGE["CFItems"],
        {"title": "Flat", "CFPackageURI": "urn:p", "CFItems": PACKAGE["CFItems"]},
        {"CFItem": PACKAGE["CFItems"][1], "CFAssociations": PACKAGE["CFAssociations"]},
        PACKAGE["CFItems"][1],
    ],
)
def test_other_answers_of_a_server(tmp_path: Path, document: object) -> None:
    found = read_json(tmp_path, document)
    assert found.formats == ["CASE"]
    assert not found.rejected
    assert found.competencies[BASE + "move"].labels == {"en": "move trailers"}


def test_ends_are_found_by_their_identifier_and_items_without_a_uri_get_one(tmp_path: Path) -> None:
    items = [{"identifier": "A1", "fullStatement": "a"}, {"identifier": "B2", "fullStatement": "b"}]
    link = {
        "associationType": "isChildOf", "originNodeURI": {"identifier": "a1", "uri": "urn:wrong"},
        "destinationNodeURI": "urn:uuid:b2",
    }  # fmt: skip
    found = read_json(tmp_path, {"CFItems": items, "CFAssociations": [link]})
    assert found.competencies["urn:uuid:a1"].broader == ("urn:uuid:b2",)


def test_associations_that_count_for_nothing_are_said_by_type_with_an_example(tmp_path: Path) -> None:
    links = [association("move", kind, "calm") for kind in ("exemplar", "isCousinOf", "isCousinOf")]
    links += [association("urn:a", "isChildOf", "urn:b"), association("urn:c", "isChildOf", "urn:d")]
    found = read_json(tmp_path, {**PACKAGE, "CFAssociations": links})
    assert not found.rejected
    assert found.notices[2:] == [
        'associations left out: 1, as "exemplar" relates no competencies (CFAssociations[0])',
        'associations left out: 2, as "isCousinOf" is no type of CASE (CFAssociations[1])',
        NEITHER.replace("out: 1", "out: 2").replace("isRelatedTo", "isChildOf").partition(" (")[0]
        + ' (CFAssociations[3] from "urn:a" to "urn:b")',
    ]


def test_many_unknown_types_are_said_in_few_notices(tmp_path: Path) -> None:
    links = [association("move", f"is{number}Of", "calm") for number in range(500)]
    found = read_json(tmp_path, {**PACKAGE, "CFAssociations": links})
    assert found.notices[-1] == "associations of yet other types, left out: 480"
    assert len(found.notices) == 23


def test_headings_in_circles_and_long_statements(tmp_path: Path) -> None:
    items = [
        item("h1", "x", CFItemType="Strand"),
        item("h2", "y", CFItemType="Cluster"),
        item("a", "z" * 600),
    ]
    links = [association(*one) for one in (("a", "isChildOf", "h1"), ("h1", "isChildOf", "h2"),
                                           ("h2", "isChildOf", "h1"))]  # fmt: skip
    [only] = read_json(tmp_path, {"CFItems": items, "CFAssociations": links}).competencies.values()
    assert (len(only.labels["en"]), only.labels["en"][-1], only.broader) == (500, "…", ())
    assert only.description == "z" * 600


def test_one_bad_item_or_association_among_good_ones(tmp_path: Path) -> None:
    bad = [
        7, {"fullStatement": "no identity"}, item("x", ""), item("x", "x", uri="not a uri"),
        item("x", "nul \0"), item("x", "x", language=3), item("move", "twice"), {"uri": "urn:x"},
    ]  # fmt: skip
    links = [
        association("move", "isChildOf", "calm") | {"originNodeURI": 4},
        {"associationType": "isChildOf"},
    ]
    document = {"CFItems": [PACKAGE["CFItems"][1], *bad, PACKAGE["CFItems"][3]], "CFAssociations": links}
    found = read_json(tmp_path, document)
    assert set(found.competencies) == {BASE + "move", BASE + "calm"}
    assert found.wrong == [
        ("CFItems[1]", "7 is not an object"),
        ("CFItems[2].uri", "a uri or an identifier is needed"),
        ("CFItems[3].fullStatement", "is empty"),
        ("CFItems[4].uri", '"not a uri" is not an absolute URI'),
        ("CFItems[5].fullStatement", "\"nul \\u0000\" has the character '\\x00', which is no text"),
        ("CFItems[6].language", "3 is not text"),
        ("CFItems[7].uri", f"{BASE}move stands in the file twice; the first is kept"),
        ("CFItems[8].fullStatement", "is missing"),
        ("CFAssociations[0].originNodeURI", "4 is not an object"),
        ("CFAssociations[1].originNodeURI", "is missing"),
    ]
    assert json.loads(found.rejected[2].raw)["uri"] == BASE + "x"


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        ({"CFDocument": {"title": "x"}}, "CFItems", "holds no CFItems"),
        ({"CFPackage": {"CFItems": {"a": 1}}}, "CFPackage.CFItems", "an object is not a list"),
        ({"CFDocument": {"title": 3}, "CFItems": [1]}, "CFDocument.title", "3 is not text"),
    ],
)
def test_what_is_no_package_is_said(tmp_path: Path, document: object, where: str, reason: str) -> None:
    [(found_where, found_reason)] = read_json(tmp_path, document).wrong
    assert (found_where, reason in found_reason) == (where, True)


def test_a_package_too_large_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    [(_, longer)] = read_json(tmp_path, PACKAGE, limits=Limits(document=500)).wrong
    assert "longer than 500 (CREDMATCH_IMPORT_DOCUMENT) bytes" in longer
    [(_, more)] = read_json(tmp_path, PACKAGE, limits=Limits(values=20)).wrong
    assert "more than 20 (CREDMATCH_IMPORT_VALUES) values" in more
    (tmp_path / "deep").write_text('{"CFItems": ' + "[" * 100_000)
    assert (
        "nested more than 200 (CREDMATCH_IMPORT_NESTING) levels deep"
        in read_files(tmp_path / "deep").wrong[0][1]
    )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), anything=ANYTHING)
def test_anything_anywhere_is_read_or_refused(tmp_path: Path, place: int, anything: object) -> None:
    check_anything(tmp_path, PACKAGE, place, anything)
