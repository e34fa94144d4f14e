"""The database: connections, transactions and the schema's version, for SQLite and PostgreSQL alike.

Reading takes one consistent snapshot; writing takes turns, so that change numbers become visible in the order
in which they were given out. Errors of the database arrive here as ours.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    create_engine,
    event,
    exc,
    insert,
    inspect,
    literal_column,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine

from matcher.errors import ConfigurationError, InvalidInput, Unavailable, unwritten
from matcher.messages import said

__all__ = [
    "Connection", "Database", "among", "insert_many", "lift_limits", "milliseconds_now", "newest_version",
    "parts", "schema_version",
]  # fmt: skip

_T = TypeVar("_T", int, str, bytes)

_CONNECTIONS = 16
_PATIENCE = 10.0

_IN_AT_MOST = 1_000
"""Values of one query. SQLite takes 32,766 variables, PostgreSQL 65,535; statements may name values more than
once."""

_STATEMENTS = 32
"""Prepared statements that a connection to SQLite keeps; one of a thousand variables takes 0.1 MB."""

_DAMAGED_FILE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}

_BROKEN_FILE = _DAMAGED_FILE | {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_ERROR,  # "no such table": not migrated, or by a newer version
}

_BROKEN_STATES = ("25006", "28", "3D", "42")
"""PostgreSQL's classes of errors that waiting does not mend: read-only, authentication, no such database, no
such table or permission."""

_DISK_FULL = "53100"

_REFUSED = (
    "authentication failed",
    "connection is bad: invalid",  # a value of an option in its address
    "does not exist",
    "does not support SSL",
    "invalid connection option",
    "is not permitted to log in",
    "no password supplied",
    "no pg_hba.conf entry",
    "permission denied for database",
)

_OPTIONS: Mapping[bool, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    True: ({"writes": False}, {"writes": True}),
    False: (
        {"writes": False, "postgresql_readonly": True},
        {"writes": True, "isolation_level": "READ COMMITTED"},
    ),
}
"""By whether it is SQLite: the options of a connection that reads, and of one that writes."""


class Database:
    """One database, by its SQLAlchemy URL. Safe to share between threads; not to be carried over a fork.

    An SQLite file is created on first use, with its folder, readable by its owner only. `postgresql://...`
    is PostgreSQL 15 or newer. `timeout`: seconds that a connection, a writer's turn and (but on SQLite) one
    statement may take before Unavailable is raised. `connections`: how many to PostgreSQL at most.
    Raises ConfigurationError where the URL or the file cannot be used, and Unavailable where the disk has no
    room for the file; no message holds the password.
    """

    def __init__(self, url: str, *, connections: int = _CONNECTIONS, timeout: float = _PATIENCE) -> None:
        self.url = url
        self.timeout = timeout
        try:
            parsed = make_url(url)
        except (exc.SQLAlchemyError, ValueError):  # what they say may quote a part of the password
            raise ConfigurationError(
                "the database's URL cannot be read: postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with "
                "characters such as @ : / ? % in the password written as %40 %3A %2F %3F %25"
            ) from None
        try:
            kind = parsed.get_backend_name()
            if kind not in {"sqlite", "postgresql", "postgres"}:
                raise ConfigurationError(f"the database cannot be used: {kind} is no sqlite or postgresql")
            sqlite = kind == "sqlite"
            self._engine = _sqlite(parsed, timeout) if sqlite else _server(parsed, connections, timeout)
        except OSError as error:
            raise unwritten("the database cannot be used", Path(parsed.database or ""), error) from error
        except sqlite3.Error as error:
            raise _ours(error) from error
        except (exc.SQLAlchemyError, ImportError) as error:
            raise ConfigurationError(f"the database cannot be used: {error}") from error
        self._options = _OPTIONS[sqlite]

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent snapshot and cannot write."""
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def write(self, *, in_turn: bool = True) -> Iterator[Connection]:
        """A connection that may write, one at a time on all processes; commits unless an error leaves it.

        Without `in_turn` it does not wait for the others on PostgreSQL: only for what is in no change log.
        Raises Unavailable where its turn does not come in time.
        """
        with self._transaction(writes=True, in_turn=in_turn) as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the schema to the newest version; at once where it is there, safe to start twice at once."""
        newest = newest_version()
        with self.read() as connection:
            if schema_version(connection) == newest:
                return
        with self.write() as connection:
            lift_limits(connection)  # a new index takes as long as it takes
            if schema_version(connection) != newest:
                _upgrade(connection)

    def note_growth(self) -> None:
        """Let PostgreSQL count its rows after many were added.

        It does so by itself within a minute. Until then it takes its tables to be as empty as they were, and
        looks through all rows of an organisation for a few keys. Raises Unavailable.
        """
        if self.dialect.name == "postgresql":
            with self.write(in_turn=False) as connection:
                connection.execute(text("ANALYZE"))

    @property
    def dialect(self) -> Dialect:
        """Which database it is, to SQLAlchemy."""
        return self._engine.dialect

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, *, writes: bool, in_turn: bool = True) -> Iterator[Connection]:
        options = {**self._options[writes], "in_turn": in_turn}
        try:
            with self._engine.connect().execution_options(**options) as connection, connection.begin():
                yield connection
        except exc.IntegrityError:
            raise  # no fault of the database: what we wanted to write was wrong
        except exc.DataError as error:
            raise InvalidInput(said("a value cannot be stored: %(why)s", why=_line(error.orig))) from error
        except exc.DBAPIError as error:
            raise _ours(error.orig) from error
        except exc.TimeoutError as error:
            raise Unavailable("all connections to the database are taken; try again") from error


def milliseconds_now(of: Database | Connection) -> ColumnElement[int]:
    """An expression: milliseconds since 1970 by the database's clock, while the statement runs."""
    if of.dialect.name == "sqlite":
        return literal_column("CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)", BigInteger)
    return literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)", BigInteger)


