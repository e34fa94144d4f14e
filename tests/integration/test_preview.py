"""What is said of files before they are imported is what importing them says, and nothing is stored by it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from indexer.ingest import import_files
from indexer.inspection import Found, as_stored
from indexer.readers.formats import Context
from indexer.readers.sources import open_records
from matcher.records import CandidateRecord, Rejected
from matcher.store.database import Database
from matcher.store.organisations import Organisation, organisation
from matcher.store.preview import Preview
from matcher.store.quarantine import list_, show

NORTH, SOUTH = {"name": "North College"}, {"name": "South College"}


def person(key: str, *awards: dict[str, Any], **fields: object) -> dict[str, Any]:
    who = {"key": key, **fields} if key else fields
    return {"candidate": who, "awards": list(awards)}


def award(key: str = "", issuer: dict[str, str] = NORTH, name: str = "Lift truck") -> dict[str, Any]:
    return {"key": key, "achievement": {"name": name, "issuer": issuer}, "issued": "2026-01-05"}


def badge(subject: str, id_: str = "urn:badge:1") -> dict[str, Any]:
    return {
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "id": id_,
        "issuer": "https://north.example.org",
        "validFrom": "2026-01-05T00:00:00Z",
        "credentialSubject": {"id": subject, "achievement": {"id": "urn:a", "name": "Lift truck"}},
    }


def written(folder: Path, name: str, *documents: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(documents))
    return path


def home(database: Database) -> Organisation:
    with database.read() as connection:
        return organisation(connection, "default")


def looked_at(database: Database, *paths: Path) -> tuple[list[CandidateRecord], list[Rejected], Found]:
    whose, found = home(database), Found()
    with closing(Preview(whose)) as preview:
        read = (record for path in paths for record in open_records(path, Context("", whose.zone)))
        records = list(found.counted(as_stored(read, database, preview, found)))
    return (
        [one for one in records if isinstance(one, CandidateRecord)],
        [one for one in records if isinstance(one, Rejected)],
        found,
    )


def kept(database: Database) -> list[tuple[str, str, str]]:
    whose = home(database)
    with database.read() as connection:
        listed = [show(connection, whose.id, one.id) for one in list_(connection, whose.id)]
    return sorted((one.where, one.reason, one.raw) for one in listed)


IN_EACH_OTHERS_WAY = {
    "one key": [person("ada", award("1")), person("bob", award("1"), award())],
    "one credential of two subjects": [badge("did:ex:ada"), badge("did:ex:bob")],
    "the same key of another issuer": [person("ada", award("1")), person("bob", award("1", SOUTH))],
    "identifiers of two people": [
        person("ada", identifiers=["ada@x.example"]),
        person("bob", identifiers=["bob@x.example"]),
        person("", award(), identifiers=["ada@x.example", "bob@x.example"]),
    ],
    "the same person again": [
        person("", award("1"), identifiers=["ada@x.example"]),
        person("", award("1"), identifiers=["Ada@x.example"]),
    ],
}


@pytest.mark.parametrize("name", IN_EACH_OTHERS_WAY)
def test_what_is_in_each_others_way_is_said_as_an_import_says_it(
    database: Database, tmp_path: Path, name: str
) -> None:
    file = written(tmp_path, "people.json", *IN_EACH_OTHERS_WAY[name])
    _, refused, found = looked_at(database, file)
    report = import_files(database, "default", [file])
    assert sorted((one.where, one.reason, one.raw) for one in refused) == kept(database)
    assert found.awards - found.again == report.awards_added


def test_what_is_stored_is_in_the_way_of_a_file_as_well(database: Database, tmp_path: Path) -> None:
    first = written(tmp_path, "first.json", person("ada", award("1"), identifiers=["ada@x.example"]))
    import_files(database, "default", [first])
    others = [person("bob", award("1"), award("2")), person("", award("1"), identifiers=["ada@x.example"])]
    file = written(tmp_path, "second.json", *others)
    people, refused, _ = looked_at(database, file)
    assert [(one.key, [got.key for got in one.awards]) for one in people] == [("bob", ["2"]), ("ada", ["1"])]
    assert [(one.where, one.reason) for one in refused] == [
        ("[0].awards[0].key", "the award north college#1 belongs to another candidate, ada")
    ]


def test_across_files_and_batches_an_award_belongs_to_whoever_had_it_first(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.ingest._CANDIDATES", 2)
    many = [person(f"c-{number}", award(str(number % 4))) for number in range(9)]
    first, second = written(tmp_path, "1.json", *many), written(tmp_path, "2.json", person("z", award("3")))
    people, refused, _ = looked_at(database, first, second)
    assert [one.key for one in people if one.awards] == ["c-0", "c-1", "c-2", "c-3"]
    assert len(refused) == 6


def test_looking_makes_no_key_for_who_has_an_address_only(database: Database, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "people.json",
        person("", award(), identifiers=["bo@x.example"]),
        person("", award(), identifiers=["bo@x.example", "did:ex:cy"]),
        person("", award(), identifiers=["di@x.example", "did:ex:di"]),
    )
    people, _, _ = looked_at(database, file)
    assert [one.key for one in people] == ["", "", "did:ex:di"]
    import_files(database, "default", [file])
    people, _, _ = looked_at(database, file)
    assert people[0].key == people[1].key
    assert people[0].key.startswith("person-")


def test_looking_stores_nothing(database: Database, tmp_path: Path) -> None:
    file = written(tmp_path, "people.json", *IN_EACH_OTHERS_WAY["one key"])
    for _ in range(2):
        assert len(looked_at(database, file)[1]) == 1
    assert import_files(database, "default", [file]).awards_added == 2
