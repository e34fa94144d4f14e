"""Fresh databases for tests, of one kind: SQLite files or databases of a PostgreSQL."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from matcher.store.database import Database
from matcher.store.organisations import create_organisation
from tests.parts.postgres import PostgresServer

PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "")
"""Which of the processes this is that share the tests, and with them a PostgreSQL whose address was given."""

TEMPLATE = f"credmatch_template{PROCESS}"
"""Name of the migrated database that each new one is a copy of: migrating takes longer than many a test."""


class Databases:
    """Databases with all migrations, made when they are first asked for, gone with `close`."""

    def __init__(self, folder: Path, template: Path | PostgresServer, source: str = TEMPLATE) -> None:
        self._folder = folder
        self._template = template
        self._source = source  # of a PostgreSQL: the database that is copied
        self._names: dict[str, str] = {}
        self._opened: list[Database] = []

    @property
    def postgresql(self) -> bool:
        """Whether they are PostgreSQL's."""
        return isinstance(self._template, PostgresServer)

    def url(self, name: str = "credmatch") -> str:
        """URL of the database that this test calls `name`."""
        if isinstance(self._template, Path):
            path = self._folder / f"{name}.db"
            if not path.exists():
                shutil.copy(self._template, path)
            return f"sqlite:///{path}"
        if name not in self._names:
            self._names[name] = f"credmatch_{uuid.uuid4().hex}"
            self._template.create(self._names[name], self._source)
        return self._template.database(self._names[name])

    def open(self, name: str = "credmatch") -> Database:
        """The database that this test calls `name`."""
        self._opened.append(Database(self.url(name)))
        return self._opened[-1]

    def with_default(self, name: str = "credmatch") -> Database:
        """The same, with the organisation `default` in it."""
        opened = self.open(name)
        with opened.write() as connection:
            create_organisation(connection, "default")
        return opened

    def drop(self, name: str) -> None:
        """Remove a database; the next of its name is a fresh one."""
        if isinstance(self._template, Path):
            (self._folder / f"{name}.db").unlink()
        else:
            self._template.drop(self._names.pop(name))

    def close(self) -> None:
        """Close and remove all of them."""
        for database in self._opened:
            database.close()
        for name in list(self._names):
            self.drop(name)
