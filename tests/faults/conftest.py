"""Installations for the tests of faults: SQLite with the embedded index, PostgreSQL with Elasticsearch."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.contract.elastic_engines import prefix_of, remove_indexes
from tests.faults.installation import Installation, copied, make_template
from tests.parts.databases import PROCESS, TEMPLATE, Databases
from tests.parts.postgres import PostgresServer

SHIPPED = f"credmatch_shipped{PROCESS}"


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the shipped vocabulary, and an organisation with nobody in it."""
    data = tmp_path_factory.mktemp("shipped")
    make_template(data)
    return data


@pytest.fixture(scope="session")
def shipped_postgres(postgres_template: PostgresServer, shipped: Path) -> PostgresServer:
    """A PostgreSQL whose database `SHIPPED` has the same."""
    postgres_template.drop(SHIPPED)
    make_template(shipped, postgres_template.create(SHIPPED, TEMPLATE))
    return postgres_template


InFolder = Callable[[Path], AbstractContextManager[Installation]]
"""Makes an installation in a folder, which is gone at the end but for its files."""


@pytest.fixture
def one_machine(shipped: Path) -> InFolder:
    """SQLite and the embedded index."""

    @contextmanager
    def made(folder: Path) -> Iterator[Installation]:
        data = copied(shipped, folder / "data")
        installation = Installation(data, {"CREDMATCH_DATA_DIR": str(data)}, Random(7)).fill()
        yield installation
        installation.close()

    return made


@pytest.fixture
def several(shipped: Path, shipped_postgres: PostgresServer, elasticsearch_url: str) -> InFolder:
    """PostgreSQL and Elasticsearch."""

    @contextmanager
    def made(folder: Path) -> Iterator[Installation]:
        data = folder / "data"
        shutil.copytree(shipped, data, ignore=shutil.ignore_patterns("credmatch.db*"))
        databases = Databases(folder, shipped_postgres, SHIPPED)
        variables = {
            "CREDMATCH_DATA_DIR": str(data),
            "CREDMATCH_DATABASE_URL": databases.url(),
            "CREDMATCH_ELASTICSEARCH_URL": elasticsearch_url,
            "CREDMATCH_ELASTICSEARCH_PREFIX": prefix_of(folder),
        }
        installation = Installation(data, variables, Random(7)).fill()
        yield installation
        installation.close()
        databases.close()
        remove_indexes(elasticsearch_url, folder)

    return made


@pytest.fixture(params=["one_machine", "several"])
def in_folder(request: pytest.FixtureRequest) -> InFolder:
    """Each of both."""
    made: InFolder = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def on_one_machine(one_machine: InFolder, tmp_path: Path) -> Iterator[Installation]:
    """SQLite and the embedded index."""
    with one_machine(tmp_path) as made:
        yield made


@pytest.fixture
def on_several(several: InFolder, tmp_path: Path) -> Iterator[Installation]:
    """PostgreSQL and Elasticsearch."""
    with several(tmp_path) as made:
        yield made


@pytest.fixture
def installation(in_folder: InFolder, tmp_path: Path) -> Iterator[Installation]:
    """Each of both."""
    with in_folder(tmp_path) as made:
        yield made


Make = Callable[[dict[str, str]], Installation]


@pytest.fixture
def make(shipped: Path, tmp_path: Path) -> Iterator[Make]:
    """Makes an installation over a copy of the shipped data, with more variables."""
    made: list[Installation] = []

    def one(variables: dict[str, str]) -> Installation:
        data = copied(shipped, tmp_path / "data")
        made.append(Installation(data, {"CREDMATCH_DATA_DIR": str(data), **variables}, Random(7)).fill())
        return made[-1]

    yield one
    for installation in made:
        installation.close()
