"""`credmatch doctor`: what it says of a sound installation, and of each way in which one can be broken."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ruamel.yaml import YAML
from website import make_website

from indexer import doctor, findings
from indexer.cli import run
from matcher.errors import ConfigurationError, Unavailable
from matcher.search.description import Description
from matcher.search.embedded import EmbeddedEngine
from matcher.settings import read_settings
from matcher.store.condition import Schema
from matcher.vocabulary.encoder import MODEL, REVISION
from matcher.vocabulary.vocabularies import Vocabularies

PARTS = [
    "settings", "data folder", "disk", "encoder", "engine", "engine disk", "database", "organisation",
    "index", "index vocabulary", "index floor day", "index lag", "readings", "competencies", "quarantine",
]  # fmt: skip

Variables = Callable[..., None]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a sound installation, from which tests copy theirs."""
    folder = tmp_path_factory.mktemp("sound")
    website = make_website(read_settings(data_dir=folder))
    website.parts.close()
    sql(folder, "UPDATE achievements SET model = ?", f"{MODEL}@{REVISION}")
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path, setenv: Variables) -> Path:
    """A copy of it, which the settings name."""
    copied = tmp_path / "data"
    shutil.copytree(sound, copied)
    setenv(DATA_DIR=copied)
    return copied


@pytest.fixture
def setenv(monkeypatch: pytest.MonkeyPatch) -> Variables:
    def chosen(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"CREDMATCH_{name}", str(value))

    return chosen


def sql(folder: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / "credmatch.db")) as connection, connection:
        connection.execute(statement, values)


class Result(NamedTuple):
    """What the doctor found: the exit code, all parts, and those that are wrong, by name."""

    code: int
    parts: list[str]
    wrong: dict[str, dict[str, Any]]

    def alone(self, part: str) -> tuple[str, str]:
        """What is said of the one part that is wrong, and how to mend it."""
        assert (self.code, list(self.wrong)) == (1, [part])
        return self.wrong[part]["says"], self.wrong[part]["mend"]


@pytest.fixture
def examined(capsys: pytest.CaptureFixture[str]) -> Callable[[], Result]:
    """Has the doctor look; everything that is wrong must say how it is mended."""

    def look() -> Result:
        capsys.readouterr()
        code = run(["doctor", "--json"])
        out, err = capsys.readouterr()
        assert err == ""
        (line,) = out.splitlines()
        body = json.loads(line)
        wrong = {one["part"]: one for one in body["parts"] if not one["ok"]}
        assert body["ok"] is (not wrong)
        assert all(one["says"] for one in body["parts"])
        return Result(code, [one["part"] for one in body["parts"]], wrong)

    return look


Examined = Callable[[], Result]


def test_a_sound_installation_is_well(folder: Path, examined: Examined) -> None:
    found = examined()
    assert (found.code, found.parts, found.wrong) == (0, PARTS, {})


def test_in_words_each_part_has_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [f"OK    {part}" for part in PARTS]
    assert any("SQLite 3." in line for line in lines)
    assert any("holds 5 candidates" in line for line in lines)
    shutil.rmtree(folder / "index")
    assert run(["doctor"]) == 1
    wrong = [line for line in capsys.readouterr().out.splitlines() if line.startswith("WRONG ")]
    assert wrong == ["WRONG index: there is no search index yet; to mend it: run `credmatch reindex`"]


def test_where_nothing_is_yet_it_makes_nothing(tmp_path: Path, setenv: Variables, examined: Examined) -> None:
    setenv(DATA_DIR=tmp_path / "new")
    found = examined()
    assert list(found.wrong) == ["data folder", "database"]
    assert found.parts == PARTS[:7]
    assert "`credmatch serve` makes" in found.wrong["database"]["mend"]
    (tmp_path / "new").mkdir()
    assert list(examined().wrong) == ["database"]
    assert list((tmp_path / "new").iterdir()) == []


def test_a_setting_is_unknown_or_refused(folder: Path, setenv: Variables, examined: Examined) -> None:
    setenv(ACCESS_TOKEN="short")  # noqa: S106 - that is what is refused
    says, _ = examined().alone("settings")
    assert "at least 16" in says
    setenv(DATADIR="x")
    found = examined()
    assert found.parts == ["settings"]
    assert "CREDMATCH_DATADIR" in found.alone("settings")[0]


