"""Documents for tests: ctdl asn."""

from __future__ import annotations

from typing import Any

REGISTRY = "https://registry.example.org/resources/ce-"

ESCO = "http://data.europa.eu/esco/skill/x"


def node(name: str, **more: Any) -> dict[str, Any]:
    fields = {f"ceasn:{key}": value for key, value in more.items()}
    return {"@type": "ceasn:Competency", "@id": REGISTRY + name, "ceasn:isPartOf": REGISTRY + "f", **fields}


GRAPH = {
    "@context": "https://credreg.net/ctdlasn/schema/context/json",
    "@id": "https://registry.example.org/graph/ce-f",
    "@graph": [
        {
            "@type": "ceasn:CompetencyFramework", "@id": REGISTRY + "f", "ceterms:ctid": "ce-f",
            "ceasn:name": {"en-US": "Yard competencies", "fr": "Compétences de cour"},
            "ceasn:inLanguage": ["en-US"], "ceasn:publisherName": {"en-US": "North Board"},
            "ceasn:license": "https://example.org/cc-by", "ceasn:hasTopChild": [REGISTRY + "job"],
        },
        node("job", competencyText={"en-US": "Yard job"}, isTopChildOf=REGISTRY + "f",
             hasChild=[REGISTRY + "move", REGISTRY + "area"]),
        node("area", competencyText="Safety", competencyCategory={"en-US": "Domain"}),
        node("move", competencyText={"en-US": "Moves trailers in a yard.", "fr-CA": "Déplace des remorques."},
             competencyLabel={"en": "move trailers"}, codedNotation="Y.MOVE.1", isChildOf=[REGISTRY + "job"],
             broadAlignment=["urn:x:broad"], narrowAlignment="urn:x:narrow", exactAlignment=ESCO,
             majorAlignment=[{"@id": "urn:x:major"}], prerequisiteAlignment=[REGISTRY + "rules"]),
        node("rules", competencyText=["Traffic rules", "and more"], competencyCategory="Knowledge",
             isChildOf=REGISTRY + "area"),
        node("ruhig", competencyText={"de": "Bleibt ruhig"}),
        {"@type": "ceterms:CredentialOrganization", "@id": REGISTRY + "o", "ceterms:name": {"en": "North"}},
    ],
}  # fmt: skip
