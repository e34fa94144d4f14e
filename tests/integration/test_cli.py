"""The command as a person or a script meets it: what it prints, and the exit code it ends with."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from indexer.cli import _COMMANDS, run
from indexer.commands.output import progress
from indexer.readers.unpacking import Budget
from matcher.store import tables as t
from matcher.store.changes import candidate_ids, last_change, log_again
from matcher.store.database import Database
from matcher.store.organisations import organisation
from tests.unit.examples.ler_rs import RECORD

FORKLIFT = "http://data.europa.eu/esco/skill/28cb374e-6261-4133-8371-f9a5470145da"
PEOPLE = [
    {
        "candidate": {"key": "ada", "region": "CA-ON"},
        "awards": [
            {
                "key": "1",
                "achievement": {
                    "key": "lift",
                    "name": "Lift truck",
                    "issuer": {"name": "North College"},
                    "competencies": [{"uri": FORKLIFT, "label": "operate forklift"}],
                },
                "issued": "2026-01-05",
                "expires": "2099-01-05",
            }
        ],
        "applied_to": ["warehouse"],
    },
    {"candidate": {"key": "bob"}, "awards": [{"achievement": {"name": "cariste"}, "issued": "2026-02-01"}]},
    {"candidate": {"name": "without a key"}},
]
POSITION = {"key": "warehouse", "title": "Warehouse", "requirements": [{"text": "cariste", "must": True}]}

HIDDEN = {"encoder", "make-ready", "web"}

Result = tuple[int, str, str]
Command = Callable[..., Result]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all tests of this file."""
    return tmp_path_factory.mktemp("cli")


@pytest.fixture
def credmatch(data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("CREDMATCH_DATA_DIR", str(data_dir))

    def command(*arguments: object) -> Result:
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return command


@pytest.fixture
def pool(credmatch: Command, tmp_path: Path) -> Path:
    """A file with two people and a line that is wrong, imported."""
    file = tmp_path / "pool.jsonl"
    file.write_text("".join(json.dumps(person) + "\n" for person in PEOPLE))
    code, _, err = credmatch("import", file)
    assert code == 0, err
    return file


@pytest.fixture
def position(tmp_path: Path) -> Path:
    file = tmp_path / "warehouse.json"
    file.write_text(json.dumps(POSITION))
    return file


def one(text: str) -> Any:
    """The only line, as JSON."""
    (line,) = text.splitlines()
    return json.loads(line)


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_every_command_has_help_with_an_example(credmatch: Command, name: str) -> None:
    code, out, _ = credmatch(name, "--help")
    assert code == 0
    assert "Example" in out
    assert f"credmatch {name}" in out


def test_help_says_the_exit_codes(credmatch: Command) -> None:
    code, out, _ = credmatch("--help")
    assert code == 0
    assert all(name in out for name in set(_COMMANDS) - HIDDEN)
    assert "Exit codes" in out
    assert "encoder  " not in out


def test_import_counts_and_does_nothing_twice(credmatch: Command, pool: Path) -> None:
    code, out, _ = credmatch("import", pool, "--json")
    assert code == 0
    assert one(out) == {
        "files": 1, "awards_added": 0, "awards_changed": 0, "awards_unchanged": 2, "achievements": 0,
        "endorsements": 0, "quarantined": 1, "identical": 0
    }  # fmt: skip


def test_import_counts_what_nobody_holds_too(credmatch: Command, tmp_path: Path) -> None:
    named = {"@type": "ceterms:Certificate", "ceterms:name": "Welding"}
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps([{**named, "@id": f"urn:a:{number}"} for number in range(2)]))
    _, out, _ = credmatch("import", path, "--json")
    assert (one(out)["awards_added"], one(out)["achievements"], one(out)["endorsements"]) == (0, 2, 0)
    _, out, _ = credmatch("import", path)
    expected = "0 awards added, 0 changed, 0 unchanged; 2 achievements taken in; 0 records quarantined\n"
    assert out == expected


def test_what_is_bad_can_be_seen_and_tried_again(credmatch: Command, pool: Path) -> None:
    code, out, _ = credmatch("quarantine", "list", "--json")
    kept = one(out)
    assert (code, kept["line"]) == (0, 3)
    assert "key" in kept["where"] + kept["reason"]
    code, out, _ = credmatch("quarantine", "show", kept["id"])
    assert code == 0
    assert "without a key" in out
    code, out, _ = credmatch("quarantine", "retry", "--json")
    assert (code, one(out)["quarantined"]) == (2, 1)
    code, _, err = credmatch("quarantine", "show", 999)
    assert (code, err) == (3, "credmatch: there is no quarantined record 999\n")
    assert credmatch("quarantine", "drop", kept["id"])[0] == 0
    assert "(none)" in credmatch("quarantine", "list")[1]


