"""Elasticsearch's nodes, its index or the database going away under load: all goes on without a restart."""

from __future__ import annotations

import json
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from indexer.changes import follow
from indexer.rebuild import rebuild
from tests.contract.elastic_engines import ask, indexes, prefix_of, redden, remove_indexes
from tests.faults.conftest import Make
from tests.faults.installation import Installation, changing, copied, make_template, searches, wait_until
from tests.parts.elasticsearch import Node, elasticsearch_cluster
from tests.parts.postgres import LocalPostgres

PREFIX = "faults"


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[Node]]:
    with elasticsearch_cluster() as nodes:
        yield nodes


@contextmanager
def following(installation: Installation) -> Iterator[None]:
    """The follower, which goes on through all that happens."""
    stop = threading.Event()
    parts = installation.parts
    thread = threading.Thread(
        target=follow, args=(parts.database, parts.engine, "default", stop), daemon=True
    )
    thread.start()
    try:
        yield
        assert thread.is_alive()
    finally:
        stop.set()
        thread.join(90)


def on_cluster(make: Make, cluster: list[Node]) -> Installation:
    addresses = ",".join(node.url for node in cluster)
    return make({"CREDMATCH_ELASTICSEARCH_URL": addresses, "CREDMATCH_ELASTICSEARCH_PREFIX": PREFIX})


def green(node: Node) -> bool:
    """Whether every index has its copies: then one node may go."""
    try:
        with urllib.request.urlopen(f"{node.url}/_cluster/health", timeout=10) as answer:
            found = json.load(answer)
    except OSError:
        return False
    return bool(found["status"] == "green" and found["number_of_nodes"] == 3)


@pytest.mark.parametrize(
    ("one", "all_"),
    [
        pytest.param(1, 1, marks=pytest.mark.timeout(400)),
        pytest.param(6, 2, marks=[pytest.mark.faults, pytest.mark.timeout(1_500)]),
    ],
)
def test_nodes_killed(make: Make, cluster: list[Node], one: int, all_: int) -> None:
    """One of three: no search fails. All of them: searches say so, and go on when they are back."""
    installation = on_cluster(make, cluster)
    chance = Random(one)
    try:
        with searches(installation).running(2) as running, changing(installation), following(installation):
            for _ in range(one):
                node = chance.choice(cluster)
                others = [other for other in cluster if other is not node]
                wait_until(lambda: green(others[0]), 120)  # noqa: B023
                time.sleep(chance.uniform(0, 1))
                node.signal(signal.SIGKILL)
                time.sleep(chance.uniform(1, 3))
                running.answered()
                node.stop()
                node.start()
                node.wait(3)
                running.answered()
            for _ in range(all_):
                with running.outage():
                    for node in cluster:
                        node.signal(signal.SIGKILL)
                    for node in cluster:
                        node.stop()
                        node.start()
                    for node in cluster:
                        node.wait(3)
                    running.answered()
        with following(installation):
            wait_until(installation.current, 60)
            installation.check()
    finally:
        for name in ask(cluster[0].url, "GET", f"/{PREFIX}*"):
            ask(cluster[0].url, "DELETE", f"/{name}")


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=[pytest.mark.faults, pytest.mark.timeout(600)])])
def test_an_index_deleted_or_an_alias_to_nowhere_while_it_is_followed(
    on_several: Installation, elasticsearch_url: str, times: int
) -> None:
    """Searches say that there is no index until the follower has built one."""
    place = on_several.data.parent

    prefix = prefix_of(place)
    gone = {"remove": {"index": f"{prefix}.*", "alias": f"{prefix}.default"}}
    harms = (
        lambda: ask(elasticsearch_url, "POST", "/_aliases", {"actions": [gone]}),
        lambda: remove_indexes(elasticsearch_url, place),
    )
    with searches(on_several).running() as running, changing(on_several), following(on_several):
        for _ in range(times):
            for harm in harms:
                running.answered()
                with running.outage():
                    harm()
                    time.sleep(0.2)
                    running.answered()
    with following(on_several):
        wait_until(on_several.current, 60)
        on_several.check()


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=[pytest.mark.faults, pytest.mark.timeout(600)])])
def test_a_red_index_while_it_is_followed(
    on_several: Installation, elasticsearch_url: str, caplog: pytest.LogCaptureFixture, times: int
) -> None:
    """Searches say so until it is built anew; then the follower goes on with that. It says both, once."""
    caplog.set_level("INFO", "indexer.changes")
    place, parts = on_several.data.parent, on_several.parts
    version = parts.vocabularies.get("default").version
    again = "the changes of default are followed again"
    with searches(on_several).running() as running, changing(on_several):
        for _ in range(times):
            running.answered()
            caplog.clear()
            with running.outage():
                redden(elasticsearch_url, indexes(elasticsearch_url, place)[-1])
                with following(on_several):
                    time.sleep(1)
                    rebuild(parts.database, parts.engine, "default", version)
                    running.answered()
                    wait_until(lambda: again in caplog.messages)
            told = [record.getMessage() for record in caplog.records if record.name == "indexer.changes"]
            assert ("(it is red)" in told[0], told[1:]) == (True, [again])
    with following(on_several):
        wait_until(on_several.current, 60)
        on_several.check()
    assert len(indexes(elasticsearch_url, place)) == 2


@pytest.mark.parametrize("times", [2, pytest.param(25, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
def test_postgresql_restarted(shipped: Path, tmp_path: Path, times: int) -> None:
    """What was acknowledged is stored; searches, changes and follower go on by themselves."""
    chance, local = Random(times), LocalPostgres()
    data = copied(shipped, tmp_path / "data")
    with local.running() as server:
        make_template(data, server.url)
        variables = {"CREDMATCH_DATA_DIR": str(data), "CREDMATCH_DATABASE_URL": server.url}
        installation = Installation(data, variables, chance).fill()
        with (
            searches(installation).running(2) as running,
            changing(installation, pause=0),
            following(installation),
        ):
            for _ in range(times):
                time.sleep(chance.uniform(0.2, 1))
                with running.outage():
                    server.stop()
                    time.sleep(chance.uniform(0, 1))
                    local.start(server)
                    running.answered()
        with following(installation):
            wait_until(installation.current, 60)
            installation.check()
        installation.close()
