"""The database: its schema, its snapshots, its turns, and what happens when it cannot be used."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, exc, insert, select, text

from matcher.errors import ConfigurationError, NotFound, Unavailable
from matcher.store import database as module
from matcher.store import tables as t
from matcher.store.database import Database, among
from matcher.store.organisations import create_organisation, organisation
from matcher.store.positions import applications
from matcher.store.profiles import load_profiles
from tests.parts.databases import Databases

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "credmatch.db"


@pytest.fixture
def file(path: Path) -> Iterator[Database]:
    """An SQLite file, made as the first start makes it."""
    made = Database(f"sqlite:///{path}")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def database(databases: Databases) -> Database:
    return databases.open()


def schema(path: Path) -> set[tuple[str, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master"
        " WHERE tbl_name <> 'alembic_version' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    connection.close()
    return {tuple(" ".join(str(cell).split()) for cell in row) for row in rows}


def test_migrations_make_exactly_the_tables(file: Database, path: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/tables.db")
    t.metadata.create_all(engine)
    engine.dispose()
    assert schema(path) == schema(tmp_path / "tables.db")


def test_migrations_make_the_tables_of_both_databases(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), t.metadata) == []


def test_the_newest_migration_is_found_without_alembic(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(REPOSITORY / "migrations"))
    heads = ScriptDirectory.from_config(config).get_heads()
    with database.read() as connection:
        stored = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    assert [module.newest_version()] == heads == [stored]


def test_a_migrated_database_starts_without_alembic(file: Database, path: Path) -> None:
    program = (
        "import sys; from matcher.store.database import Database;"
        f"Database('sqlite:///{path}').migrate();"
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True)


def test_migrating_again_changes_nothing(file: Database, path: Path) -> None:
    before = schema(path)
    file.migrate()
    assert schema(path) == before


def test_two_processes_start_at_once_in_any_folder(path: Path, tmp_path: Path) -> None:
    program = f"from matcher.store.database import Database; Database('sqlite:///{path}').migrate()"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", program]
    started = [subprocess.Popen(command, cwd=tmp_path, env=environment) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert [file.name for file in path.parent.iterdir() if file.name.startswith(".")] == []


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="9999"):
        database.migrate()


def test_only_the_owner_can_read_the_files(file: Database, path: Path) -> None:
    with file.write() as connection:
        create_organisation(connection, "default")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_a_reader_keeps_its_snapshot_while_another_writes(database: Database) -> None:
    with database.read() as reader:
        before = reader.execute(select(t.organisations.c.key)).scalars().all()
        with database.write() as writer:
            create_organisation(writer, "later")
        assert reader.execute(select(t.organisations.c.key)).scalars().all() == before
    with database.read() as reader:
        assert organisation(reader, "later").key == "later"


def test_an_error_leaves_nothing_written(database: Database) -> None:
    with pytest.raises(NotFound), database.write() as connection:
        organisation(connection, create_organisation(connection, "half").key + "way")
    with database.read() as connection, pytest.raises(NotFound):
        organisation(connection, "half")


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(ConfigurationError), database.read() as connection:
        create_organisation(connection, "default")
    with database.write() as connection:
        create_organisation(connection, "default")


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(exc.IntegrityError, match=r"(?i)foreign key"), database.write() as connection:
        connection.execute(insert(t.changes).values(organisation_id=77, candidate_id=1))


def test_writers_take_turns(database: Database) -> None:
    order: list[str] = []

    def late() -> None:
        with database.write():
            order.append("late")

    with database.write():
        thread = threading.Thread(target=late)
        thread.start()
        time.sleep(0.2)
        order.append("early")
    thread.join()
    assert order == ["early", "late"]


def test_a_writer_whose_turn_does_not_come_is_told(database: Database, databases: Databases) -> None:
    impatient = Database(databases.url(), timeout=0.2)
    with database.write(), pytest.raises(Unavailable, match="lock"), impatient.write():
        pass
    impatient.close()


def test_a_damaged_or_missing_database_is_the_operators_to_mend(tmp_path: Path) -> None:
    (tmp_path / "damaged.db").write_bytes(b"This is no database." * 300)
    with pytest.raises(ConfigurationError, match="not a database"):
        Database(f"sqlite:///{tmp_path}/damaged.db").migrate()
    with pytest.raises(ConfigurationError, match="nosuch"):
        Database("nosuch://x")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError):
        Database(f"sqlite:///{tmp_path}/file/credmatch.db")


def test_an_organisation_is_created_once(database: Database) -> None:
    with database.write() as connection:
        first = create_organisation(connection, "acme", "Acme")
        assert create_organisation(connection, "acme") == first
    assert first.zone.key == "America/Toronto"
    with database.read() as connection, pytest.raises(NotFound, match="nobody"):
        organisation(connection, "nobody")


def test_the_shared_vocabularies_are_no_organisation(database: Database) -> None:
    with database.read() as connection, pytest.raises(NotFound):
        organisation(connection, "")


def test_ids_in_one_parameter(database: Database) -> None:
    """As many as there are: more than a statement may have variables; none is none."""
    with database.write() as connection:
        ids = [create_organisation(connection, f"o-{number}").id for number in range(3)]
    column = t.organisations.c.id
    statement = select(column).order_by(column)
    with database.read() as connection:

        def found(wanted: list[int]) -> list[int]:
            return list(connection.execute(statement.where(among(column, wanted))).scalars())

        assert found([ids[2], ids[0], ids[0], 1 << 62]) == [ids[0], ids[2]]
        assert found([*range(ids[1], ids[1] + 70_000)]) == ids[1:]
        assert found([]) == []


def test_ids_are_found_by_an_index(file: Database) -> None:
    """Whatever else is asked: no query reads a table of people from end to end."""
    statements = []
    with file.read() as connection:

        @event.listens_for(connection.engine, "before_cursor_execute")
        def noted(_c: object, _d: object, statement: str, given: object, _x: object, _m: object) -> None:
            statements.append((statement, given))

        load_profiles(connection, 1, [1, 2])
        applications(connection, 1, [1, 2])
        event.remove(connection.engine, "before_cursor_execute", noted)
        driver = connection.connection.driver_connection
        assert driver is not None
        plans = [str(driver.execute(f"EXPLAIN QUERY PLAN {s}", given).fetchall()) for s, given in statements]
    assert len(plans) >= 3
    assert not [plan for plan in plans if re.search(r"SCAN (?!json_each)|organisation_id=", plan)]


def test_a_full_disk_is_called_so(file: Database) -> None:
    def fill() -> None:
        with file.write() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as small as the file is already
            rows = [{"key": f"x-{number}", "time_zone": "UTC"} for number in range(9_999)]
            connection.execute(insert(t.organisations), rows)

    with pytest.raises(Unavailable, match=r"^the database has no room to write: "):
        fill()


def test_a_disk_too_full_for_a_new_file_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(Unavailable, match=f"{tmp_path}/new.db: No space left"):
        Database(f"sqlite:///{tmp_path}/new.db")
