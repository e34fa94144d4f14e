"""A server that is started while Elasticsearch or the database does not answer."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from psycopg import sql

from tests.e2e.servers import end, parts_of, start, status, stopped, wait_until
from tests.parts.elasticsearch import Node, secured_elasticsearch
from tests.parts.postgres import LocalPostgres, PostgresServer
from tests.parts.processes import free_port

PREFIX = "start"
POSITION = "lift-truck-operator"
MATCHES = f"/api/v1/positions/{POSITION}/matches"


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with secured_elasticsearch() as node:
        yield node


def asked(port: int, path: str) -> tuple[int, str | None, str]:
    """Status, Retry-After and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Retry-After"), answer.read().decode()
    finally:
        connection.close()


def candidates(port: int) -> list[str]:
    """Who is best qualified, of the whole pool."""
    code, _, body = asked(port, MATCHES)
    assert code == 200, body
    return [result["candidate"] for result in json.loads(body)["results"]]


@pytest.mark.timeout(400)
def test_while_elasticsearch_does_not_answer(node: Node, tmp_path: Path) -> None:
    """Applicants are ranked, other searches told to come again; once it is there all goes on by itself."""
    assert node.login is not None
    variables = {
        "CREDMATCH_ELASTICSEARCH_URL": node.url,
        "CREDMATCH_ELASTICSEARCH_CA": str(node.login.certificate),
        "CREDMATCH_ELASTICSEARCH_USER": node.login.user,
        "CREDMATCH_ELASTICSEARCH_PASSWORD": node.login.password,
        "CREDMATCH_ELASTICSEARCH_PREFIX": PREFIX,
    }
    node.stop()
    whole, web = free_port(), free_port()
    with ExitStack() as stack:

        def server(*arguments: str) -> subprocess.Popen[str]:
            process = start(tmp_path, *arguments, **variables)
            stack.callback(end, process)
            return process

        everything = server("--port", str(whole), "--sample")
        wait_until(lambda: everything.poll() is not None or status(whole, "/healthz") == 200, 120)
        pages, follower = server("--port", str(web), "--only", "web"), server("--only", "follower")
        wait_until(lambda: pages.poll() is not None or status(web, "/healthz") == 200, 60)
        wait_until(lambda: set(parts_of(follower)) == {"follow", "encoder"}, 60)
        for port in (whole, web):
            assert status(port, "/readyz") == 503
            code, retry, _ = asked(port, MATCHES)
            assert (code, int(retry or 0) > 0) == (503, True)
            code, _, page = asked(port, f"/positions/{POSITION}?who=applicants")
            assert (code, "applicants ranked" in page) == (200, True)
        node.start()
        node.wait()
        for port in (whole, web):
            wait_until(lambda port=port: status(port, "/readyz") == 200, 90)
        assert len(candidates(whole)) == 50
        assert candidates(web) == candidates(whole)
        said = stopped(everything, signal.SIGTERM)
        assert "does not answer: Connection refused; it starts without the search index" in said
        assert "starts again" not in said
        # The follower alone is left to bring somebody new to the index.
        people = candidates(web)
        file = tmp_path / "pool.csv"
        file.write_text("candidate,achievement,issued\nada,Lift truck,2026-01-05\n")
        log = tmp_path / "said"
        with log.open("w") as output:
            environ = {**os.environ, **variables, "CREDMATCH_DATA_DIR": str(tmp_path)}
            command = [sys.executable, "-m", "indexer.cli", "import", str(file)]
            done = subprocess.run(command, env=environ, stdout=output, stderr=output, check=False)
        assert done.returncode == 0, log.read_text()
        wait_until(lambda: json.loads(asked(web, MATCHES)[2])["pool"] == 2_001, 30)
        assert candidates(web)[:3] == people[:3]
        stopped(follower, signal.SIGTERM)
        stopped(pages, signal.SIGTERM)


@pytest.fixture(scope="module")
def local() -> LocalPostgres:
    return LocalPostgres()


@pytest.fixture(scope="module")
def postgres(local: LocalPostgres) -> Iterator[PostgresServer]:
    """A server that asks the role `stranger` for its password, and nobody else."""
    with local.running() as server:
        file = local._folder / "data" / "pg_hba.conf"
        file.write_text(f"host all stranger 127.0.0.1/32 scram-sha-256\n{file.read_text()}")
        server.stop()
        local.start(server)
        server._execute(sql.SQL("CREATE ROLE stranger LOGIN PASSWORD 'right'"))
        yield server


def lines(process: subprocess.Popen[str], number: int) -> list[str]:
    """The next lines of what a server says."""
    assert process.stderr is not None
    return [process.stderr.readline() for _ in range(number)]


@pytest.mark.parametrize("only", [(), ("--only", "follower")])
def test_while_the_database_does_not_answer(
    local: LocalPostgres, postgres: PostgresServer, tmp_path: Path, only: tuple[str, ...]
) -> None:
    """It says why and tries again, later each time; it can be stopped; it comes up with the database."""
    postgres.stop()
    port = free_port()
    name = f"start{len(only)}"
    arguments = only or ("--port", str(port))
    variables = {"CREDMATCH_DATABASE_URL": postgres.database(name)}
    process = start(tmp_path, *arguments, **variables)
    try:
        said = lines(process, 4)
        assert all("the database does not answer" in line for line in said[::2])
        assert said[1::2] == ["credmatch: tries again in 1 s\n", "credmatch: tries again in 2 s\n"]
        assert status(port, "/healthz") is None
        began = time.monotonic()
        assert stopped(process, signal.SIGTERM) == "credmatch has stopped\n"
        assert time.monotonic() - began < 1.5
    finally:
        end(process)
    process = start(tmp_path, *arguments, **variables)
    try:
        lines(process, 2)
        local.start(postgres)
        postgres.create(name)
        if only:
            wait_until(lambda: set(parts_of(process)) == {"follow", "encoder"}, 90)
        else:
            wait_until(lambda: status(port, "/readyz") == 200, 90)
        stopped(process, signal.SIGTERM)
    finally:
        end(process)


def test_a_wrong_password_is_not_tried_again(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.url.replace("postgres@", "stranger:wrong@", 1)
    process = start(tmp_path, "--port", str(free_port()), CREDMATCH_DATABASE_URL=url)
    try:
        _, said = process.communicate(timeout=60)
    finally:
        end(process)
    assert (process.returncode, said.count("\n")) == (6, 1)
    assert "password authentication failed" in said
    assert "wrong" not in said
