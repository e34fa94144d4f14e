"""Documents for tests: framework files."""

from __future__ import annotations

OWN = b"key,label\na,yard duty\n"

CASE = b'{"CFItems": [{"uri": "urn:x:1", "fullStatement": "Yard duty"}]}'

RSD = b'[{"type": "RichSkillDescriptor", "id": "urn:x:2", "skillName": "lift"}]'

ASN = b'{"@type": "ceasn:Competency", "@id": "urn:x:3", "ceasn:competencyText": "park"}'

ONET = b"Element ID\tElement Name\tDescription\n2.B.3.k\tTroubleshooting\tx\n"

ESCO = b"conceptUri,preferredLabel,altLabels\nhttp://data.europa.eu/esco/skill/1,conduire un chariot,\n"

EACH = {
    "credmatch framework": OWN, "CASE": CASE, "Rich Skill Descriptors": RSD, "CTDL-ASN": ASN, "O*NET": ONET,
    "ESCO": ESCO,
}  # fmt: skip
