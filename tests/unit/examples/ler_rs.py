"""Documents for tests: ler rs."""

from __future__ import annotations

from typing import Any

BADGE: dict[str, Any] = {
    "@context": ["https://www.w3.org/2018/credentials/v1"],
    "id": "https://safety.example.org/credentials/1",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"id": "https://safety.example.org/", "name": "Northshore Safety Institute"},
    "issuanceDate": "2026-01-31T12:00:00Z",
    "credentialSubject": {
        "achievement": {"id": "https://safety.example.org/a/lift", "name": "Lift truck operator"}
    },
}

TRANSCRIPT: dict[str, Any] = {
    "type": ["VerifiableCredential", "FullTranscriptCredential"],
    "id": "https://college.example.org/transcripts/7",
    "issuer": {"id": "https://college.example.org/", "name": "Lakeside College"},
    "issuanceDate": "2026-02-01T12:00:00Z",
    "expirationDate": "2036-02-01T12:00:00Z",
    "credentialStatus": {"type": "StatusList2021Entry"},
    "credentialSubject": {
        "id": "did:example:zoe",
        "educationAndLearning": {
            "institution": {"name": "Another College"},
            "educationDegrees": [
                {
                    "name": "Diploma",
                    "degreeGrantedStatus": "Granted",
                    "date": "2024-06",
                    "specializations": [{"name": "Logistics", "type": "major"}, {"name": "Safety"}],
                },
                {"name": "Certificate of Welding", "degreeGrantedStatus": "conferred"},
                {"name": "Bachelor of Arts", "degreeGrantedStatus": "In Progress"},
            ],
        },
    },
}

RECORD: dict[str, Any] = {
    "type": "http://schema.hropenstandards.org/4.4/recruiting/json/ler-rs/LER-RSType.json",
    "person": {"name": {"formattedName": "Zoé Tremblay", "given": "Zoé", "family": "Tremblay"}},
    "communication": {
        "address": [{"line": "1 Any Street"}],
        "phone": [{"formattedNumber": "+1 555 0100"}],
        "email": [{"address": "zoe@example.org"}, {"address": "zt@example.com"}],
    },
    "certifications": [
        {
            "id": {"value": "C-77"},
            "name": "Working at heights",
            "descriptions": ["Three hours.", "Practical."],
            "issuingAuthority": {
                "name": "Heights Council",
                "communication": {"web": [{"url": "https://heights.example.org/"}]},
            },
            "firstIssued": "2024",
            "effectiveTimePeriod": {"validFrom": "2024-03", "validTo": "2027-03"},
            "status": "active",
        },
        {"name": "Lift truck", "verifications": [BADGE]},
    ],
    "licenses": [{"name": "Class D licence", "status": "suspended", "issued": "2020-01-02"}],
    "educationAndLearnings": [
        {
            "institution": {"name": "Lakeside College"},
            "educationDegrees": [
                {"name": "Diploma", "degreeGrantedStatus": "Granted", "date": "2019-06-01"},
                {"name": "Bachelor of Arts"},
            ],
        }
    ],
    "skills": [
        {
            "competencyName": "operate forklift",
            "competencyIds": [{"value": "F1"}, {"value": "urn:esco:forklift"}],
            "proficiencyLevel": {"scoresNumeric": [{"value": 4, "minimum": 1, "maximum": 5}]},
        },
        {"name": "stack pallets", "proficiencyLevel": "Expert"},
    ],
    "employmentHistories": [{"organization": {"tradeName": "Northshore Freight"}}],
}
