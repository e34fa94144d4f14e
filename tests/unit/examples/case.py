"""Documents for tests: case."""

from __future__ import annotations

from typing import Any

BASE = "https://case.example.org/ims/case/v1p0/CFItems/"

DOCUMENT = "https://case.example.org/ims/case/v1p0/CFDocuments/d"


def item(name: str, statement: str, **more: object) -> dict[str, Any]:
    return {
        "identifier": f"{name}-0000", "uri": BASE + name, "fullStatement": statement,
        "lastChangeDateTime": "2026-01-01T00:00:00Z", **more,
    }  # fmt: skip


def association(one: str, kind: str, other: str) -> dict[str, Any]:
    ends = [
        {"title": "x", "uri": uri if ":" in uri else BASE + uri, "identifier": f"{uri}-0000"}
        for uri in (one, other)
    ]
    return {
        "identifier": f"{one}-{kind}", "uri": "urn:a", "associationType": kind, "originNodeURI": ends[0],
        "destinationNodeURI": ends[1],
    }  # fmt: skip


PACKAGE = {
    "CFDocument": {
        "identifier": "d-0000", "uri": DOCUMENT, "creator": "North Board", "publisher": "North Press",
        "title": "Yard standards", "version": "2", "language": "en-CA",
        "licenseURI": {"title": "CC BY 4.0", "identifier": "l", "uri": "https://example.org/cc"},
    },
    "CFItems": [
        item("yard", "Yard work", CFItemType="Domain"),
        item("move", "Moves trailers in a yard, by day and by night.", abbreviatedStatement="move trailers",
             humanCodingScheme="Y.MOVE.1", alternativeLabel="shunting", CFItemType="Competency"),
        item("rules", "Traffic rules of a yard", CFItemTypeURI={"identifier": "t-k"}, humanCodingScheme="2"),
        item("calm", "Stays calm", CFItemType="Disposition"),
        item("calme", "Garde son calme", language="fr-CA", CFItemType="Disposition"),
        item("ruhig", "Bleibt ruhig", language="de"),
        item("job", "Yard job"),
    ],
    "CFAssociations": [
        association("move", "isChildOf", "yard"),
        association("yard", "isChildOf", "job"),
        association("job", "isChildOf", DOCUMENT),
        association("rules", "isPartOf", "move"),
        association("move", "precedes", "calm"),
        association("calme", "isTranslationOf", "calm"),
        association("move", "exactMatchOf", "http://data.europa.eu/esco/skill/x"),
        association("urn:other:1", "isChildOf", "move"),
        association("calm", "exemplar", "urn:other:2"),
        association("urn:other:3", "isRelatedTo", "urn:other:4"),
    ],
    "CFDefinitions": {"CFItemTypes": [{"identifier": "t-k", "title": "Knowledge"}]},
}  # fmt: skip
