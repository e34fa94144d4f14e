"""Documents for tests: clr 2."""

from __future__ import annotations

from typing import Any

from tests.unit.examples.endorsements import ENDORSEMENT

COLLEGE = {"id": "https://college.example.org", "type": ["Profile"], "name": "Rive-Nord College"}


def achievement(name: str, **more: Any) -> dict[str, Any]:
    skill = {"targetName": name, "targetUrl": f"urn:skill:{name}"}
    return {"id": f"urn:a:{name}", "type": ["Achievement"], "name": name, "alignment": [skill], **more}


def credential(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"https://college.example.org/credentials/{name}",
        "type": ["VerifiableCredential", "AchievementCredential"],
        "issuer": COLLEGE,
        "validFrom": "2026-03-01T12:00:00Z",
        "credentialSubject": {"id": "did:example:zoe", "achievement": achievement(name)},
        **more,
    }


def association(source: str, type_: str, target: str) -> dict[str, Any]:
    return {"type": "Association", "sourceId": source, "associationType": type_, "targetId": target}


CLR: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": "https://college.example.org/records/1",
    "type": ["VerifiableCredential", "ClrCredential"],
    "issuer": COLLEGE,
    "name": "Record of Zoé Exemple",
    "validFrom": "2026-06-01T12:00:00Z",
    "credentialStatus": {"id": "https://college.example.org/list", "type": "1EdTechRevocationList"},
    "credentialSubject": {
        "id": "did:example:zoe",
        "type": ["ClrSubject"],
        "identifier": [
            {"identityType": "emailAddress", "identityHash": "zoe@example.org", "hashed": False},
            {"identityType": "emailAddress", "identityHash": "sha256$1", "hashed": True},
        ],
        "verifiableCredential": [credential("operator"), credential("lift"), credential("load")],
        "achievement": [
            achievement("yard", creator={"id": "https://yard.example.org", "name": "Yard"}),
            achievement("first-aid"),
            achievement("lift"),
        ],
        "association": [
            association("urn:a:operator", "isParentOf", "urn:a:lift"),
            association("https://college.example.org/credentials/load", "isPartOf", "urn:a:operator"),
            association("urn:a:operator", "isParentOf", "urn:a:yard"),
            association("urn:a:first-aid", "precedes", "https://college.example.org/credentials/operator"),
            association("urn:a:elsewhere", "isChildOf", "urn:a:operator"),
        ],
    },
    "endorsement": [ENDORSEMENT],
}
