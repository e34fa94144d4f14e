"""Only the database matters: saved and restored as docs/operations.md says, into nothing, and compared."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from stored import contents

from app import Parts, build_parts
from indexer.changes import catch_up
from indexer.rebuild import quiet
from indexer.sample.load import load_sample
from indexer.verifying import verify_index
from indexer.vocabulary import load_shipped
from matcher.ranking.explain import Json
from matcher.settings import read_settings
from matcher.store.organisations import create_organisation
from tests.parts.databases import Databases
from tests.parts.postgres import programs


def installation(url: str, folder: Path) -> Parts:
    return build_parts(read_settings(database_url=url, data_dir=folder))


def save(url: str, file: Path) -> None:
    """As an operator does, while others write."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("VACUUM INTO ?", (str(file),))
    else:
        subprocess.run([str(programs() / "pg_dump"), "--format=custom", f"--file={file}", url], check=True)


def restore(file: Path, url: str) -> None:
    """Into a database that is empty."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).write_bytes(file.read_bytes())
    else:
        words = [
            str(programs() / "pg_restore"),
            "--clean",
            "--if-exists",
            "--no-owner",
            f"--dbname={url}",
            str(file),
        ]
        subprocess.run(words, check=True)


def answers(parts: Parts) -> list[Json]:
    with parts.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT key FROM positions ORDER BY key").all()
    keys = [key for (key,) in rows]
    assert keys
    found = [parts.matcher.match_stored("default", key) for key in keys]
    return [{name: value for name, value in one.items() if name != "generation"} for one in found]


@pytest.mark.timeout(300)
def test_a_restored_database_gives_the_same_answers(databases: Databases, tmp_path: Path) -> None:
    first = installation(databases.url(), tmp_path / "first")
    file = tmp_path / "backup"
    try:
        with first.database.write() as connection:
            create_organisation(connection, "default")
        load_shipped(first.database)
        load_sample(first, 60, 1, quiet)
        catch_up(first.database, first.engine, "default")
        before, stored = answers(first), contents(first.database)
        save(databases.url(), file)
    finally:
        first.close()
    restore(file, databases.url("empty"))
    second = installation(databases.url("empty"), tmp_path / "second")
    try:
        second.database.migrate()
        assert contents(second.database) == stored
        assert second.engine.state("default") is None  # nothing but the database was saved
        catch_up(second.database, second.engine, "default")
        assert answers(second) == before
        assert list(verify_index(second.database, second.engine, "default", quiet, repair=False)) == []
    finally:
        second.close()
