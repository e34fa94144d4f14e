"""What is PostgreSQL's own: the address, bulk, time-outs, the pool, going away and coming back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import create_engine, exc, insert, make_url, select, text
from website import make_website

from matcher import breaker
from matcher.errors import ConfigurationError, InvalidInput, NotFound, Unavailable
from matcher.settings import read_settings
from matcher.store import tables as t
from matcher.store.changes import log_changes
from matcher.store.database import Database, insert_many
from matcher.store.organisations import create_organisation, organisation
from tests.parts.postgres import LocalPostgres, PostgresServer

AWAY, JUST_NOW = "the database does not answer", "it did not answer in time just now"
OUR_WORD = "our-word"
COLUMNS = ("organisation_id", "identifier", "candidate_id")


@pytest.fixture
def database(postgres: str) -> Iterator[Database]:
    made = Database(postgres, connections=2, timeout=0.5)
    yield made
    made.close()


@pytest.fixture
def candidate(database: Database) -> tuple[int, int]:
    """Ids of an organisation and of a candidate in it."""
    with database.write() as connection:
        home = create_organisation(connection, "default").id
        row = {"organisation_id": home, "key": "c-1", "draw": 1, "languages": ["fr"], "digest": b"\x00"}
        return home, connection.execute(insert(t.candidates).values(row)).inserted_primary_key[0]


def test_many_rows_are_copied_as_they_are(database: Database, candidate: tuple[int, int]) -> None:
    home, one = candidate
    texts = ["plain", "tab\tline\nback\\slash", "Élodie", "\\N", "", 'a;b"c']
    with database.write() as connection:
        insert_many(connection, t.identifiers, COLUMNS, [(home, written, one) for written in texts])
    with database.read() as connection:
        assert set(connection.execute(select(t.identifiers.c.identifier)).scalars()) == set(texts)


def test_growth_is_noted_at_once(database: Database, candidate: tuple[int, int]) -> None:
    home, one = candidate
    estimate = text("SELECT reltuples FROM pg_class WHERE relname = 'identifiers'")
    with database.write() as connection:
        insert_many(
            connection, t.identifiers, COLUMNS, [(home, f"n{number}", one) for number in range(3_000)]
        )
    with database.read() as connection:
        assert connection.execute(estimate).scalar_one() < 3_000
    database.note_growth()
    with database.read() as connection:
        assert connection.execute(estimate).scalar_one() == 3_000


def test_a_row_that_is_there_already_is_told_apart(database: Database, candidate: tuple[int, int]) -> None:
    home, one = candidate
    with pytest.raises(exc.IntegrityError, match="pk_identifiers"), database.write() as connection:
        insert_many(connection, t.identifiers, COLUMNS, [(home, "same", one)] * 2)
    with database.read() as connection:  # and the connection goes on
        assert connection.execute(select(t.identifiers)).all() == []


def test_what_postgresql_does_not_store_is_the_inputs_fault(database: Database) -> None:
    with pytest.raises(InvalidInput, match="NUL"), database.write() as connection:
        create_organisation(connection, "a\0b")
    with pytest.raises(InvalidInput, match="NUL"), database.read() as connection:
        organisation(connection, "a\0b")


def test_a_writer_whose_turn_does_not_come_is_told(database: Database) -> None:
    told: list[str] = []

    def wait() -> None:
        try:
            with database.write():
                raise AssertionError("two write at once")
        except Unavailable as error:
            told.append(str(error))

    with database.write():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
    assert len(told) == 1
    assert "lock timeout" in told[0]
    assert "\n" not in told[0]


def test_a_statement_that_takes_too_long_is_given_up(database: Database) -> None:
    with pytest.raises(Unavailable, match="statement timeout"), database.read() as connection:
        connection.execute(text("SELECT pg_sleep(5)"))


def test_no_more_connections_than_set(database: Database) -> None:
    with database.read(), database.read(), pytest.raises(Unavailable, match="taken"), database.read():
        raise AssertionError("a third connection")
    with database.read():
        pass


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="read-only"), database.read() as connection:
        create_organisation(connection, "default")


def test_no_message_holds_the_password(postgres_template: PostgresServer) -> None:
    port = postgres_template.url.rpartition(":")[2].partition("/")[0]
    urls = {
        f"postgresql://postgres:hunter2@127.0.0.1:{port}/nosuch": ConfigurationError,
        f"postgresql://postgres:hunter2@127.0.0.1:{port}/credmatch?bogus=1": ConfigurationError,
        f"postgresql://postgres:hunter2@127.0.0.1:{port}/credmatch?sslmode=verify_full": ConfigurationError,
        f"postgresql://postgres:hunter2@127.0.0.1:{port}/credmatch?sslmode=require": ConfigurationError,
        "postgresql://postgres:hunter2@127.0.0.1:1/credmatch": Unavailable,
        "postgresql://postgres:hunter2@host:hunter2/credmatch": ConfigurationError,
        "hunter2": ConfigurationError,
    }
    for url, kind in urls.items():
        with pytest.raises(kind) as told:
            Database(url, timeout=2).migrate()
        assert "hunter2" not in str(told.value)
        assert "\n" not in str(told.value)
    assert "hunter2" not in repr(read_settings(database_url="postgresql://postgres:hunter2@h/credmatch"))


@pytest.fixture
def role(postgres: str) -> Iterator[Callable[[str], None]]:
    """Runs statements about the role `ours`, which may use all of the database, and whose connections then
    end."""
    administrator = create_engine(
        make_url(postgres).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )

    def run(statement: str) -> None:
        with administrator.connect() as connection:
            connection.execute(text(statement))
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'ours%'"
            connection.execute(text(end))

    run(f"CREATE ROLE ours LOGIN PASSWORD '{OUR_WORD}'")
    run("GRANT ALL ON ALL TABLES IN SCHEMA public TO ours")
    run("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ours")
    yield run
    with administrator.connect() as connection:
        left = connection.execute(text("SELECT rolname FROM pg_roles WHERE rolname LIKE 'ours%'")).scalars()
        for name in left.all():
            connection.execute(text(f"DROP OWNED BY {name}"))
            connection.execute(text(f"DROP ROLE {name}"))
    administrator.dispose()


def test_a_server_whose_login_is_refused_goes_on_once_it_is_let_in(
    postgres: str, role: Callable[[str], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asks is told to come again, the log why; whoever starts then is told what to mend."""
    login = make_url(postgres).set(username="ours", password=OUR_WORD)
    url = login.render_as_string(hide_password=False)
    website = make_website(read_settings(data_dir=tmp_path, database_url=url))
    client = website.client()
    matches = "/api/v1/positions/yard/matches"
    before = client.get(matches).get_json()["results"]
    role("ALTER ROLE ours RENAME TO ours_no_more")
    for path in (matches, "/readyz"):
        caplog.clear()
        with caplog.at_level("WARNING"):
            answer = client.get(path)
        assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
        assert int(answer.headers["Retry-After"]) > 0
        assert "ours" not in answer.text
        assert "the database cannot be used: connection failed" in caplog.text
        assert "ours" in caplog.text
    role("ALTER ROLE ours_no_more RENAME TO ours")
    assert client.get(matches).get_json()["results"] == before
    assert client.get("/readyz").status_code == 200
    role("ALTER ROLE ours NOLOGIN")
    with pytest.raises(ConfigurationError, match="not permitted to log in"):
        Database(url).migrate()
    website.close()