@pytest.mark.usefixtures("pool")
def test_fictional_people_are_not_loaded_among_others_unasked(credmatch: Command) -> None:
    code, _, err = credmatch("sample", "--candidates", 1, "--load")
    assert code == 2
    assert err.startswith("credmatch: the pool holds 2 people who are not of the sample; --among-others")


def test_a_sample_that_is_loaded_takes_no_output(credmatch: Command, tmp_path: Path) -> None:
    output = tmp_path / "x.jsonl"
    assert credmatch("sample", "--candidates", 1, "--load", "--output", output)[0] == 2


@pytest.mark.usefixtures("pool")
def test_match_from_a_file(credmatch: Command, position: Path) -> None:
    code, out, err = credmatch("match", "--position", position, "--json")
    assert code == 0, err
    answer = one(out)
    assert answer["position"] == "warehouse"
    assert answer["exact"] is True
    assert {"generation", "change_number", "scored", "matched"} <= answer.keys()
    (ada,) = answer["results"]
    assert ada["candidate"] == "ada"
    assert ada["requirements"][0]["award"]["name"] == "Lift truck"
    assert ada["score"] == sum(part["points"] for part in ada["requirements"])
    assert answer["excluded"][0]["count"] == 1  # what was only inferred meets no must-have


@pytest.mark.usefixtures("pool")
def test_match_for_people(credmatch: Command, position: Path) -> None:
    code, out, _ = credmatch("match", "--position", position, "--language", "fr")
    assert code == 0
    assert "ada" in out
    assert "Lift truck" in out
    assert "cariste" in out


@pytest.mark.usefixtures("pool")
def test_match_as_of_a_day_before_the_award(credmatch: Command, position: Path) -> None:
    code, out, _ = credmatch("match", "--position", position, "--day", "2025-12-31", "--json")
    assert (code, one(out)["results"]) == (0, [])


@pytest.mark.usefixtures("pool")
def test_stored_positions(credmatch: Command, position: Path) -> None:
    code, out, _ = credmatch("positions", "put", position)
    assert code == 0
    assert "operate forklift" in out
    code, out, _ = credmatch("positions", "list", "--json")
    assert one(out)["applicants"] == 1
    code, out, _ = credmatch("positions", "show", "warehouse", "--json")
    assert one(out)["requirements"][0]["text"] == "cariste"
    code, out, _ = credmatch("match", "--position", "warehouse", "--json")
    assert [result["candidate"] for result in one(out)["results"]] == ["ada"]
    code, _, err = credmatch("match", "--position", "nothing-there")
    assert (code, err) == (3, "credmatch: there is neither a file nor a stored position nothing-there\n")


