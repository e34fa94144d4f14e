"""The real parts start, answer, and leave nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from tests.parts.elasticsearch import secured_elasticsearch

_LEFT_BEHIND = """
import sys, time
from tests.parts.postgres import LocalPostgres
with LocalPostgres().running() as server:
    print(server.process.pid, server.process.log.parent, flush=True)
    time.sleep(100)
"""


def test_a_fresh_postgres_has_all_tables_and_is_gone_afterwards(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT count(*) FROM candidates").fetchone() == (0,)


def test_a_killed_run_leaves_no_postgres() -> None:
    with subprocess.Popen([sys.executable, "-c", _LEFT_BEHIND], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        line = run.stdout.readline().split()
        if not line:
            pytest.skip("no PostgreSQL of this machine")
        os.kill(run.pid, signal.SIGKILL)
    until = time.monotonic() + 20
    while _runs(int(line[0])) and time.monotonic() < until:
        time.sleep(0.1)
    shutil.rmtree(line[1])
    assert not _runs(int(line[0]))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_node_says_its_version(elasticsearch_url: str) -> None:
    with urllib.request.urlopen(elasticsearch_url, timeout=10) as answer:
        assert answer.headers["X-Elastic-Product"] == "Elasticsearch"
        assert int(json.load(answer)["version"]["number"].split(".")[0]) >= 8


@pytest.mark.timeout(400)
def test_a_secured_node_refuses_strangers_and_strange_certificates() -> None:
    with secured_elasticsearch() as node:
        assert node.login is not None
        trust = ssl.create_default_context(cafile=str(node.login.certificate))
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(node.url, timeout=10, context=trust)
        assert refused.value.code == 401
        refused.value.close()
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(node.url, timeout=10)