def test_it_goes_on_after_the_server_was_restarted() -> None:
    local = LocalPostgres()
    with local.running() as server:
        database = Database(server.url, timeout=5)
        database.migrate()
        with database.write() as connection:
            create_organisation(connection, "default")

        def write_while_it_stops() -> None:
            with database.write() as connection:
                create_organisation(connection, "lost")
                server.stop()
                connection.execute(select(t.organisations))

        with pytest.raises(Unavailable):
            write_while_it_stops()
        started = time.monotonic()
        with pytest.raises(Unavailable, match="refused"), database.read():
            pass
        assert time.monotonic() - started < 5
        local.start(server)
        with database.read() as connection:
            keys = connection.execute(select(t.organisations.c.key)).scalars().all()
        assert "default" in keys
        assert "lost" not in keys
        database.close()


@contextmanager
def frozen(server: PostgresServer) -> Iterator[None]:
    """All its processes stand still; the system goes on to take what is sent to them."""
    assert server.process is not None
    whole = psutil.Process(server.process.pid)
    processes = [whole, *whole.children(recursive=True)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):  # whose client had gone
                process.resume()


def answers_late(database: Database, server: PostgresServer) -> str:
    """What is said of a server that freezes while it is asked something."""
    with pytest.raises(Unavailable) as refused, database.read() as connection, frozen(server):
        connection.execute(select(1))
    return str(refused.value)