def among(column: ColumnElement[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether a column's value is one of `ids`, as one parameter however many they are.

    For thousands of them: with `in_` each is a parameter, which SQLAlchemy and the driver spell out one by
    one, and that takes longer than the database takes to find the rows.
    """
    return _Among(column, bindparam(None, list(ids), _Ids(), unique=True))


class _Ids(TypeDecorator[Sequence[int]]):
    """A list of ids as text: PostgreSQL's of an array, else JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> str:
        joined = ",".join(map(str, value or ()))
        return f"{{{joined}}}" if dialect.name == "postgresql" else f"[{joined}]"


class _Among(FunctionElement[Any]):
    name = "among"
    type: TypeEngine[Any] = (
        NullType()
    )  # as a Boolean, SQLite would be asked whether it equals 1, and use no index
    inherit_cache = True


@compiles(_Among)
def _among_json(element: _Among, compiler: Any, **kw: Any) -> str:
    column, ids = (compiler.process(part, **kw) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - compiled, not quoted


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: Any, **kw: Any) -> str:
    column, ids = (compiler.process(part, **kw) for part in element.clauses)
    return f"{column} = ANY (CAST({ids} AS BIGINT[]))"


def parts(values: Iterable[_T]) -> Iterator[list[_T]]:
    """The distinct `values`, in order, in parts that fit into the IN of one query."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), _IN_AT_MOST):
        yield ordered[start : start + _IN_AT_MOST]


def insert_many(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows whose values are what the driver takes, in the order of `columns` (that of the table).

    For the few tables that get many rows: SQLAlchemy's own way prepares every parameter by itself, which
    takes five times as long as SQLite takes to insert the row; PostgreSQL gets them by COPY.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, columns, rows)
    else:
        compiled = insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
        connection.exec_driver_sql(compiled.string, list(rows))


def _copy(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[tuple[object, ...]]
) -> None:
    prepare = connection.dialect.identifier_preparer
    names = ", ".join(prepare.quote(column) for column in columns)
    statement = f"COPY {prepare.format_table(table)} ({names}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    base: Any = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except base as error:  # as SQLAlchemy raises what its own statements meet
        raise exc.DBAPIError.instance(statement, None, error, base) from error


def lift_limits(connection: Connection) -> None:
    """On PostgreSQL the statements of this transaction may take as long as they take; on SQLite all may."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        driver: Any = connection.connection.driver_connection
        driver.limit = None


def _server(url: URL, connections: int, timeout: float) -> Engine:
    # Imported only here: who has SQLite needs no driver of PostgreSQL.
    from matcher.store.postgres import engine_of  # noqa: PLC0415

    return engine_of(url, connections, timeout)


def _sqlite(url: URL, timeout: float) -> Engine:
    if url.database and not url.database.startswith((":memory:", "file:")):
        _create_file(Path(url.database))
    arguments = {"timeout": timeout, "cached_statements": _STATEMENTS}
    engine = create_engine(url, connect_args=arguments, pool_size=16, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")  # with WAL: durable but for a power cut

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _create_file(path: Path) -> None:
    """Create an empty database in WAL mode under `path`, at once and privately, unless one is there.

    Two processes that start together cannot both switch a database to WAL (one gets "locked" without
    waiting), so it gets its name when it is ready.
    """
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    os.close(handle)
    made = Path(name)
    try:
        with contextlib.closing(sqlite3.connect(made)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(made)
    finally:
        made.unlink()


def is_there(url: str) -> bool:
    """Whether there may be a database at a URL: of SQLite, whether its file is there."""
    try:
        parsed = make_url(url)
    except (exc.SQLAlchemyError, ValueError):  # which is said where it is opened
        return True
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file()


def newest_version() -> str:
    """The newest migration: files are named NUMBER_WHAT.py and the revision is the number."""
    versions = files("migrations") / "versions"
    return max(file.name.partition("_")[0] for file in versions.iterdir() if file.name[0].isdigit())


def schema_version(connection: Connection) -> str | None:
    """The version that the tables have; None where there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Imported only here: it takes half a second, and nearly every start has nothing to migrate.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(
            f"the database's schema {schema_version(connection)} is not known to this version of credmatch"
        ) from error


def _ours(driver: Any) -> Unavailable | ConfigurationError:
    """What an error of the driver means."""
    code = getattr(driver, "sqlite_errorcode", None)
    if code is not None:
        broken = code & 0xFF in _BROKEN_FILE
    elif state := getattr(driver, "sqlstate", None):
        broken = state.startswith(_BROKEN_STATES)
    else:  # while connecting the driver has only words
        broken = any(words in str(driver) for words in _REFUSED)
    if broken:
        damaged = code is not None and code & 0xFF in _DAMAGED_FILE
        hint = "; restore it from a copy" if damaged else ""
        return ConfigurationError(f"the database cannot be used: {_line(driver)}{hint}")
    full = code == sqlite3.SQLITE_FULL or getattr(driver, "sqlstate", None) == _DISK_FULL
    what = "the database has no room to write" if full else "the database does not answer"
    return Unavailable(what, inside=f"{what}: {_line(driver)}")


def _line(error: BaseException | None) -> str:
    return " ".join(str(error).split())