@pytest.mark.usefixtures("pool")
def test_one_bad_position_does_not_stop_the_others(credmatch: Command, tmp_path: Path) -> None:
    file = tmp_path / "positions.jsonl"
    bad = {"key": "bad", "requirements": [{"text": "cariste", "weight": -1}]}
    file.write_text("\n".join([json.dumps(POSITION), "{", json.dumps(bad), json.dumps(POSITION)]))
    code, out, err = credmatch("match", "--positions", file, "--top", 1, "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert [answer["position"] for answer in answers] == ["warehouse", "line-2", "bad", "warehouse"]
    assert ["error" in answer for answer in answers] == [False, True, True, False]
    assert "positions.jsonl line 2: " in err
    assert "positions.jsonl line 3: requirements[0].weight" in err


@pytest.mark.usefixtures("pool")
def test_a_position_with_nothing_understood_is_not_scorable(credmatch: Command, tmp_path: Path) -> None:
    file = tmp_path / "nothing.json"
    file.write_text(json.dumps({"title": "Nothing", "requirements": []}))
    code, _, err = credmatch("match", "--position", file)
    assert (code, err) == (
        4, "credmatch: the position has no requirements yet: add at least one micro-skill\n"
    )  # fmt: skip


@pytest.mark.usefixtures("pool")
def named_cariste(text: str) -> Any:
    """That achievement, among others that tests before have left."""
    (found,) = [body for body in map(json.loads, text.splitlines()) if body["name"] == "cariste"]
    return found


def test_a_reading_is_confirmed(credmatch: Command, position: Path) -> None:
    waiting = named_cariste(credmatch("achievements", "list", "--json")[1])
    assert (waiting["holders"], waiting["competencies"][0]["uri"]) == (1, FORKLIFT)
    code, out, err = credmatch("achievements", "confirm", waiting["key"], "--by", "test")
    assert code == 0, err
    assert "operate forklift" in out
    _, out, _ = credmatch("match", "--position", position, "--json")
    assert {result["candidate"] for result in one(out)["results"]} == {"ada", "bob"}
    code, _, _ = credmatch("achievements", "confirm", waiting["key"])
    assert code == 3
    listed = one(credmatch("achievements", "list", "--confirmed", "--json")[1])
    assert (listed["key"], listed["confirmed_by"], listed["reading"]) == (waiting["key"], "test", "confirmed")
    assert "test" in credmatch("achievements", "list", "--confirmed")[1]
    code, out, err = credmatch("achievements", "unconfirm", waiting["key"])
    assert code == 0, err
    assert "read as operate forklift (" in out
    assert named_cariste(credmatch("achievements", "list", "--json")[1]) == waiting
    assert credmatch("achievements", "list", "--confirmed", "--json")[1] == ""
    assert credmatch("achievements", "unconfirm", waiting["key"])[0] == 2
    assert credmatch("achievements", "unconfirm", "nobody's")[0] == 3


@pytest.mark.usefixtures("pool")
def test_a_known_issuer_counts_for_more(credmatch: Command, position: Path) -> None:
    def score() -> float:
        _, out, _ = credmatch("match", "--position", position, "--json")
        scores: dict[str, float] = {one_["candidate"]: one_["score"] for one_ in one(out)["results"]}
        return scores["ada"]

    before = score()
    assert credmatch("issuers", "trust", "North College")[0] == 0
    assert score() > before
    assert credmatch("issuers", "distrust", "North College")[0] == 0
    assert score() == before
    names = [json.loads(line)["name"] for line in credmatch("issuers", "list", "--json")[1].splitlines()]
    assert "North College" in names
    assert credmatch("issuers", "trust", "nobody")[0] == 3


def test_words_are_resolved_one_by_one_and_in_bulk(credmatch: Command, tmp_path: Path) -> None:
    code, out, _ = credmatch("vocabulary", "resolve", "cariste")
    assert code == 0
    assert "operate forklift" in out
    file = tmp_path / "phrases.jsonl"
    file.write_text('{"id": "a", "text": "cariste"}\nnonsense\n{"id": 2, "text": "premiers soins"}\n')
    code, out, _ = credmatch("vocabulary", "resolve", "--input", file, "--top", 3, "--json")
    first, bad, second = map(json.loads, out.splitlines())
    assert code == 2
    assert (first["id"], len(first["competencies"]), first["competencies"][0]["uri"]) == ("a", 3, FORKLIFT)
    assert bad["line"] == 2
    assert second["id"] == 2
    assert credmatch("vocabulary", "resolve")[0] == 2
    assert credmatch("vocabulary", "resolve", "...")[1] == "not understood\n(none)\n"


def test_of_every_phrase_the_id_is_kept(credmatch: Command, tmp_path: Path) -> None:
    file = tmp_path / "phrases.jsonl"
    lines = (
        r'{"id": "a", "text": "\ud800"}', '{"id": 7, "text": " ... "}', '{"id": "c"}',
        '{"id": [1], "text": "x"}', r'{"id": "\udfff", "text": 5}', '{"id": null, "text": "cariste"}',
        '{"id": "a", "id": "b"}',
    )  # fmt: skip
    file.write_text("\n".join(lines))
    code, out, _ = credmatch("vocabulary", "resolve", "--input", file, "--top", 2, "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert [answer["id"] for answer in answers] == ["a", 7, "c", [1], "\udfff", None, None]
    assert [answer.get("error") for answer in answers] == [
        "text: has half of a surrogate pair, which is not text",
        'text: " ... " has neither a letter nor a digit: it means nothing',
        "text: is missing",
        "id: a list is neither text nor a whole number",
        "text: 5 is not text",
        None,
        'an object has the key "id" twice',
    ]


@pytest.mark.usefixtures("pool")
def test_many_positions_in_a_file_for_one_are_pointed_elsewhere(credmatch: Command, tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text(f"{json.dumps(POSITION)}\n{json.dumps(POSITION)}\n")
    code, _, err = credmatch("match", "--position", file)
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("credmatch: many.jsonl: not JSON: ")
    assert "--positions" in err


@pytest.mark.usefixtures("pool")
def test_who_is_not_ranked_is_counted_in_words(credmatch: Command, position: Path) -> None:
    code, out, _ = credmatch("match", "--position", position, "--day", "2025-12-31")
    assert code == 0
    assert "  not ranked for the must-have 1 (cariste): 2 people lack it\n" in out


@pytest.mark.usefixtures("pool")
def test_changes_that_wait_long_for_the_index_are_said(
    credmatch: Command, position: Path, data_dir: Path
) -> None:
    database = Database(f"sqlite:///{data_dir}/credmatch.db")
    with database.write() as connection:
        home = organisation(connection, "default").id
        number = last_change(connection, home)
        log_again(connection, home, candidate_ids(connection, home, 0, 2))
        old = update(t.changes).where(t.changes.c.number > number).values(created=t.changes.c.created - 60)
        connection.execute(old)
    code, out, _ = credmatch("match", "--position", position)
    assert code == 0
    assert re.search(r"^  the search index lacks 2 changes, the first 6\d s old: ", out, re.MULTILINE)
    with database.write() as connection:
        connection.execute(update(t.organisations).values(changes_pruned=number + 1))
    database.close()
    _, out, _ = credmatch("match", "--position", position)
    assert "\n  the search index lacks 3 changes, the first no longer logged: who is new since" in out
    assert credmatch("reindex")[0] == 0
    assert "the search index lacks" not in credmatch("match", "--position", position)[1]


def test_an_organisation_that_is_misspelt_is_not_made(
    credmatch: Command, pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDMATCH_ORGANISATION", "acme")
    for arguments in (["positions", "list"], ["reindex"], ["quarantine", "list"], ["inspect", pool]):
        code, out, err = credmatch(*arguments)
        assert (code, out, err.count("\n")) == (3, "", 1)
        assert "there is no organisation acme (CREDMATCH_ORGANISATION; there is: default)" in err
    assert credmatch("import", pool)[0] == 0
    assert credmatch("positions", "list")[:2] == (0, "(none)\n")


def test_progress_in_a_file_is_one_line_and_none_for_nothing(credmatch: Command, pool: Path) -> None:
    code, _, err = credmatch("reindex")
    assert (code, err.count("\n")) == (0, 1)
    assert err.startswith("indexing: ")
    _, _, err = credmatch("import", pool)
    assert "reading what has no competencies" not in err
    assert "?" not in err
    assert " 0 awards/s" not in err


def test_inspect_says_that_a_credential_read_twice_is_one_award(credmatch: Command, tmp_path: Path) -> None:
    award = {"achievement": {"name": "Lift truck"}, "issued": "2026-01-05"}
    for name in ("one.json", "two.json"):
        (tmp_path / name).write_text(json.dumps({"candidate": {"key": "ada"}, "awards": [award]}))
    _, out, _ = credmatch("inspect", tmp_path / "one.json")
    assert "would be imported: 1 award of 1 candidate record\n" in out
    _, out, _ = credmatch("inspect", tmp_path)
    expected = "1 award of 2 candidate records; 1 award was read twice\n"
    assert f"would be imported: {expected}" in out


def test_inspect_says_whose_an_award_is_already(credmatch: Command, pool: Path, tmp_path: Path) -> None:
    other = {"candidate": {"name": "Zoe", "identifiers": ["zoe@x.example"]}, "awards": PEOPLE[0]["awards"]}
    (tmp_path / "zoe.json").write_text(json.dumps(other))
    code, out, _ = credmatch("inspect", tmp_path / "zoe.json")
    assert code == 2
    told = " ".join(out.split())
    assert "candidate with a new key (line 1) name: Zoe identifiers: zoe@x.example" in told
    assert (
        "WRONG (line 1) at awards[0].key: the award north college#1 belongs to another candidate, ada" in told
    )
    assert "would be imported: 0 awards of 1 candidate record" in told


def test_a_rate_of_less_than_one_a_second_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("importing", "awards") as step:
        step(0, 2)
    assert capsys.readouterr().err == "importing: 0 of 2 awards\n"


def test_inspecting_a_file_shows_all_that_would_be_imported(credmatch: Command, tmp_path: Path) -> None:
    award = {
        "achievement": {
            "key": "lift", "name": "Lift truck", "issuer": {"name": "North College"},
            "competencies": [{"label": "operate forklift"}],
            "related": [{"type": "isPartOf", "key": "warehouse-stack"}],
        },
        "issued": "2026-01-05", "level": {"value": 0.75, "label": "Proficient"},
        "evidence": ["https://college.example.org/work/" + "1" * 60, "A film of the test " * 5],
        "credential_status": {"type": "1EdTechRevocationList", "id": "https://college.example.org/revoked"},
        "refresh_service": {"type": "1EdTechCredentialRefresh", "id": "https://college.example.org/new"},
    }  # fmt: skip
    person = {"candidate": {"key": "ada", "name": "Ada \x1b[31mExample"}, "awards": [award]}
    endorsement = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": {"id": "did:web:a", "name": "Ministry"},
        "validFrom": "2026-02-01T00:00:00Z",
        "credentialSubject": {"id": "urn:badge:1", "type": ["EndorsementSubject"],
                              "endorsementComment": "Taught well, " * 20},
    }  # fmt: skip
    file = tmp_path / "all.json"
    file.write_text(json.dumps([person, endorsement]))
    code, out, err = credmatch("inspect", file)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line for line in lines if line.startswith(str(file))] == [f"{file}: JSON, credmatch JSON"]
    assert all(len(line) <= 80 or len(line.split()) == 1 or line == lines[0] for line in lines)
    said = " ".join(out.split())
    for expected in (
        "award Lift truck, North College: issued 2026-01-05, active level: Proficient, 75%",
        "operate forklift part of warehouse-stack evidence: https://college.example.org/work/111",
        'status kept: {"type": "1EdTechRevocationList", "id": "https://college.example.org/revoked"}',
        'refresh kept: {"type": "1EdTechCredentialRefresh"',
        "name: Ada \\x1b[31mExample",
        "also: Endorsement endorsement by Ministry: kept apart, never scored of urn:badge:1",
        "urn:badge:1 issued 2026-02-01 comment: Taught",
        "comment: Taught well, Taught well,",
    ):
        assert expected in said, expected
    assert said.endswith(
        "would be imported: 1 award of 1 candidate record, 1 endorsement would be quarantined: 0 records"
    )


def test_inspecting_says_that_what_is_their_own_word_was_revoked(credmatch: Command, tmp_path: Path) -> None:
    for status, told in (("Revoked", "their own word, revoked"), ("Active", "their own word")):
        licence = {"name": "Driver", "issuingAuthority": {"name": "MTO"}, "status": status}
        (tmp_path / "ler.json").write_text(json.dumps({**RECORD, "licenses": [licence]}))
        code, out, _ = credmatch("inspect", tmp_path / "ler.json")
        assert code == 0
        assert f"award Driver, MTO: {told}\n" in out


@pytest.fixture
def looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command where there is no data folder, and fails where it leaves anything behind."""
    folder, temporary = tmp_path / "data", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("CREDMATCH_DATA_DIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    def command(*arguments: object) -> Result:
        code = run([str(argument) for argument in arguments])
        assert not folder.exists()
        assert not list(temporary.iterdir())
        return code, *capsys.readouterr()

    return command


def test_inspecting_needs_no_installation_and_makes_none(looking: Command, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"uri,label\n{FORKLIFT},lift\nurn:own:1,yard duty\n")
    code, out, err = looking("inspect", path)
    assert (code, err) == (0, "")
    assert 'framework "own", 1 competency, the organisation\'s own' in out
    assert "1 competencies are in the shared vocabulary already" in " ".join(out.split())
    path.write_text("candidate_key,achievement_name\nc-1,Lift truck\n")
    code, out, err = looking("inspect", path)
    assert (code, err) == (0, "")
    assert "would be imported: 1 award of 1 candidate record" in out


def test_inspecting_changes_nothing_in_an_installation(
    credmatch: Command, data_dir: Path, tmp_path: Path, pool: Path
) -> None:
    path = tmp_path / "own.csv"
    path.write_text("uri,label\nurn:own:inspected,yard duty\n")
    before = _dump(data_dir)
    assert credmatch("inspect", path, pool)[0] == 2
    assert _dump(data_dir) == before


def test_inspecting_leaves_the_database_of_an_older_version_as_it_is(
    looking: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    monkeypatch.setenv("CREDMATCH_DATA_DIR", str(old))
    with closing(sqlite3.connect(old / "credmatch.db")) as database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('0000')")
        database.commit()
    before = _dump(old)
    path = tmp_path / "awards.csv"
    path.write_text("candidate_key,achievement_name\nc-1,Lift truck\n")
    assert looking("inspect", path)[0] == 0
    assert _dump(old) == before


def _dump(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "credmatch.db")) as database:
        return list(database.iterdump())


def test_inspecting_a_table_that_is_wrong_all_over_tells_it_once(credmatch: Command, tmp_path: Path) -> None:
    table = tmp_path / "awards.csv"
    table.write_text("candidate_key,achievement_name\n" + 'c1,"a,b\n' * 50)
    code, out, _ = credmatch("inspect", table)
    assert code == 2
    assert out.count("WRONG") == 22  # twenty, the count of the others, and that the last is not closed
    assert "more were refused, after the first 20" in " ".join(out.split())
    assert out.endswith("would be quarantined: 50 records\n")
    assert credmatch("inspect", "--json", table)[1].count('"rejected"') == 51  # with the counts


def test_inspecting_files_of_several_formats_names_each_once(credmatch: Command, tmp_path: Path) -> None:
    page, broken = tmp_path / "page.html", tmp_path / "broken.json"
    page.write_text("<!-- saved -->\n<!DOCTYPE html><html><body>Badge</body></html>")
    broken.write_text('{"a": "b')
    code, out, _ = credmatch("inspect", page, broken)
    assert code == 2
    said = " ".join(out.split())
    assert f"{page}: WRONG: this is a web page (HTML); save the credential itself, as JSON" in said
    assert (
        f"{broken}: JSON WRONG: not JSON: a quotation mark is opened and not closed, at its character 7"
        in said
    )
    assert "SVG" not in said


def test_an_own_framework(credmatch: Command, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("key,label_fr,broader\nq-1,conduite du transpalette Zorglub," + FORKLIFT + "\n")
    code, out, err = credmatch("vocabulary", "import", file, "--json")
    assert code == 0, err
    assert (one(out)["name"], one(out)["added"]) == ("own", 1)
    _, out, _ = credmatch("vocabulary", "resolve", "conduite du transpalette Zorglub", "--json")
    assert one(out)["competencies"][0]["relation"] == "exact"


@pytest.mark.usefixtures("pool")
def test_reindex(credmatch: Command) -> None:
    code, out, _ = credmatch("reindex", "--json")
    assert (code, one(out)["documents"], one(out)["failed"]) == (0, 2, {})
    generation = one(out)["generation"]
    assert credmatch("reindex", "--processes", 2)[0] == 0
    code, out, _ = credmatch("reindex", "--rollback", "--json")
    assert (code, one(out)["documents"], one(out)["generation"]) == (0, 2, generation)
    assert credmatch("reindex", "--processes", 0)[0] == 2


def test_reindex_says_who_cannot_be_indexed(
    credmatch: Command, pool: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pool.exists()

    def set_status(status: str) -> None:
        with closing(sqlite3.connect(data_dir / "credmatch.db", isolation_level=None)) as database:
            ada = "(SELECT id FROM candidates WHERE key = 'ada')"
            database.execute(f"UPDATE awards SET status = ? WHERE candidate_id = {ada}", (status,))

    set_status("x")
    code, _, err = credmatch("reindex")
    assert code == 7
    assert err.count("1 person cannot be indexed, more than the 0 of CREDMATCH_REINDEX_FAILURES: ada") == 1
    monkeypatch.setenv("CREDMATCH_REINDEX_FAILURES", "1")
    code, out, err = credmatch("reindex")
    assert (code, "1 candidate," in out, "not indexed: ada" in err) == (0, True, True)
    code, out, _ = credmatch("verify-index", "--repair")
    assert (code, out.splitlines()) == (
        1,
        [
            "ada: unreadable: KeyError: 'x'",
            "1 person differs, 0 repaired",
            "for who is left: mend what cannot be read, then `credmatch reindex`",
        ],
    )
    set_status("active")
    assert credmatch("verify-index", "--repair")[:2] == (
        0,
        "ada: missing (repaired)\n1 person differs, 1 repaired\n",
    )


@pytest.mark.usefixtures("pool")
def test_verify_index(credmatch: Command, data_dir: Path) -> None:
    assert credmatch("verify-index", "--json")[1] == '{"differing": 0, "repaired": 0}\n'
    code, out, _ = credmatch("verify-index")
    assert (code, out) == (0, "0 people differ\n")
    with closing(sqlite3.connect(data_dir / "credmatch.db", isolation_level=None)) as database:
        database.execute("UPDATE candidates SET region = 'CA-QC', draw = 5 WHERE key = 'bob'")  # not logged
    code, out, _ = credmatch("verify-index")
    assert code == 1
    assert "bob: differs: draw " in out
    assert " instead of 5; keywords " in out
    code, out, _ = credmatch("verify-index", "--repair", "--json")
    person, summary = map(json.loads, out.splitlines())
    assert (code, summary) == (0, {"differing": 1, "repaired": 1})
    assert (person["candidate"], person["what"], person["repaired"]) == ("bob", "differs", True)
    assert {field["field"]: field["database"] for field in person["fields"]}["draw"] == 5
    assert credmatch("verify-index")[0] == 0


def test_the_sample_is_the_same_for_a_seed(credmatch: Command, tmp_path: Path) -> None:
    file = tmp_path / "sample.jsonl"
    assert credmatch("sample", "--candidates", 5, "--output", file) == (0, "", "")
    code, out, _ = credmatch("sample", "--candidates", 5)
    assert code == 0
    assert out == file.read_text()
    assert credmatch("sample", "--candidates", 5, "--seed", 2)[1] != out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nonsense"], "No such command 'nonsense'."),
        (["import"], "Missing argument 'FILES...'."),
        (["import", "not-there.jsonl"], "not-there.jsonl"),
        (["match"], "give either --position or --positions"),
        (["match", "--position", "x", "--top", "0"], "--top"),
        (["match", "--position", "x", "--day", "yesterday"], "yesterday is not a day"),
        (["match", "--position", "x", "--day", "2026-13-01"], "written as 2026-06-30"),
        (["sample"], "--candidates"),
    ],
)
def test_a_wrong_argument_takes_one_line(credmatch: Command, arguments: list[str], expected: str) -> None:
    code, out, err = credmatch(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("credmatch: ")
    assert expected in err


def test_a_wrong_installation_is_said(
    credmatch: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDMATCH_DATADIR", "x")
    code, _, err = credmatch("positions", "list")
    assert code == 6
    assert err.startswith("credmatch: unknown setting CREDMATCH_DATADIR")
    monkeypatch.delenv("CREDMATCH_DATADIR")
    (tmp_path / "file").touch()
    monkeypatch.setenv("CREDMATCH_DATA_DIR", str(tmp_path / "file"))
    code, _, err = credmatch("positions", "list")
    assert (code, err.count("\n")) == (6, 1)


@pytest.fixture
def process(data_dir: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a command as a process of its own; killed at the end if it is still there."""
    started = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        environ = {**os.environ, "CREDMATCH_DATA_DIR": str(data_dir)}
        command = [sys.executable, "-m", "indexer.cli", *arguments]
        started.append(
            subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start
    for one_ in started:
        one_.kill()
        one_.communicate()


def test_who_reads_no_further_ends_it_quietly(process: Callable[..., subprocess.Popen[str]]) -> None:
    sample = process("sample", "--candidates", "100000")
    assert sample.stdout is not None
    assert sample.stdout.readline().startswith("{")
    sample.stdout.close()
    assert sample.wait(30) == 1
    assert sample.stderr is not None
    assert sample.stderr.read() == ""


def test_stopped_it_says_so(process: Callable[..., subprocess.Popen[str]]) -> None:
    sample = process("sample", "--candidates", "1000000")
    assert sample.stdout is not None
    sample.stdout.readline()
    sample.terminate()
    _, err = sample.communicate(timeout=30)
    assert sample.returncode == 130
    assert err.strip() == "credmatch: stopped"


@pytest.mark.parametrize("text", ["", " \t "])
@pytest.mark.usefixtures("pool")
def test_no_words_cannot_be_resolved(credmatch: Command, text: str) -> None:
    code, out, err = credmatch("vocabulary", "resolve", text, "--json")
    assert (code, out) == (2, "")
    assert "TEXT is empty" in err


# --- frameworks are inspected as credentials are ---------------------------------------------------

MET = (
    "1 competencies are in the shared vocabulary already and stay as they are there; their relations are "
    "kept (CFItems[3] Forklifts)"
)
CIRCLE = (
    '"Yard duty" cannot be broader than "Gate duty": that closes a circle, Yard duty < Gate duty < '
    "Yard duty; the rest was read"
)
YARD = {
    "CFDocument": {"title": "Yard", "version": "2"},
    "CFItems": [
        {"uri": "urn:case:yard", "fullStatement": "Yard duty", "alternativeLabel": "shunting"},
        {"uri": "urn:case:gate", "fullStatement": "Gate duty"},
        {"uri": "urn:case:bad", "fullStatement": ""},
        {"uri": FORKLIFT, "fullStatement": "Forklifts"},
    ],
    "CFAssociations": [
        {"associationType": kind, "originNodeURI": one, "destinationNodeURI": other}
        for one, kind, other in (
            ("urn:case:yard", "isChildOf", "urn:case:gate"),
            ("urn:case:gate", "isChildOf", "urn:case:yard"),
            ("urn:case:gate", "isPeerOf", "urn:nobody:knows"),
            (FORKLIFT, "isChildOf", "urn:case:yard"),
            ("urn:case:gate", "isCousinOf", "urn:case:yard"),
        )
    ],
}


def test_a_framework_is_inspected_and_nothing_is_stored(credmatch: Command, tmp_path: Path) -> None:
    path = tmp_path / "yard.json"
    path.write_text(json.dumps(YARD))
    quarantined = credmatch("quarantine", "list")
    code, out, err = credmatch("inspect", path)
    assert (code, err) == (2, "")
    lines = [
        f"{path}: CASE",
        '  framework "Yard" 2, 2 competencies, the organisation\'s own',
        "    labels: en 2",
        "    aliases: en 1",
        "    relations: broader 2, related 1",
        "    Yard duty <urn:case:yard>",
        "    Gate duty <urn:case:gate>",
        "  note: related: 1 would wait for competencies that nobody knows, such as urn:nobody:knows",
        "  WRONG at CFItems[2].fullStatement: is empty",
        '  note: associations left out: 1, as "isCousinOf" is no type of CASE (CFAssociations[4])',
        f"  note: {MET}",
        f"  WRONG at CFItems[1].broader: {CIRCLE}",
        "would be imported: 2 competencies of 1 framework",
        "would be quarantined: 2 records",
    ]
    assert out.split() == " ".join(lines).split()  # lines are wrapped
    code, out, _ = credmatch("inspect", "--json", path)
    documents = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert documents[0] == {
        "type": "framework", "file": str(path), "format": "CASE", "name": "Yard", "version": "2",
        "attribution": "", "shared": False, "competencies": 2, "labels": {"en": 2}, "aliases": {"en": 1},
        "relations": {"broader": 2, "related": 1},
        "first": [
            {"label": "Yard duty", "uri": "urn:case:yard"}, {"label": "Gate duty", "uri": "urn:case:gate"},
        ],
    }  # fmt: skip
    assert documents[-1]["type"] == "counts"
    assert (documents[-1]["frameworks"], documents[-1]["competencies"], documents[-1]["rejected"]) == (
        1,
        2,
        2,
    )
    assert credmatch("quarantine", "list") == quarantined
    assert credmatch("inspect", "--json", path)[1] == out, "it is as new as before"


def test_an_import_of_nothing_but_bad_competencies_fails(credmatch: Command, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("key,label\nbad-1,\n")
    code, out, _ = credmatch("vocabulary", "import", path)
    assert out.endswith("0 competencies added, 0 changed, 0 unchanged; 1 record quarantined\n")
    assert code == 2
    path.write_text("key,label\nbad-1,\ngood-1,yard duty\n")
    assert credmatch("vocabulary", "import", path)[0] == 0


def test_relations_that_wait_are_said_by_kind_with_an_example(credmatch: Command, tmp_path: Path) -> None:
    path = tmp_path / "cour.csv"
    rows = "a,service de cour,urn:nobody:1|urn:nobody:2,\nb,service de porte,,urn:nobody:3\n"
    path.write_text(f"key,label_fr,broader,same_as\n{rows}")
    code, out, err = credmatch("vocabulary", "import", path)
    assert code == 0, err
    assert out.splitlines()[1:] == [
        "broader: 2 wait for competencies that no framework has brought yet, such as urn:nobody:1",
        "same: 1 wait for competencies that no framework has brought yet, such as urn:nobody:3",
    ]
    code, out, _ = credmatch("vocabulary", "import", path, "--json")
    assert (json.loads(out)["waiting"], len(json.loads(out)["notices"])) == (3, 2)


def test_a_folder_of_a_framework_and_credentials_is_inspected_whole(
    credmatch: Command, tmp_path: Path, pool: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "own.csv").write_text("key,label\na,yard duty\n")
    (folder / "pool.jsonl").write_bytes(pool.read_bytes())
    (folder / "badge.json").write_text('{"type": "OpenBadgeCredential", "credentialSubject": {"x": 1}}')
    code, out, _ = credmatch("inspect", folder)
    assert code == 2
    assert "folder: credmatch framework" in out
    assert "framework of competencies" not in out
    assert "achievement.jsonl" not in out
    assert re.search(
        r"^would be imported: 1 competency of 1 framework, [1-9]\d* awards of", out, re.MULTILINE
    )


def test_an_archive_of_both_is_inspected_while_it_is_unpacked_once(
    credmatch: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("yard.json", json.dumps(YARD))
        archive.writestr("pool.csv", "candidate_key,achievement_name\nc-1,Yard duty\n")
    unpacked: list[int] = []
    take = Budget.take
    monkeypatch.setattr(
        Budget, "take", lambda budget, count: (unpacked.append(count), take(budget, count))[1]
    )
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    code, out, _ = credmatch("inspect", path)
    assert code == 2
    assert "2 competencies of 1 framework, 1 award of 1 candidate record" in " ".join(out.split())
    with zipfile.ZipFile(path) as archive:
        assert sum(unpacked) == sum(one.file_size for one in archive.infolist())


def test_an_export_of_esco_is_inspected_and_its_version_asked_for(credmatch: Command, tmp_path: Path) -> None:
    path = tmp_path / "skills_en.csv"
    path.write_text("conceptUri,preferredLabel,altLabels\nurn:new,yard duty,\n")
    code, out, _ = credmatch("inspect", path)
    assert code == 0
    assert 'framework "ESCO", 1 competency, everybody\'s' in out
    assert "note: does not say its version: name it with --version when it is imported" in out


def test_a_file_that_only_looks_like_a_framework_is_said_once(credmatch: Command, tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text('{"CFDocument": {"title": "Yard"}}')
    code, out, _ = credmatch("inspect", path)
    assert code == 2
    assert out.count("WRONG") == 1
    assert "WRONG at CFItems: holds no CFItems: import the CFPackage of this document" in out


def test_a_run_is_logged_with_its_id(credmatch: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDMATCH_LOG_FORMAT", "json")
    monkeypatch.setenv("CREDMATCH_LOG_LEVEL", "info")
    code, _, err = credmatch("quarantine", "show", "77")
    failure, ended = map(json.loads, err.splitlines())
    assert failure["event"] == "credmatch: there is no quarantined record 77"
    assert (ended["event"], ended["code"], ended["command"]) == ("the command ended", code, "quarantine")
    assert failure["run"] == ended["run"]
    assert json.loads(credmatch("positions", "list")[2])["run"] != ended["run"]


def test_what_nobody_thought_of_is_said_without_what_it_quotes(
    credmatch: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Ada Example")

    monkeypatch.setattr("indexer.commands.quarantine.opened", fail)
    code, _, err = credmatch("quarantine", "list")
    assert code == 1
    assert "RuntimeError" in err
    assert "test_cli.py" in err
    assert "Ada" not in err