@pytest.mark.timeout(120)
def test_a_frozen_server_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as is set, on connections that are open; then all fail at once, but for one in a while."""
    monkeypatch.setattr(breaker, "REST_SECONDS", 3.0)
    with LocalPostgres().running() as server:
        database = Database(server.url, connections=2, timeout=1)

        def answers() -> bool:
            with database.read() as connection:
                return connection.execute(select(1)).scalar() == 1

        def asked(_: object = None) -> str:
            with pytest.raises(Unavailable) as refused:
                answers()
            return str(refused.value)

        assert answers()
        assert answers_late(database, server) == f"{AWAY}: no answer in time"
        with frozen(server):
            assert {asked() for _ in range(20)} == {f"{AWAY}: {JUST_NOW}"}
            time.sleep(3.1)
            with ThreadPoolExecutor(2) as threads:
                said = sorted(threads.map(asked, range(2)))
            assert said == [f"{AWAY}: connection timeout expired", f"{AWAY}: {JUST_NOW}"]
        time.sleep(3.1)
        assert answers()
        with database.read() as connection:
            driver: Any = connection.connection.driver_connection
        with frozen(server), ThreadPoolExecutor(1) as threads:
            late = threads.submit(asked)
            time.sleep(0.1)
            driver.breaker.answered()  # to somebody who was asking just before it froze
            assert late.result() == f"{AWAY}: {JUST_NOW}"
        database.close()


def test_one_slow_statement_keeps_nobody_else_from_asking(database: Database) -> None:
    """A connection that hangs alone is closed, and others are opened."""

    def slow() -> None:
        with database.read() as connection:
            driver: Any = connection.connection.driver_connection
            driver.limit = 0.3  # before the server ends the statement
            connection.execute(text("SELECT pg_sleep(0.45)"))

    with database.read() as other, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(slow)
        time.sleep(0.25)
        assert other.execute(select(1)).scalar() == 1
        with pytest.raises(Unavailable, match=AWAY):
            asked.result()
        with database.read() as third:
            assert third.execute(select(1)).scalar() == 1


def test_to_log_all_holders_of_an_achievement_may_take_long(database: Database) -> None:
    """There may be millions; a statement after it in another transaction may not."""
    limit = text("SHOW statement_timeout")
    with database.write() as connection:
        home = create_organisation(connection, "o")
        assert connection.scalar(limit) == "500ms"
        log_changes(connection, home.id, achievements=[1])
        assert connection.scalar(limit) == "0"
    with database.read() as connection:
        assert connection.scalar(limit) == "500ms"


def test_who_is_frozen_in_its_turn_to_write_loses_it(postgres: str) -> None:
    """The server closes its connection, so that others can write; nothing of what it wrote is stored."""
    frozen, other = Database(postgres, timeout=1), Database(postgres)
    frozen.migrate()

    def freeze() -> None:
        with frozen.write() as connection:
            create_organisation(connection, "frozen")
            with other.write() as others:  # has to wait for its turn
                create_organisation(others, "other")

    began = time.monotonic()
    with pytest.raises(Unavailable):
        freeze()
    assert 0.5 < time.monotonic() - began < 15
    with other.read() as connection:
        assert organisation(connection, "other").key == "other"
        with pytest.raises(NotFound):
            organisation(connection, "frozen")
    frozen.close()
    other.close()
