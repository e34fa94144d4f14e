"""Shared by all tests: no settings of the machine, a data folder that is thrown away, real servers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from matcher.logs import stop_logging
from matcher.settings import Settings, read_settings
from matcher.store.database import Database
from tests.parts.databases import TEMPLATE, Databases
from tests.parts.distribution import NEXT_VERSION
from tests.parts.elasticsearch import elasticsearch_node
from tests.parts.postgres import PostgresServer, postgres_server

BOTH = ("sqlite", "postgres")
"""The databases that every test of what is stored runs on."""


def pytest_configure() -> None:
    """A shell has what it starts in the background ignore Ctrl-C, nohup the end of its terminal, and so would
    every server of a test."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(autouse=True, scope="session")
def no_settings() -> None:
    """No CREDMATCH_* variable is set, but by a test; where real parts are was read on import."""
    for name in list(os.environ):
        if name.startswith("CREDMATCH_"):
            del os.environ[name]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with an empty data folder."""
    return read_settings(data_dir=tmp_path / "data")


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole run, in which the database `TEMPLATE` has all migrations."""
    with postgres_server() as server:
        server.drop(TEMPLATE)
        _migrate(server.create(TEMPLATE))
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that has all migrations."""
    path = tmp_path_factory.mktemp("template") / "credmatch.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()


@pytest.fixture
def postgres(postgres_template: PostgresServer, tmp_path: Path) -> Iterator[str]:
    """URL of a fresh PostgreSQL database with all migrations."""
    made = Databases(tmp_path, postgres_template)
    yield made.url()
    made.close()


@pytest.fixture(params=BOTH)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Fresh databases with all migrations: the test runs on SQLite and on PostgreSQL."""
    made = Databases(tmp_path, request.getfixturevalue(f"{request.param}_template"))
    yield made
    made.close()


@pytest.fixture(scope="module", params=BOTH)
def module_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Databases]:
    """As `databases`, for what the tests of a module share."""
    folder = tmp_path_factory.mktemp(request.param)
    made = Databases(folder, request.getfixturevalue(f"{request.param}_template"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    """Address of one Elasticsearch node for the whole run, without security; use index names of your own."""
    with elasticsearch_node() as url:
        yield url


@pytest.fixture(scope="session")
def elasticsearch_9_url() -> Iterator[str]:
    """The same, of the next major version."""
    with elasticsearch_node(version=NEXT_VERSION) as url:
        yield url


@pytest.fixture(autouse=True)
def no_log() -> Iterator[None]:
    """What a command that ran in a test's process set for all logging is taken back."""
    yield
    stop_logging()
