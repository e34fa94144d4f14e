"""Documents for tests: json resume."""

from __future__ import annotations

from typing import Any

RESUME: dict[str, Any] = {
    "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
    "basics": {
        "name": "Zoé Tremblay",
        "label": "Warehouse lead",
        "image": "https://zoe.example.org/me.png",
        "email": "zoe@example.org",
        "phone": "+1 555 0100",
        "url": "https://zoe.example.org/",
        "location": {"address": "1 Any Street", "city": "Hamilton", "countryCode": "CA", "region": "ON"},
    },
    "work": [{"name": "Northshore Freight", "position": "Lead", "startDate": "2020-01-01"}],
    "education": [{"institution": "Lakeside College", "studyType": "Diploma"}],
    "awards": [{"title": "Employee of the month", "awarder": "Northshore Freight"}],
    "certificates": [
        {
            "name": "Lift truck operator",
            "date": "2025-05",
            "issuer": "Northshore Safety Institute",
            "url": "https://safety.example.org/c/1",
        },
    ],
    "skills": [
        {"name": "Warehousing", "level": "Master", "keywords": ["stack pallets", "pick orders"]},
        {"name": "first aid"},
    ],
    "languages": [
        {"language": "Français", "fluency": "Native"},
        {"language": "English"},
        {"language": "fr-CA"},
    ],
}
