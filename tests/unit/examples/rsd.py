"""Documents for tests: rsd."""

from __future__ import annotations

from typing import Any

SKILLS = "https://osmt.example.org/api/skills/"

ESCO = "http://data.europa.eu/esco/skill/x"


def skill(name: str, **more: object) -> dict[str, Any]:
    return {
        "@context": "https://rsd.openskillsnetwork.org/context-v1.json",
        "type": "RichSkillDescriptor",
        "id": SKILLS + name,
        "uuid": name,
        "skillName": f"{name} trailers",
        "skillStatement": f"The worker can {name} trailers in a yard.",
        "author": "North College",
        "category": "Yard",
        "keywords": ["trailers", "yard"],
        "status": "published",
        "alignments": [{"id": ESCO, "skillName": "move goods", "isPartOf": {"name": "ESCO"}}],
        "standards": [{"skillName": "without an address"}],
        "occupations": [{"code": "53-7051.00"}],
        "employers": [{"name": "Northshore"}],
        **more,
    }


COLLECTION = {
    "@context": "https://rsd.openskillsnetwork.org/context-v1.json",
    "type": "RsdCollection",
    "id": "https://osmt.example.org/api/collections/1",
    "name": "Yard skills",
    "creator": "https://osmt.example.org",
    "author": "North College",
    "skills": [skill("move"), skill("park", status="archived"), skill("wash", status="", archiveDate="2026")],
}

CSV = f"""\
Canonical URL,RSD Name,Authors,Skill Statement,Categories,Keywords,Standards,Certifications,\
Occupation Major Groups,Employers,Alignment Name,Alignment URL,Alignment Framework,Alignment 2 Name,\
Alignment 2 URL,Alignment 2 Framework
{SKILLS}move,move trailers,North College; South College,The worker can move trailers in a yard.,Yard,\
trailers; yard,,,53-0000,,move goods,{ESCO},ESCO,,,
,park trailers,North College,"Parks, and stops.",,,,,,,,,,,,
{SKILLS}tow,tow trailers,,,,,,,,,,not a uri,,,,
,,,,Yard,,,,,,,,,,,
{SKILLS}move,again,,,,,,,,,,,,,,
"""
