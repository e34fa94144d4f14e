"""Importing files: what is bad is kept apart, what was kept can be tried again, and a kill loses nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from stored import contents

from indexer import ingest
from indexer.ingest import Options, Report, import_files
from indexer.readers.limits import Limits
from indexer.retrying import retry_quarantined
from matcher.errors import NotFound
from matcher.store import quarantine
from matcher.store.database import Database
from matcher.store.organisations import organisation
from tests.parts.databases import Databases

REPOSITORY = Path(__file__).parents[2]
CHANGES = frozenset({"changes"})


def line(key: str, *awards: dict[str, Any], **more: Any) -> dict[str, Any]:
    person = {"key": key, "name": f"Name of {key}", "region": "Ontario"}
    return {"candidate": person, "awards": list(awards), **more}


def award(number: int, name: str = "Forklift", **more: Any) -> dict[str, Any]:
    issuer = {"name": "Northshore College", "url": "https://northshore.example"}
    skills = [{"uri": f"urn:skill:{name}", "label": name}]
    achievement = {"key": f"urn:a:{name}", "name": name, "issuer": issuer, "competencies": skills}
    return {"key": f"urn:w:{number}", "achievement": achievement, "issued": "2026-03-01", **more}


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines), "utf-8")
    return path


def kept(database: Database) -> list[quarantine.Quarantined]:
    with database.read() as connection:
        home = organisation(connection, "default").id
        return [
            quarantine.show(connection, home, one.id)
            for one in quarantine.list_(connection, home, limit=5_000)
        ]


def test_files_are_taken_in_and_counted(database: Database, tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", line("c-1", award(1), award(2)), line("c-2", award(3)))
    two = write(tmp_path / "two.jsonl", line("c-1", award(1, status="revoked")))
    told: list[tuple[int, int]] = []
    report = import_files(database, "default", [one, two], progress=lambda *step: told.append(step))
    assert report == Report(files=2, awards_added=3, awards_changed=1)
    assert told[-1] == (4, 0)
    assert import_files(database, "default", [one, two]) == Report(files=2, awards_unchanged=4)
    report = import_files(database, "default", [one], Options(newest=True))
    assert report == Report(files=1, awards_changed=1, awards_unchanged=2)


def test_folders_and_archives_are_read_and_every_file_in_them_is_counted(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    one = write(folder / "one.jsonl", line("c-1", award(1)), line("c-2", award(2)))
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("a/two.jsonl", json.dumps(line("c-3", award(3))))
        archive.writestr("photo.jpg", b"\xff\xd8\xff")
        archive.writestr("bad.json", "{")
    report = import_files(database, "default", [folder])
    assert (report.files, report.awards_added, report.quarantined) == (4, 3, 1)
    assert [notice.file for notice in report.notices] == [f"{folder}/more.zip"]
    assert [bad.file for bad in kept(database)] == [f"{folder}/more.zip!bad.json"]
    assert import_files(database, "default", [one]).files == 1


def test_what_was_kept_finds_what_came_to_lie_beside_its_file(database: Database, tmp_path: Path) -> None:
    address = "https://issuer.example.org"
    badge = {
        "@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": f"{address}/assertions/1",
        "recipient": {"type": "email", "identity": "zoe@example.org", "hashed": False},
        "issuedOn": "2026-01-31", "badge": f"{address}/classes/lift", "verification": {"type": "hosted"},
    }  # fmt: skip
    write(tmp_path / "badge.json", badge)
    assert import_files(database, "default", [tmp_path / "badge.json"], Options("c-1")).quarantined == 1
    issuer = {"type": "Issuer", "id": f"{address}/issuer", "name": "Northshore", "url": address}
    write(tmp_path / "issuer.json", {"@context": "https://w3id.org/openbadges/v2", **issuer})
    lift = {"type": "BadgeClass", "id": badge["badge"], "name": "Lift truck", "issuer": issuer["id"]}
    write(tmp_path / "class.json", {"@context": "https://w3id.org/openbadges/v2", **lift})
    report = retry_quarantined(database, "default", None, Options("c-1"))
    assert report.awards_added == 1, kept(database)
    assert kept(database) == []


def test_an_unknown_organisation_is_said(database: Database, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nobody"):
        import_files(database, "nobody", [write(tmp_path / "one.jsonl", line("c-1"))])


def test_one_bad_record_never_stops_a_file(database: Database, tmp_path: Path) -> None:
    file = write(
        tmp_path / "pool.jsonl",
        line("c-1", award(1)),
        "{ this is not JSON",
        line("c-2", award(2, issued="soon"), award(3)),
        line("c-3", award(1), award(4)),
        {"candidate": {"name": "Nobody"}},
        line("c-4", award(5)),
    )
    report = import_files(database, "default", [file, tmp_path / "missing.jsonl"])
    assert report == Report(files=1, awards_added=4, quarantined=5)
    found = {one.reason.partition(":")[0]: one for one in kept(database)}
    assert [(one.line, one.where) for one in found.values() if one.line == 3] == [(3, "awards[0].issued")]
    conflict = next(one for one in found.values() if "belongs to another candidate" in one.reason)
    assert (conflict.file, conflict.where) == (str(file), "awards[0].key")
    assert json.loads(conflict.raw)["candidate"] == {"key": "c-3"}
    assert [row[0] for row in contents(database)["candidates"]] == ["c-1", "c-2", "c-3", "c-4"]
    before = contents(database)
    assert import_files(database, "default", [file]).quarantined == 4
    assert contents(database) == before


def test_what_no_index_can_hold_is_kept_and_the_rest_stored(database: Database, tmp_path: Path) -> None:
    """A thousand characters of four bytes each, at random so that nothing makes them shorter."""
    chance = random.Random(1)
    long = "urn:x:" + "".join(chr(chance.randint(0x10000, 0x2FFFF)) for _ in range(990))
    shorter = f"urn:x:{long[6:600]}"
    skill = award(2)
    skill["achievement"]["competencies"] = [{"uri": long, "label": "Lift"}]
    person = line("c-3", award(3))
    person["candidate"]["identifiers"] = [long]
    fits = line("c-4", award(4))
    fits["candidate"]["identifiers"] = [shorter]
    file = write(tmp_path / "pool.jsonl", line("c-1", award(1)), line("c-2", skill), person, fits)
    report = import_files(database, "default", [file])
    assert report.awards_added >= 2
    assert all("2,600 bytes" in one.reason for one in kept(database))
    assert [one.where for one in kept(database)] == [
        "awards[0].achievement.competencies[0].uri",
        "candidate.identifiers[0]",
    ]


def test_what_still_holds_no_record_stays_in_quarantine(database: Database, tmp_path: Path) -> None:
    import_files(database, "default", [write(tmp_path / "pool.jsonl", line("c-1", award(1)), "[]")])
    assert [one.raw for one in kept(database)] == ["[]"]
    retry_quarantined(database, "default")
    assert [one.raw for one in kept(database)] == ["[]"]


def about(email: str, number: int) -> dict[str, Any]:
    return {"candidate": {"name": f"Of {email}", "identifiers": [email]}, "awards": [award(number)]}


def test_what_a_file_about_two_people_was_refused_for_is_not_taken_record_by_record(
    database: Database, tmp_path: Path
) -> None:
    two = [about("ada@example.org", 1), about("bob@example.org", 2)]
    file = write(tmp_path / "two.jsonl", *two)
    own = {"candidate": {"key": "c-1"}, "awards": [award(3)]}
    with zipfile.ZipFile(tmp_path / "wallet.zip", "w") as archive:
        for number, one in enumerate((*two, own)):
            archive.writestr(f"{number}.json", json.dumps(one))
    for each in (file, tmp_path / "wallet.zip"):
        import_files(database, "default", [each], Options("c-1"))
        assert len(kept(database)) == 2
        before = contents(database)
        for _ in range(2):
            assert retry_quarantined(database, "default", None, Options("c-1")) == Report(quarantined=2)
            assert contents(database) == before
        assert all("it should be about one person" in one.reason for one in kept(database))
        if each == file:
            with database.write() as connection:
                quarantine.remove(connection, 1, [one.id for one in kept(database)])
    first, second = kept(database)
    # Whose each of them is can be said.
    assert retry_quarantined(database, "default", [first.id], Options("c-1")) == Report(awards_added=1)
    assert retry_quarantined(database, "default", [second.id], Options("c-2")) == Report(awards_added=1)
    assert {row[1] for row in contents(database)["awards"]} == {"c-1", "c-2"}


def test_identical_bad_lines_are_kept_once_and_counted_apart(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "_CANDIDATES", 2)  # they come in several batches
    file = write(tmp_path / "pool.jsonl", line("c-1", award(1)), *["{"] * 5, "{ another", "{")
    assert import_files(database, "default", [file]) == Report(
        files=1, awards_added=1, quarantined=2, identical=5
    )
    assert len(kept(database)) == 2
    assert import_files(database, "default", [file]) == Report(
        files=1, awards_unchanged=1, quarantined=2, identical=5
    )


def test_what_was_kept_without_a_record_stays_as_it_was(database: Database, tmp_path: Path) -> None:
    file = write(tmp_path / "nothing.json", "")
    import_files(database, "default", [file])
    before = kept(database)
    assert [one.reason for one in before] == ["the file is empty"]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../out.json", "{}")
    import_files(database, "default", [tmp_path / "a.zip"])
    before = kept(database)
    assert retry_quarantined(database, "default") == Report(quarantined=2)
    assert kept(database) == before


def test_a_flood_of_refusals_is_kept_as_a_few(database: Database, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(1_500):
            archive.writestr(f"{number}.json", "")
        archive.writestr("pool.jsonl", json.dumps(line("c-1", award(1))))
    report = import_files(database, "default", [tmp_path / "a.zip"])
    assert (report.awards_added, report.quarantined) == (1, 1_001)
    reasons = [one.reason for one in kept(database) if one.file.endswith("!1499.json")]
    assert reasons == [
        f"500 more were refused, after the first {Limits().refused}; the last, here: the file is empty"
    ]


def test_what_was_kept_is_tried_again(database: Database, tmp_path: Path) -> None:
    file = write(tmp_path / "pool.jsonl", line("c-1", award(1)), line("c-2", award(1)), "{")
    import_files(database, "default", [file])
    assert retry_quarantined(database, "default") == Report(quarantined=2)
    assert len(kept(database)) == 2
    with database.write() as connection:  # the award of c-1 goes, so that c-2 may have it
        connection.exec_driver_sql("DELETE FROM awards")
    report = retry_quarantined(database, "default")
    assert report == Report(awards_added=1, quarantined=1)
    assert [one.line for one in kept(database)] == [3]
    assert [(row[0], row[1]) for row in contents(database)["awards"]] == [
        ("https://northshore.example#urn:w:1", "c-2")
    ]
    with pytest.raises(NotFound, match="77"):
        retry_quarantined(database, "default", [77])


def test_dates_that_can_be_read_in_two_ways_wait_until_somebody_says_which(
    database: Database, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.csv", "candidate_key,achievement_name,issued", "c-1,One,03/04/2026")
    assert import_files(database, "default", [file]) == Report(files=1, quarantined=1)
    assert retry_quarantined(database, "default") == Report(quarantined=1)
    assert retry_quarantined(database, "default", None, Options(dates="day-first")) == Report(awards_added=1)
    assert not kept(database)
    assert import_files(database, "default", [file], Options(dates="day-first")) == Report(
        files=1, awards_unchanged=1
    )
    assert (
        import_files(database, "default", [file], Options(dates="month-first")).awards_added == 1
    )  # another day


def test_a_refused_award_comes_back_as_it_was(
    database: Database, databases: Databases, tmp_path: Path
) -> None:
    full = award(
        1,
        valid_from="2026-03-02T09:00:00-05:00",
        expires="2031-01-31",
        status="unknown",
        level={"value": 0.0, "label": "Débutant"},
        evidence=["https://e.example"],
    )
    full["achievement"] |= {"description": "Two days", "related": [{"type": "isPartOf", "key": "urn:a:all"}]}
    write(tmp_path / "first.jsonl", line("c-1", award(1)))
    write(tmp_path / "second.jsonl", line("c-2", full))
    import_files(database, "default", [tmp_path / "first.jsonl", tmp_path / "second.jsonl"])
    (refused,) = kept(database)
    raw = write(tmp_path / "raw.jsonl", refused.raw)
    straight, again = databases.with_default("straight"), databases.with_default("again")
    for other, source in ((straight, tmp_path / "second.jsonl"), (again, raw)):
        assert import_files(other, "default", [source]) == Report(files=1, awards_added=1)
    people = frozenset({"candidates"})
    assert contents(again, without=people) == contents(straight, without=people)


def test_a_badge_about_nobody_in_particular(database: Database, tmp_path: Path) -> None:
    badge = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "id": "urn:uuid:1",
        "issuer": {"id": "https://northshore.example", "name": "Northshore"},
        "validFrom": "2026-03-01T00:00:00Z",
        "credentialSubject": {"achievement": {"id": "urn:a:1", "name": "Forklift"}},
    }
    file = write(tmp_path / "badge.json", badge)
    assert import_files(database, "default", [file]).quarantined == 1
    assert "no subject" in kept(database)[0].reason
    assert import_files(database, "default", [file], Options("c-1")).awards_added == 1
    assert contents(database)["awards"][0][1] == "c-1"


def test_unreadable_files_are_kept_apart_from_each_other(database: Database, tmp_path: Path) -> None:
    import_files(database, "default", [tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    assert sorted(Path(one.file).name for one in kept(database)) == ["a.jsonl", "b.jsonl"]


def test_the_kept_are_shown_whole_and_removed(database: Database, tmp_path: Path) -> None:
    import_files(database, "default", [write(tmp_path / "a.jsonl", "{" + "x" * 500, line("c-1"))])
    with database.write() as connection:
        home = organisation(connection, "default").id
        (one,) = quarantine.list_(connection, home)
        assert one.raw == "{" + "x" * 199
        assert quarantine.show(connection, home, one.id).raw == "{" + "x" * 500
        assert quarantine.remove(connection, home, [one.id, 77]) == 1
        with pytest.raises(NotFound):
            quarantine.show(connection, home, one.id)


def test_batches_are_bounded_by_awards_and_by_what_is_bad(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "_AWARDS", 3)
    monkeypatch.setattr(ingest, "_RAW", 100)
    lines: list[dict[str, Any] | str] = [line(f"c-{n}", award(2 * n), award(2 * n + 1)) for n in range(6)]
    file = write(tmp_path / "a.jsonl", *lines, "{" + "x" * 100, "{" + "y" * 100)
    told: list[int] = []
    import_files(database, "default", [file], progress=lambda done, _: told.append(done))
    assert told == [4, 8, 12, 12, 12][: len(told)]
    assert len(told) >= 4


# --- killed, and at once -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three versions of a pool in one file: later lines correct earlier ones."""
    chance = random.Random(5)
    names = [f"course-{n}" for n in range(60)]
    lines: list[dict[str, Any] | str] = []
    for version in range(3):
        for n in range(1_000):
            awards = [award(10 * n + k, chance.choice(names), level={"value": version / 2}) for k in range(3)]
            lines.append(line(f"c-{n}", *awards, applied_to=[f"p-{n % 7}"]))
        lines.append("{ bad line of version " + str(version))
    return write(tmp_path_factory.mktemp("pool") / "pool.jsonl", *lines)


