"""Documents for tests: clr 1."""

from __future__ import annotations

from typing import Any

from tests.unit.examples.endorsements import OLDER

SCHOOL = {"id": "https://school.example.org", "name": "Rive-Nord School"}

LIFT: dict[str, Any] = {
    "id": "urn:a:lift",
    "type": "Achievement",
    "achievementType": "Course",
    "name": "Lift truck operator",
    "humanCode": "LT-1",
    "description": "Drives a lift truck.",
    "issuer": SCHOOL,
    "requirement": {"id": "https://school.example.org/lift", "narrative": "Passed a practical test."},
    "alignments": [
        {"targetName": "drive forklift", "targetUrl": "urn:esco:lift", "educationalFramework": "ESCO"},
        {"targetName": "Rubric", "targetUrl": "urn:rubric", "targetType": "CFRubric"},
    ],
    "associations": [{"associationType": "isPartOf", "targetId": "urn:a:operator", "title": "Operator"}],
    "resultDescriptions": [
        {"id": "urn:r:1", "resultType": "LetterGrade", "allowedValues": ["D", "C", "B", "A"]},
        {"id": "urn:r:2", "resultType": "RubricCriterionLevel",
         "rubricCriterionLevels": [{"id": "urn:l:1", "name": "Begun"}, {"id": "urn:l:2", "name": "Done"}]},
    ],
    "endorsements": [OLDER],
}  # fmt: skip

ASSERTION: dict[str, Any] = {
    "id": "urn:assertion:1%20a",
    "type": "Assertion",
    "achievement": LIFT,
    "recipient": {"type": "id", "identity": "urn:uuid:zoe", "hashed": False},
    "issuedOn": "2026-03-01T12:00:00.8629556Z",
    "startDate": "2026-03-02",
    "endDate": "2029-03-01",
    "results": [{"resultDescription": "urn:r:1", "value": "B"}],
    "evidence": [{"id": "https://school.example.org/film", "name": "Film"}],
}

CLR: dict[str, Any] = {
    "@context": "https://purl.imsglobal.org/spec/clr/v1p0/context/clr_v1p0.jsonld",
    "id": "urn:clr:1",
    "type": "CLR",
    "learner": {
        "id": "urn:uuid:zoe",
        "name": "Zoé Exemple",
        "email": "zoe@example.org",
        "studentId": "12345",
        "telephone": "555-0100",
    },
    "publisher": {"id": "https://district.example.org", "name": "Rive-Nord District"},
    "issuedOn": "2026-06-01T12:00:00Z",
    "assertions": [ASSERTION, {**ASSERTION, "id": "urn:assertion:2"}],
    "achievements": [
        {"id": "urn:a:operator", "name": "Operator",
         "associations": [{"associationType": "isParentOf", "targetId": "urn:a:lift"}]},
        LIFT,
    ],
    "signedAssertions": None,
}  # fmt: skip
