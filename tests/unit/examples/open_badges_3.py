"""Documents for tests: open badges 3."""

from __future__ import annotations

from typing import Any

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
