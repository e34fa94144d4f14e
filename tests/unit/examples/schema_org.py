"""Documents for tests: schema org."""

from __future__ import annotations

from typing import Any

CREDENTIAL: dict[str, Any] = {
    "@type": "EducationalOccupationalCredential",
    "@id": "https://safety.example.org/offers/lift",
    "name": "Lift truck operator",
    "description": "Drives a lift truck.",
    "credentialCategory": "certificate",
    "educationalLevel": {"@type": "DefinedTerm", "name": "Advanced"},
    "recognizedBy": {
        "@type": "Organization",
        "name": "Northshore Safety Institute",
        "url": "https://safety.example.org/",
    },
    "dateCreated": "2025-03-10",
    "validFor": "P3Y",
    "competencyRequired": [
        "stack pallets",
        "urn:own:pick",
        {
            "@type": "DefinedTerm",
            "@id": "urn:esco:forklift",
            "name": "operate forklift",
            "inDefinedTermSet": {"@type": "DefinedTermSet", "name": "ESCO"},
        },
        {"termCode": "F1", "url": "urn:own:f1", "inDefinedTermSet": "https://terms.example.org/"},
    ],
}

PERSON: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "Person",
    "@id": "https://zoe.example.org/#me",
    "name": "Zoé Tremblay",
    "email": "mailto:zoe@example.org",
    "url": "https://zoe.example.org/",
    "image": "https://zoe.example.org/me.png",
    "gender": "Female",
    "knowsLanguage": ["fr", {"@type": "Language", "name": "English"}, "Klingon"],
    "hasCredential": [CREDENTIAL],
}
