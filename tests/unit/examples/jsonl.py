"""Documents for tests: jsonl."""

from __future__ import annotations

from typing import Any

WHOLE: dict[str, Any] = {
    "candidate": {
        "key": " c-1 ",
        "name": "Zoé Tremblay",
        "email": "zoe@example.org",
        "region": "CA-ON-Ottawa",
        "languages": ["fr-CA", "en"],
    },
    "awards": [
        {
            "key": "n-17",
            "achievement": {
                "key": "urn:lift",
                "name": "Cariste",
                "description": "Conduire un chariot",
                "issuer": {"name": "Institut", "url": "https://institut.example.org"},
                "competencies": [
                    {"uri": "urn:c", "label": "conduire", "framework": "F", "kind": "knowledge"}
                ],
                "related": [{"type": "isPartOf", "key": "urn:whole"}],
            },
            "issued": "2026-01-31",
            "valid_from": "2026-02-01T08:30:00+01:00",
            "expires": "2026-07-31",
            "status": "suspended",
            "level": {"value": 0.75, "label": "Avancé"},
            "evidence": ["https://example.org/e"],
        }
    ],
    "applied_to": ["warehouse"],
}
