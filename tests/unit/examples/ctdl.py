"""Documents for tests: ctdl."""

from __future__ import annotations

from typing import Any

BASE = "https://registry.example.org/resources"

CERTIFICATE: dict[str, Any] = {
    "@id": f"{BASE}/ce-1",
    "@type": "ceterms:Certificate",
    "ceterms:ctid": "ce-1",
    "ceterms:name": {"fr-CA": "Cariste", "en-CA": "Lift truck operator"},
    "ceterms:description": {"fr": ["Conduit un chariot élévateur."]},
    "ceterms:ownedBy": [f"{BASE}/ce-9"],
    "ceterms:offeredBy": [{"@id": f"{BASE}/ce-8", "ceterms:name": {"en": "Somebody else"}}],
    "ceterms:targetCompetency": {
        "@type": "ceterms:CredentialAlignmentObject",
        "ceterms:targetNode": "urn:esco:forklift",
        "ceterms:targetNodeName": {"en": "operate forklift"},
        "ceterms:frameworkName": {"en": "ESCO"},
    },
    "ceterms:requires": [
        {
            "@type": "ceterms:ConditionProfile",
            "ceterms:targetCompetency": [
                {"ceterms:targetNodeName": {"en": "stack pallets"}},
                {"ceterms:targetNode": "urn:esco:forklift",
                 "ceterms:targetNodeName": {"en": "operate forklift"},
                 "ceterms:frameworkName": {"en": "ESCO"}},
            ],
            "ceterms:targetLearningOpportunity": ["_:course", f"{BASE}/elsewhere"],
        }
    ],
    "ceterms:isPartOf": [{"@id": f"{BASE}/ce-2"}],
    "ceterms:hasPart": [f"{BASE}/ce-3", "_:unnamed"],
}  # fmt: skip

GRAPH: dict[str, Any] = {
    "@context": "https://credreg.net/ctdl/schema/context/json",
    "@id": "https://registry.example.org/graph/ce-1",
    "@graph": [
        CERTIFICATE,
        {
            "@id": f"{BASE}/ce-9",
            "@type": "ceterms:CredentialOrganization",
            "ceterms:name": "Northshore Institute",
        },
        {
            "@id": "_:course",
            "@type": "ceterms:Course",
            "ceterms:teaches": [{"ceterms:targetNode": f"{BASE}/ce-5"}, f"{BASE}/ce-6"],
        },
        {
            "@id": f"{BASE}/ce-5",
            "@type": "ceasn:Competency",
            "ceasn:competencyText": {"en": "inspect a truck"},
        },
    ],
}