def importing(url: str, pool: Path) -> subprocess.Popen[bytes]:
    program = (
        "from pathlib import Path; from matcher.store.database import Database;"
        "from indexer import ingest; ingest._CANDIDATES = 100;"
        "batch = lambda *_: print(flush=True);"
        f"ingest.import_files(Database('{url}'), 'default', [Path('{pool}')], progress=batch)"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE)


def test_an_import_that_is_killed_is_finished_by_the_next(databases: Databases, pool: Path) -> None:
    whole, killed = databases.with_default("whole"), databases.with_default("killed")
    import_files(whole, "default", [pool])
    expected = contents(whole)
    assert len(expected["awards"]) == 3_000
    assert len(expected["quarantine"]) == 3
    for batches, moment in ((1, 0.0), (9, 0.01), (17, 0.02)):
        process = importing(databases.url("killed"), pool)
        for _ in range(batches):
            process.stdout.readline()
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        assert contents(killed) != expected
    process = importing(databases.url("killed"), pool)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert contents(killed) == expected


def test_two_imports_at_once_store_everything_once(databases: Databases, pool: Path) -> None:
    whole, both = databases.with_default("whole"), databases.with_default("both")
    import_files(whole, "default", [pool])
    processes = [importing(databases.url("both"), pool) for _ in range(2)]
    for process in processes:
        process.communicate(timeout=120)
    assert [process.returncode for process in processes] == [0, 0]
    assert contents(both, without=CHANGES) == contents(whole, without=CHANGES)
    assert len(contents(both)["awards"]) == 3_000
