"""Learner records from file to profile: a whole lends what its parts stand for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from indexer.ingest import Report, import_files
from matcher.store import tables as t
from matcher.store.changes import candidate_ids
from matcher.store.database import Database
from matcher.store.organisations import organisation
from matcher.store.profiles import load_profiles

COLLEGE = {"id": "https://college.example.org", "name": "Rive-Nord College"}


def achievement(name: str) -> dict[str, Any]:
    skill = {"targetName": name, "targetUrl": f"urn:skill:{name}"}
    return {"id": f"urn:a:{name}", "name": name, "creator": COLLEGE, "alignment": [skill]}


def credential(name: str) -> dict[str, Any]:
    return {
        "id": f"urn:credential:{name}",
        "type": ["VerifiableCredential", "AchievementCredential"],
        "issuer": COLLEGE,
        "validFrom": "2026-03-01T12:00:00Z",
        "credentialSubject": {"achievement": achievement(name)},
    }


def association(source: str, type_: str, target: str) -> dict[str, str]:
    return {"sourceId": source, "associationType": type_, "targetId": target}


CLR_2 = {
    "type": ["VerifiableCredential", "ClrCredential"],
    "issuer": COLLEGE,
    "credentialSubject": {
        "id": "did:example:zoe",
        "verifiableCredential": [credential("operator"), credential("lift")],
        "achievement": [achievement("load"), achievement("yard"), achievement("first-aid")],
        "association": [
            association("urn:credential:operator", "isParentOf", "urn:credential:lift"),
            association("urn:a:load", "isPartOf", "urn:credential:operator"),
            association("urn:a:yard", "isChildOf", "urn:a:load"),
            association("urn:a:first-aid", "precedes", "urn:a:operator"),
        ],
    },
}


def older(name: str, *associations: tuple[str, str]) -> dict[str, Any]:
    made = achievement(name)
    return {
        "id": made["id"],
        "name": name,
        "issuer": COLLEGE,
        "alignments": made["alignment"],
        "associations": [{"associationType": type_, "targetId": target} for type_, target in associations],
    }


CLR_1 = {
    "type": "CLR",
    "learner": {"id": "did:example:zoe"},
    "publisher": COLLEGE,
    "assertions": [
        {"id": "urn:assertion:1", "achievement": older("operator", ("isParentOf", "urn:a:lift"))},
        {"id": "urn:assertion:2", "achievement": older("lift")},
    ],
    "achievements": [
        older("load", ("isPartOf", "urn:a:operator")),
        older("yard", ("isChildOf", "urn:a:load")),
        older("first-aid", ("precedes", "urn:a:operator")),
    ],
}


def held(database: Database) -> dict[str, set[tuple[str, str]]]:
    """Of the only candidate: achievement -> URIs of what it stands for, and the part that lends it."""
    with database.read() as connection:
        home = organisation(connection, "default").id
        uris = dict(connection.execute(select(t.competencies.c.id, t.competencies.c.uri)).all())
        (profile,) = load_profiles(connection, home, candidate_ids(connection, home, 0, 10)).values()
    return {
        award.achievement.name: {(uris[claim.competency], claim.part) for claim in award.achievement.claims}
        for award in profile.awards
    }


@pytest.mark.parametrize("record", [CLR_2, CLR_1], ids=["CLR 2.0", "CLR 1.0"])
def test_a_whole_lends_the_competencies_of_its_parts(
    database: Database, tmp_path: Path, record: dict[str, Any]
) -> None:
    file = tmp_path / "record"
    file.write_text(json.dumps(record), "utf-8")
    assert import_files(database, "default", [file]) == Report(files=1, awards_added=2, achievements=3)
    expected = {
        "operator": {
            ("urn:skill:operator", ""),
            ("urn:skill:lift", "lift"),
            ("urn:skill:load", "load"),
            ("urn:skill:yard", "yard"),  # part of a part; what only precedes lends nothing
        },
        "lift": {("urn:skill:lift", "")},
    }
    assert held(database) == expected
    assert import_files(database, "default", [file]) == Report(files=1, awards_unchanged=2, achievements=3)
    assert held(database) == expected


def test_one_of_its_credentials_alone_leaves_the_stack_as_it_is(database: Database, tmp_path: Path) -> None:
    record, alone = tmp_path / "record", tmp_path / "alone"
    record.write_text(json.dumps(CLR_2), "utf-8")
    body = credential("operator")
    body["credentialSubject"]["id"] = "did:example:zoe"
    alone.write_text(json.dumps(body), "utf-8")
    import_files(database, "default", [record])
    before = held(database)
    assert import_files(database, "default", [alone]) == Report(files=1, awards_unchanged=1)
    assert held(database) == before
