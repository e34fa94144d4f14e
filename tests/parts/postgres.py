"""A real PostgreSQL 15 or newer for tests, without durability: it is thrown away."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.parts.processes import (
    Process,
    as_user,
    container_name,
    docker_runs,
    free_port,
    servant,
    server_folder,
    unavailable,
)

_GIVEN = os.environ.get("CREDMATCH_TEST_POSTGRES_URL", "")  # of somebody who may create databases
_IMAGE = os.environ.get("CREDMATCH_TEST_POSTGRES_IMAGE", "postgres:17")
_OLDEST = 15
_START_SECONDS = 60
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")

_LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-CA")
"""An order of words, as operators have it: not that of bytes, which SQLite has."""


class PostgresServer:
    """A server by the URL of its administrator's database; `restart` and `stop` only for one started here."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.process: Process | None = None

    def stop(self) -> None:
        """Stop the server that was started here; its data stay."""
        assert self.process is not None
        self.process.stop()

    def database(self, name: str) -> str:
        """URL of the database `name` on this server."""
        head, _, query = self.url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")

    def create(self, name: str, template: str = "template1") -> str:
        """Create a database as a copy of another, to which nobody may be connected, and give its URL."""
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        return self.database(name)

    def drop(self, name: str) -> None:
        """Drop a database and close its connections."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def answers(self) -> bool:
        """Whether it accepts a connection now."""
        try:
            with psycopg.connect(self.url, connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL for as long as the context lasts: given, in Docker, or of this machine."""
    if _GIVEN:
        yield PostgresServer(_GIVEN)
    elif docker_runs():
        with _in_docker() as server:
            yield server
    else:
        with LocalPostgres().running() as server:
            yield server


class LocalPostgres:
    """One of this machine, which can be stopped and started again on the same port and data."""

    def __init__(self) -> None:
        self._programs = programs()
        self._user = servant("postgres")
        self._port = free_port()

    @contextmanager
    def running(self) -> Iterator[PostgresServer]:
        """Make an empty server, start it, and remove it at the end."""
        with server_folder("postgres", self._user) as folder:
            self._folder = folder
            self._initialise()
            server = PostgresServer(f"postgresql://postgres@127.0.0.1:{self._port}/postgres")
            try:
                self.start(server)
                yield server
            finally:
                if server.process is not None:
                    server.process.stop()

    def start(self, server: PostgresServer) -> None:
        """Start it (again, once its process has been stopped) and wait until it answers."""
        settings = [*_FAST, f"port={self._port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
        options = [part for setting in settings for part in ("-c", setting)]
        server.process = Process(
            [str(self._programs / "postgres"), "-D", str(self._folder / "data"), *options],
            log=self._folder / "log",
            user=self._user,
            stop=signal.SIGINT,  # a fast shutdown, which waits for no client
        )
        server.process.wait_until(server.answers, _START_SECONDS)

    def _initialise(self) -> None:
        options = ["--username=postgres", "--auth=trust", "--no-sync", "--no-instructions", *_LOCALE]
        done = subprocess.run(
            [
                *as_user(self._user),
                str(self._programs / "initdb"),
                f"--pgdata={self._folder / 'data'}",
                *options,
            ],
            cwd="/",
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")


def programs() -> Path:
    """The folder of the newest initdb and postgres that is new enough; skips where there is none."""
    found = {}
    on_path = shutil.which("initdb")
    for initdb in [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *([Path(on_path)] if on_path else [])]:
        said = subprocess.run([initdb, "--version"], check=False, capture_output=True, text=True).stdout
        version = re.search(r"\d+", said)
        if version is not None and int(version[0]) >= _OLDEST:
            found[int(version[0])] = initdb.resolve().parent
    if not found:
        unavailable(
            f"no PostgreSQL: neither CREDMATCH_TEST_POSTGRES_URL, nor Docker, nor initdb {_OLDEST} or newer"
        )
    return found[max(found)]


@contextmanager
def _in_docker() -> Iterator[PostgresServer]:
    port, password = free_port(), uuid.uuid4().hex
    options = [part for setting in _FAST for part in ("-c", setting)]
    with server_folder("postgres", "") as folder:
        server = PostgresServer(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres")
        name = container_name("postgres")
        command = ["docker", "run", "--rm", "--name", name, "--stop-signal=SIGINT"]
        command += [f"--publish=127.0.0.1:{port}:5432", "--env=POSTGRES_PASSWORD"]
        command += [f"--env=POSTGRES_INITDB_ARGS={' '.join(_LOCALE)}", _IMAGE, *options]
        server.process = Process(
            command,
            log=folder / "log",
            environment={"POSTGRES_PASSWORD": password},
        )
        try:
            server.process.wait_until(server.answers, 5 * _START_SECONDS)
            yield server
        finally:
            server.process.stop()