def test_the_data_folder_cannot_be_written(folder: Path, setenv: Variables, examined: Examined) -> None:
    setenv(DATABASE_URL=f"sqlite:///{folder / 'credmatch.db'}", DATA_DIR="/proc")
    found = examined()
    assert found.wrong["data folder"]["mend"].startswith("set CREDMATCH_DATA_DIR")
    setenv(DATA_DIR=folder / "credmatch.db")
    assert "is not a folder" in examined().wrong["data folder"]["says"]


@pytest.mark.parametrize(
    ("number", "mend"),
    [
        (errno.ENOSPC, "make room on its disk, or replace it where it fails"),
        (errno.EROFS, "set CREDMATCH_DATA_DIR to a folder you can write"),
    ],
)
def test_the_disk_of_the_data_folder_is_full(
    folder: Path, monkeypatch: pytest.MonkeyPatch, examined: Examined, number: int, mend: str
) -> None:
    def full(**_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    says, said = examined().alone("data folder")
    assert (says, said) == (f"{folder} cannot be written: {os.strerror(number)}", mend)


def test_an_index_of_the_other_engine_is_named(
    folder: Path, setenv: Variables, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It takes room for nothing, and building anew in Elasticsearch takes none here."""
    usage = type(shutil.disk_usage(folder))(10**12, 0, doctor.SPARE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    setenv(ELASTICSEARCH_URL="http://127.0.0.1:1")
    assert run(["doctor", "--only", "disk"]) == 0
    left = f"; {folder / 'index'} (0 MB) is the embedded engine's, which is not used: delete it\n"
    assert capsys.readouterr().out.endswith(left)
    shutil.rmtree(folder / "index")
    assert run(["doctor", "--only", "disk"]) == 0
    assert "embedded" not in capsys.readouterr().out


def test_the_disk_is_nearly_full(folder: Path, monkeypatch: pytest.MonkeyPatch, examined: Examined) -> None:
    size = sum(file.stat().st_size for file in (folder / "index").rglob("*") if file.is_file())
    for spare in (doctor.SPARE - 1, doctor.SPARE):
        usage = type(shutil.disk_usage(folder))(10**12, 0, size + spare)
        monkeypatch.setattr(shutil, "disk_usage", lambda _, usage=usage: usage)
        found = examined()
        assert list(found.wrong) == (["disk"] if spare < doctor.SPARE else [])
        if found.wrong:
            assert f" are free in {folder}; " in found.wrong["disk"]["says"]


def test_the_model_is_not_installed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, examined: Examined
) -> None:
    monkeypatch.setattr(doctor, "_MODEL_PACKAGES", ("no_such_package",))
    says, mend = examined().alone("encoder")
    assert (says, mend) == ("no_such_package is not installed", "install again: `make setup`")


@pytest.mark.parametrize(
    ("statement", "mend"),
    [
        ("DROP TABLE alembic_version", "start the server (`credmatch serve`): it makes them so"),
        (
            "UPDATE alembic_version SET version_num = '0001'",
            "start the server (`credmatch serve`): it makes them so",
        ),
        ("UPDATE alembic_version SET version_num = '9999'", "install the newer credmatch that made them"),
    ],
)
def test_the_tables_are_of_another_version(
    folder: Path, examined: Examined, statement: str, mend: str
) -> None:
    sql(folder, statement)
    found = examined()
    assert found.alone("database")[1].startswith(mend)
    assert found.parts == PARTS[:7]


def test_an_address_with_a_password_is_a_wrong_setting(examined: Examined, setenv: Variables) -> None:
    setenv(ELASTICSEARCH_URL="http://u:geheim@127.0.0.1:1")
    found = examined()
    assert found.parts == ["settings"]
    says, mend = found.alone("settings")
    assert says.endswith("set CREDMATCH_ELASTICSEARCH_USER and _PASSWORD")
    assert "geheim" not in says + mend


def test_a_database_of_another_kind(folder: Path, examined: Examined, setenv: Variables) -> None:
    setenv(DATABASE_URL="mysql://127.0.0.1/x")
    assert examined().alone("database")[0].endswith("mysql is no sqlite or postgresql")


def test_an_address_that_is_none(folder: Path, examined: Examined, setenv: Variables) -> None:
    setenv(DATABASE_URL="postgresql://u:geheim@127.0.0.1:1:2/x")
    says, mend = examined().alone("database")
    assert says.startswith("the database's URL cannot be read: postgresql://")
    assert mend == "correct CREDMATCH_DATABASE_URL, or do what is said"
    assert "geheim" not in says


def test_the_database_is_no_database(folder: Path, examined: Examined) -> None:
    for file in folder.glob("credmatch.db*"):
        file.unlink()
    (folder / "credmatch.db").write_bytes(b"x" * 10_000)
    says, mend = examined().alone("database")
    assert says == "the database cannot be used: file is not a database; restore it from a copy"
    assert mend == "correct CREDMATCH_DATABASE_URL, or do what is said"


def test_the_database_has_no_tables_yet(folder: Path, examined: Examined) -> None:
    for file in folder.glob("credmatch.db*"):
        file.unlink()
    (folder / "credmatch.db").touch()
    says, mend = examined().alone("database")
    assert ", no tables yet; this credmatch needs version 0" in says
    assert mend == "start the server (`credmatch serve`): it makes them so"


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://me:pass-word-of-mine@127.0.0.1:1/none", "nonsense pass-word-of-mine", "mongo://a"],
)
def test_the_database_does_not_answer(folder: Path, setenv: Variables, examined: Examined, url: str) -> None:
    setenv(DATABASE_URL=url)
    says, mend = examined().alone("database")
    assert "CREDMATCH_DATABASE_URL" in mend
    assert "pass-word-of-mine" not in says
    assert "\n" not in says


@pytest.mark.parametrize(("version", "well"), [("14.20", False), ("15.0", True), ("18", True)])
def test_postgresql_is_too_old(
    folder: Path, monkeypatch: pytest.MonkeyPatch, examined: Examined, version: str, *, well: bool
) -> None:
    monkeypatch.setattr(doctor, "schema", lambda _: Schema("postgresql", version, "0001", "0001"))
    found = examined()
    assert (found.code == 0) is well
    if not well:
        says, mend = found.alone("database")
        assert says.startswith(f"PostgreSQL {version}")
        assert "15 or newer" in mend


def test_the_database_hangs(folder: Path, monkeypatch: pytest.MonkeyPatch, examined: Examined) -> None:
    go = threading.Event()
    monkeypatch.setattr(findings, "SECONDS", 0.2)
    monkeypatch.setattr(doctor, "schema", lambda _: go.wait(30))
    assert examined().alone("database")[0] == "no answer within 0.2 s"
    go.set()


def test_the_organisation_is_misspelt(folder: Path, setenv: Variables, examined: Examined) -> None:
    setenv(ORGANISATION="acme")
    found = examined()
    assert list(found.wrong) == ["organisation", "index"]
    assert "there is: default" in found.wrong["organisation"]["mend"]


def test_the_index_is_damaged(folder: Path, examined: Examined) -> None:
    (folder / "index" / "default" / "manifest.json").write_text("{")
    found = examined()
    assert found.alone("index")[1] == "run `credmatch reindex`"
    assert not {"index lag", "index vocabulary"} & set(found.parts)


def test_the_vocabulary_changed_since(folder: Path, examined: Examined) -> None:
    sql(folder, "UPDATE organisations SET vocabulary_change = vocabulary_change + 1")
    says, mend = examined().alone("index vocabulary")
    assert "the vocabulary is now" in says
    assert mend == "run `credmatch reindex`"


def test_the_floor_day_is_past(folder: Path, examined: Examined) -> None:
    manifest = folder / "index" / "default" / "manifest.json"
    body = json.loads(manifest.read_text())
    body["live"]["floor"] -= 3 * 86_400
    manifest.write_text(json.dumps(body))
    assert "which is past" in examined().alone("index floor day")[0]


def test_the_index_is_late(folder: Path, setenv: Variables, examined: Examined) -> None:
    sql(
        folder,
        "INSERT INTO changes (organisation_id, candidate_id, created) "
        "SELECT organisation_id, candidate_id, strftime('%s') - 600 FROM changes LIMIT 1",
    )
    found = examined()
    assert found.wrong == {}  # it is following
    setenv(READY_LAG=300)
    says, _ = examined().alone("index lag")
    assert says.startswith("1 changes, the first 60")


def test_the_index_is_behind_what_was_pruned(folder: Path, examined: Examined) -> None:
    sql(folder, "UPDATE organisations SET changes_pruned = (SELECT MAX(number) + 5 FROM changes)")
    says, mend = examined().alone("index lag")
    assert "changes that are no longer in the log" in says
    assert "credmatch reindex" in mend


@pytest.mark.parametrize("became", ["DELETE FROM changes", "UPDATE changes SET created = created + 60"])
def test_the_index_is_of_another_database(folder: Path, examined: Examined, became: str) -> None:
    """Or of this one before it was restored: the log lacks its change, or has another under its number."""
    sql(folder, f"{became} WHERE number = (SELECT MAX(number) FROM changes)")
    says, mend = examined().alone("index lag")
    assert "holds changes that the database does not have" in says
    assert "credmatch reindex" in mend


def test_readings_are_of_another_model(folder: Path, examined: Examined) -> None:
    sql(folder, "UPDATE achievements SET model = 'older@1' WHERE reading = 'confirmed'")
    sql(folder, "UPDATE alternatives SET basis = 'none', model = ''")  # nothing was encoded for them
    assert examined().wrong == {}  # a person confirmed it: that stays
    sql(folder, "UPDATE achievements SET model = 'older@1' WHERE reading = 'inferred'")
    says, mend = examined().alone("readings")
    assert "1 readings are of the model older@1" in says
    assert "credmatch nightly" in mend


def test_what_nobody_thought_of_is_a_finding(
    folder: Path, monkeypatch: pytest.MonkeyPatch, examined: Examined
) -> None:
    def fail(*_: object) -> int:
        raise RuntimeError("about somebody")

    monkeypatch.setattr(doctor, "quarantined", fail)
    assert examined().alone("quarantine")[0] == "RuntimeError"


def test_what_is_not_compiled_yet_is_not_compiled(folder: Path, examined: Examined) -> None:
    shutil.rmtree(folder / "vocabulary")
    assert examined().wrong == {}
    assert not (folder / "vocabulary").exists()


def test_an_index_of_competencies_is_whole_or_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch, examined: Examined
) -> None:
    monkeypatch.setattr(Vocabularies, "narrows", True)
    monkeypatch.setattr(Vocabularies, "is_narrowed", lambda _: True)
    assert examined().wrong == {}
    monkeypatch.setattr(Vocabularies, "is_narrowed", lambda _: False)
    says, mend = examined().alone("competencies")
    assert "not whole" in says
    built = "the follower of a running server builds it within some minutes; or run `credmatch nightly`"
    assert mend == built

    def red(_: Vocabularies) -> bool:
        raise Unavailable("it is red")

    monkeypatch.setattr(Vocabularies, "is_narrowed", red)
    assert examined().alone("competencies") == ("it is red", f"bring back what holds it; {built}")


def test_an_engine_says_what_it_is_and_what_is_wrong(
    folder: Path, monkeypatch: pytest.MonkeyPatch, examined: Examined, capsys: pytest.CaptureFixture[str]
) -> None:
    def describe(_: EmbeddedEngine, __: str) -> Description:
        return Description("Elasticsearch", "8.19.8", "http://127.0.0.1:9200")

    monkeypatch.setattr(EmbeddedEngine, "describe", describe, raising=False)
    run(["doctor"])
    assert "OK    engine: Elasticsearch 8.19.8, http://127.0.0.1:9200\n" in capsys.readouterr().out

    def broken(_: EmbeddedEngine, __: str) -> Description:
        raise Unavailable("no node answers at https://elastic:pass-word@es.example:9200")

    monkeypatch.setattr(EmbeddedEngine, "describe", broken, raising=False)
    found = examined()
    says, mend = found.alone("engine")
    assert says.endswith("https://[…]@es.example:9200")
    assert mend == "start it, or correct CREDMATCH_ELASTICSEARCH_URL"
    assert not {"index", "index lag", "competencies"} & set(found.parts)

    def refused(_: EmbeddedEngine, __: str) -> Description:
        raise ConfigurationError("see CREDMATCH_ELASTICSEARCH_CA")

    monkeypatch.setattr(EmbeddedEngine, "describe", refused, raising=False)
    assert examined().alone("engine")[1] == "correct the setting that is named, or do what is said"


@pytest.mark.parametrize("became", ["no database", "no tables"])
def test_the_engine_is_looked_at_before_there_are_tables(
    folder: Path, setenv: Variables, examined: Examined, became: str
) -> None:
    """Its login and certificate can be tried before anything is made."""
    for file in folder.glob("credmatch.db*"):
        file.unlink()
    if became == "no tables":
        (folder / "credmatch.db").touch()
    setenv(ELASTICSEARCH_URL="http://127.0.0.1:1")
    there = list(folder.iterdir())
    found = examined()
    assert list(found.wrong) == ["engine", "database"]
    assert "does not answer: Connection refused" in found.wrong["engine"]["says"]
    assert found.wrong["engine"]["mend"] == "start it, or correct CREDMATCH_ELASTICSEARCH_URL"
    assert list(folder.iterdir()) == there


def test_an_engine_hangs(folder: Path, setenv: Variables, examined: Examined) -> None:
    """As a node does that is frozen: the system takes connections for it."""
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        address = f"http://127.0.0.1:{frozen.getsockname()[1]}"
        setenv(ELASTICSEARCH_URL=address, ELASTICSEARCH_TIMEOUT=0.3)
        says, mend = examined().alone("engine")
    assert says == f"Elasticsearch at {address} does not answer in time; it is there, and takes connections"
    assert mend == "see its log, and start it again where it hangs; or correct CREDMATCH_ELASTICSEARCH_URL"


def test_only_some_parts_and_what_they_need(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def parts(*only: str) -> list[str]:
        code = run(["doctor", "--json", *(word for part in only for word in ("--only", part))])
        found = json.loads(capsys.readouterr().out)
        assert (code == 0) is found["ok"]
        return [one["part"] for one in found["parts"]]

    assert parts("disk") == ["disk"]
    assert parts("engine") == ["engine"]
    assert parts("index lag") == ["engine", "database", "index", "index lag"]
    assert parts("quarantine", "settings") == ["settings", "database", "organisation", "quarantine"]
    shutil.rmtree(folder / "index")
    assert parts("index lag") == ["engine", "database", "index"]
    (folder / "credmatch.db").unlink()
    assert parts("disk") == ["disk"]
    assert not (folder / "credmatch.db").exists()
    assert run(["doctor", "--only", "lag"]) == 2
    error = capsys.readouterr().err
    assert all(repr(part) in error for part in PARTS)


def test_a_follower_is_well_that_waits_for_the_night_after_an_upgrade(
    folder: Path, examined: Examined, capsys: pytest.CaptureFixture[str], setenv: Variables
) -> None:
    """As the Compose file sees it."""
    services = YAML(typ="safe").load(Path(__file__).parents[2] / "docker-compose.yml")["services"]
    (_, _, *command) = services["follower"]["healthcheck"]["test"]
    sql(folder, "UPDATE organisations SET vocabulary_change = vocabulary_change + 1")
    sql(folder, "UPDATE achievements SET model = 'older@1' WHERE reading = 'inferred'")
    assert list(examined().wrong) == ["index vocabulary", "readings"]
    assert run(command) == 0
    assert "OK    index lag: none" in capsys.readouterr().out
    sql(
        folder,
        "INSERT INTO changes (organisation_id, candidate_id, created) "
        "SELECT organisation_id, candidate_id, strftime('%s') - 7200 FROM changes LIMIT 1",
    )
    assert run(command) == 1
