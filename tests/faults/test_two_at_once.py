"""What one process at a time may do, asked of two; its holder frozen; its holder's clock wrong."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import pytest

from indexer import rebuild
from indexer.copying import Loaded
from matcher.store.database import Database
from matcher.store.leases import SECONDS, acquire, leased
from tests.contract.elastic_engines import indexes
from tests.faults import installation as faults
from tests.faults.installation import (
    LEASE,
    Installation,
    changing,
    context,
    finish,
    searches,
    start,
    wait_until,
)
from tests.faults.test_killed import settle

FEW_OR_MANY = pytest.mark.parametrize(
    "times", [1, pytest.param(10, marks=[pytest.mark.faults, pytest.mark.timeout(1_500)])]
)


def keep_the_usual_lease() -> None:
    """With a short one, two that get little of a busy machine each lose it to the other, and both say so."""
    faults.LEASE = SECONDS


@FEW_OR_MANY
def test_two_rebuilds(installation: Installation, times: int) -> None:
    """One is built and then the other; or the other is told that its turn did not come."""
    chance = Random(times)
    # With pages as small as here, whoever builds on a busy machine never catches up with more.
    with searches(installation).running(), changing(installation, 0.1):
        for _ in range(times):
            processes = []
            for _ in range(2):
                processes.append(start(installation, "reindex", before=keep_the_usual_lease))
                time.sleep(chance.uniform(0, 0.2))
            codes = [finish(installation, process, 0, 5, seconds=120) for process in processes]
            assert 0 in codes, (installation.data / "commands.log").read_text()
    settle(installation)


@FEW_OR_MANY
def test_two_nights(installation: Installation, times: int) -> None:
    """One does it, the other says that it did nothing, or found nothing left to do."""
    log, skipped = installation.data / "commands.log", 0
    chance = Random(times)
    with searches(installation).running(), changing(installation):
        for _ in range(times):
            log.unlink(missing_ok=True)
            processes = []
            for _ in range(2):
                processes.append(start(installation, "nightly"))
                time.sleep(chance.uniform(0, 0.1))
            for process in processes:
                finish(installation, process)
            said = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
            assert [one["ok"] for one in said] == [True, True], log.read_text()
            skipped += sum(one["skipped"] for one in said)
    assert skipped
    settle(installation)


def slow() -> None:
    """A build takes a second longer, in which it can be frozen."""
    real = rebuild.load_all

    def load_all(*arguments: Any) -> Iterator[Loaded]:
        for loaded in real(*arguments):
            time.sleep(0.1)
            yield loaded

    rebuild.load_all = load_all  # type: ignore[assignment]


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
def test_frozen_past_its_lease(on_several: Installation, elasticsearch_url: str, times: int) -> None:
    """Another builds meanwhile; what was frozen says so when it wakes, and has changed nothing."""
    chance, place, refused = Random(times), on_several.data.parent, 0
    with searches(on_several).running():
        for number in range(times):
            before = indexes(elasticsearch_url, place)
            frozen = start(on_several, "reindex", before=slow)
            wait_until(lambda: indexes(elasticsearch_url, place) != before)  # noqa: B023
            time.sleep(chance.uniform(0, 0.8))
            assert frozen.pid is not None
            os.kill(frozen.pid, signal.SIGSTOP)
            try:
                time.sleep(LEASE + 0.3)
                on_several.change(number)
                finish(on_several, start(on_several, "reindex"))
                state = on_several.parts.engine.state("default")
            finally:
                os.kill(frozen.pid, signal.SIGCONT)
            code = finish(on_several, frozen, 0, 5)
            refused += code == 5
            assert code == 0 or on_several.parts.engine.state("default") == state
            on_several.check()
    assert refused > times // 2
    settle(on_several)


def jump() -> None:
    """From now on this process's clock jumps by up to a day, to and fro, whenever it is looked at."""
    real, chance = time.time, Random(3)
    time.time = lambda: real() + chance.choice([-86_400, -3_600, 0, 3_600, 86_400])


def hold(url: str, told: Connection) -> None:
    """Hold a lease until told to end, with a clock that jumps."""
    jump()
    database = Database(url)
    with leased(database, "watched", LEASE) as mine:
        told.send(mine)
        told.recv()
    database.close()


JUMPING = pytest.mark.parametrize(
    "seconds", [3, pytest.param(20, marks=[pytest.mark.faults, pytest.mark.timeout(300)])]
)


@JUMPING
def test_a_lease_goes_by_the_databases_clock(installation: Installation, seconds: float) -> None:
    """Whatever the holder's clock says, it keeps the lease, and nobody else gets it."""
    mine, its = multiprocessing.Pipe()
    database = installation.parts.database
    holder = context().Process(target=hold, args=(database.url, its))
    holder.start()
    assert mine.recv() is True
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert acquire(database, "watched", LEASE) is None
        time.sleep(0.1)
    mine.send("enough")
    holder.join(30)
    assert holder.exitcode == 0
    assert acquire(database, "watched", LEASE) is not None


@JUMPING
def test_a_follower_whose_clock_jumps_loses_nothing(installation: Installation, seconds: float) -> None:
    follower = start(installation, "follow", before=jump)
    with searches(installation).running() as running, changing(installation):
        time.sleep(seconds)
        running.answered()
    wait_until(installation.current, 60)
    follower.terminate()
    finish(installation, follower, 0, 130)
    settle(installation)
