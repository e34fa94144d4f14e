"""Documents for tests: open badges 2."""

from __future__ import annotations

from typing import Any

AT = "https://issuer.example.org"

ISSUER: dict[str, Any] = {
    "@context": "https://w3id.org/openbadges/v2",
    "id": f"{AT}/issuer.json",
    "type": "Issuer",
    "name": "Northshore Safety Institute",
    "url": AT,
    "email": "office@example.org",
}

BADGE: dict[str, Any] = {
    "@context": "https://w3id.org/openbadges/v2",
    "id": f"{AT}/badges/lift.json",
    "type": "BadgeClass",
    "name": "Lift truck operator",
    "description": "Drives a lift truck.",
    "image": f"{AT}/badges/lift.png",
    "criteria": {"id": f"{AT}/criteria", "narrative": "Passed a practical test."},
    "alignment": [
        {"targetName": "operate forklift", "targetUrl": "urn:esco:forklift", "targetFramework": "ESCO"},
        {"targetName": "stack pallets", "targetUrl": "urn:own:pallets"},
    ],
    "tags": ["warehouse", "gold"],
    "related": [{"id": f"{AT}/badges/lift-fr.json", "@language": "fr"}],
    "issuer": ISSUER,
}

ASSERTION: dict[str, Any] = {
    "@context": "https://w3id.org/openbadges/v2",
    "id": f" {AT}/assertions/a%20b ",
    "type": "Assertion",
    "recipient": {"type": "email", "hashed": False, "identity": " zoe@example.org "},
    "badge": BADGE,
    "issuedOn": "2026-01-31T12:00:00Z",
    "expires": "2029-01-31T12:00:00Z",
    "evidence": [
        f"{AT}/evidence/1",
        {"id": f"{AT}/evidence/2", "narrative": "A film of the test."},
        {"narrative": "Moved forty pallets."},
        {"id": "data:text/plain,long", "name": "Log book"},
    ],
    "narrative": "Practised for a month.",
    "verification": {"type": "hosted"},
}
