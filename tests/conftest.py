"""Shared by all tests: no settings of the machine, a data folder that is thrown away, real servers."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from matcher.settings import Settings, read_settings
from matcher.store.database import Database
from tests.parts.elasticsearch import elasticsearch_node
from tests.parts.postgres import PostgresServer, postgres_server


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No CREDMATCH_* variable is set, but by a test."""
    for name in list(os.environ):
        if name.startswith("CREDMATCH_"):
            monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with an empty data folder."""
    return read_settings(data_dir=tmp_path / "data")


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole run, in which the database `credmatch_template` has all migrations."""
    with postgres_server() as server:
        server.drop("credmatch_template")
        database = Database(server.create("credmatch_template"))
        database.migrate()
        database.close()
        yield server


@pytest.fixture
def postgres(postgres_template: PostgresServer) -> Iterator[str]:
    """URL of a fresh PostgreSQL database with all migrations."""
    name = f"credmatch_{uuid.uuid4().hex}"
    yield postgres_template.create(name, "credmatch_template")
    postgres_template.drop(name)


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    """Address of one Elasticsearch node for the whole run, without security; use index names of your own."""
    with elasticsearch_node() as url:
        yield url
