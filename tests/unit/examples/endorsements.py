"""Documents for tests: endorsements."""

from __future__ import annotations

from typing import Any

ENDORSEMENT: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": " https://board.example.org/endorsements/a%20b ",
    "type": ["VerifiableCredential", "EndorsementCredential"],
    "issuer": {"id": "https://board.example.org", "type": ["Profile"], "name": "Example Safety Board"},
    "validFrom": "2026-01-31T12:00:00Z",
    "credentialSubject": {
        "id": "https://issuer.example.org/",
        "type": ["EndorsementSubject"],
        "endorsementComment": "In good standing.",
    },
}

OLDER: dict[str, Any] = {
    "@context": "https://w3id.org/openbadges/v2",
    "id": "urn:endorsement:2",
    "type": "Endorsement",
    "issuer": "https://board.example.org",
    "issuedOn": "2026-01-31T12:00:00Z",
    "claim": {"id": "urn:badge:1", "endorsementComment": "Well made."},
}
