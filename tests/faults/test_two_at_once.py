"""What one process at a time may do, asked of two; its holder frozen; its holder's clock wrong."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from random import Random

import pytest

from tests.faults.installation import LEASE, Installation, changing, finish, searches, start, wait_until
from tests.faults.test_killed import settle

FEW_OR_MANY = pytest.mark.parametrize(
    "times", [2, pytest.param(20, marks=[pytest.mark.faults, pytest.mark.timeout(600)])]
)


@FEW_OR_MANY
def test_two_rebuilds(installation: Installation, times: int) -> None:
    """One is built and then the other; or the other is told that its turn did not come."""
    chance = Random(times)
    with searches(installation).running(), changing(installation):
        for _ in range(times):
            processes = []
            for _ in range(2):
                processes.append(start(installation, "reindex"))
                time.sleep(chance.uniform(0, 0.2))
            codes = [finish(installation, process, 0, 5) for process in processes]
            assert 0 in codes
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


@pytest.mark.parametrize("times", [3, pytest.param(30, marks=[pytest.mark.faults, pytest.mark.timeout(600)])])
def test_frozen_past_its_lease(on_several: Installation, times: int) -> None:
    """Another builds meanwhile; what was frozen says so when it wakes, and has changed nothing."""
    finish(on_several, start(on_several, "reindex"))
    chance, refused = Random(times), 0
    with searches(on_several).running():
        for number in range(times):
            frozen = start(on_several, "reindex")
            time.sleep(chance.uniform(0.3, 1.2))
            assert frozen.pid is not None
            os.kill(frozen.pid, signal.SIGSTOP)
            try:
                time.sleep(LEASE + 0.3)
                on_several.change(number)
                finish(on_several, start(on_several, "reindex"))
                state = on_several.parts.engine.state("default")
            finally:
                os.kill(frozen.pid, signal.SIGCONT)
            refused += finish(on_several, frozen, 0, 5) == 5
            if on_several.parts.engine.state("default") != state:
                assert refused < number + 1  # it had not begun: then it did after the other
            on_several.check()
    assert refused
    settle(on_several)


def jump() -> None:
    """From now on this process's clock jumps by up to a day, to and fro, whenever it is looked at."""
    real, chance = time.time, Random(3)
    time.time = lambda: real() + chance.choice([-86_400, -3_600, 0, 3_600, 86_400])


@pytest.mark.parametrize(
    "seconds", [4, pytest.param(60, marks=[pytest.mark.faults, pytest.mark.timeout(300)])]
)
def test_a_clock_that_jumps(on_several: Installation, seconds: float) -> None:
    """The lease goes by the database's clock: its holder keeps it, and loses no change."""
    holder = start(on_several, "follow", before=jump)
    stop, taken = threading.Event(), []

    def envy() -> None:
        while not stop.wait(0.2):
            with on_several.parts.engine.writer("default") as mine:
                taken.append(mine)

    thread = threading.Thread(target=envy, daemon=True)
    with searches(on_several).running() as running, changing(on_several):
        thread.start()
        time.sleep(seconds)
        running.answered()
        stop.set()
        thread.join(30)
    wait_until(on_several.current, 60)
    on_several.check()
    holder.terminate()
    finish(on_several, holder)
    settle(on_several)
