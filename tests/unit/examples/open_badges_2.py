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

LIST_AT = f"{AT}/revoked.json"

BADGE_1_1: dict[str, Any] = {
    "name": "Lift truck operator",
    "description": "Drives a lift truck.",
    "image": f"{AT}/lift.png",
    "criteria": f"{AT}/criteria",
    "issuer": f"{AT}/issuer.json",
    "alignment": [{"name": "operate forklift", "url": "urn:esco:forklift", "description": "..."}],
}

ISSUER_1_1: dict[str, Any] = {"name": "Northshore", "url": AT, "revocationList": LIST_AT}

ASSERTION_1_1: dict[str, Any] = {
    "@context": "https://w3id.org/openbadges/v1",
    "type": "Assertion",
    "uid": "u-1",
    "recipient": {"type": "email", "identity": "zoe@example.org", "hashed": False},
    "badge": {**BADGE_1_1, "issuer": ISSUER_1_1},
    "verify": {"type": "hosted", "url": f"{AT}/assertions/u%2D1"},
    "issuedOn": 1769860800,
    "expires": "1864555200",
}

ASSERTION_1_0: dict[str, Any] = {
    "recipient": "zoe@example.org",
    "salt": "sea",
    "evidence": "/portfolio/zoe",
    "issued_on": "2026-01-31",
    "expires": "2027-01-31",
    "badge": {
        "version": "1.0.0",
        "name": "Lift truck operator",
        "image": "/lift.png",
        "description": "Drives a lift truck.",
        "criteria": "/criteria",
        "issuer": {"origin": AT, "name": "Northshore", "org": "School", "contact": "office@example.org"},
    },
}
