"""SIGKILL at random moments of what builds the index, follows the store and serves, while people search."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import time
from contextlib import closing
from random import Random

import psutil
import pytest

from tests.e2e.test_serve import end, free_port, parts_of, status
from tests.e2e.test_serve import start as start_server
from tests.faults.installation import (
    LEASE,
    STEADY_POSITION,
    Installation,
    Ranked,
    Searches,
    changing,
    finish,
    ranked,
    searches,
    start,
    wait_until,
)

FEW_OR_FIFTY = pytest.mark.parametrize(
    "kills", [4, pytest.param(50, marks=[pytest.mark.faults, pytest.mark.timeout(900)])]
)


@FEW_OR_FIFTY
def test_reindex(installation: Installation, kills: int) -> None:
    """No search sees an empty or a half index, and the build comes through in the end."""
    finish(installation, start(installation, "reindex"))  # the first loads all modules
    began = time.monotonic()
    finish(installation, start(installation, "reindex"))
    longest = time.monotonic() - began
    if "CREDMATCH_ELASTICSEARCH_URL" in installation.variables:
        longest += LEASE  # for which who died before is waited for
    before = installation.parts.engine.state("default")
    chance, killed = Random(kills), 0
    with searches(installation).running() as running, changing(installation):
        for _ in range(kills):
            process = start(installation, "reindex")
            time.sleep(chance.uniform(0.1 * longest, 0.9 * longest))
            process.kill()
            killed += finish(installation, process, 0, -signal.SIGKILL) != 0
        running.answered()
        finish(installation, start(installation, "reindex"))
    assert killed >= kills // 2
    settle(installation)
    after = installation.parts.engine.state("default")
    assert after is not None
    assert before is not None
    assert after.generation != before.generation


@FEW_OR_FIFTY
def test_follow(installation: Installation, kills: int) -> None:
    """The next one goes on where it was."""
    chance = Random(kills)
    with searches(installation).running() as running, changing(installation):
        for _ in range(kills):
            process = start(installation, "follow")
            time.sleep(chance.uniform(0.3, 1.5))
            process.kill()
            finish(installation, process, -signal.SIGKILL)
        running.answered()
    settle(installation)


def settle(installation: Installation) -> None:
    """Let a follower bring everything to the index; then all is right."""
    follower = start(installation, "follow")
    try:
        wait_until(installation.current, 60)
        installation.check()
    finally:
        follower.terminate()
        finish(installation, follower, 0, 130)  # 130: it had only just started


# --- the server ---------------------------------------------------------------------------------


class Refused(Exception):
    """The server is not there, or says that it cannot answer now."""


def ask(port: int) -> Ranked:
    """A search over HTTP."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        try:
            connection.request("GET", f"/api/v1/positions/{STEADY_POSITION}/matches?top=20")
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Refused(repr(error)) from error
    if response.status == 503:
        raise Refused("503")
    assert response.status == 200, body
    return ranked(json.loads(body))


def victim(server: psutil.Process, name: str) -> psutil.Process:
    """The server itself, one of its parts, or a web worker."""
    if name == "serve":
        return server
    parts = parts_of(server)  # type: ignore[arg-type]  # it asks for the id alone
    if name == "worker":
        return parts["web"].children()[0]
    return parts[name]


@pytest.mark.parametrize(
    ("in_folder", "kills"),
    [
        ("one_machine", 2),
        pytest.param("one_machine", 50, marks=[pytest.mark.faults, pytest.mark.timeout(900)]),
        pytest.param("several", 50, marks=[pytest.mark.faults, pytest.mark.timeout(1_500)]),
    ],
    indirect=["in_folder"],
)
def test_serve(installation: Installation, kills: int) -> None:
    """The server and its parts; who asks meanwhile is refused at most, and while it is dead alone."""
    chance, port = Random(kills), free_port()
    running = Searches(lambda: ask(port), installation.truth(STEADY_POSITION)[:20], (Refused,))
    arguments = ("--port", str(port), "--workers", "2")

    def ready() -> bool:
        return status(port, "/readyz") == 200

    def start_it() -> subprocess.Popen[str]:
        return start_server(installation.data, *arguments, **installation.variables)

    server = start_it()
    try:
        wait_until(ready, 90)
        with running.running(), changing(installation):
            for name in ["serve", *chance.choices(["serve", "web", "worker", "follow"], k=kills - 1)]:
                time.sleep(chance.uniform(0, 0.5))
                below = psutil.Process(server.pid).children(recursive=True)
                with running.outage():
                    victim(psutil.Process(server.pid), name).kill()
                    if name == "serve":
                        end(server)
                        _, alive = psutil.wait_procs(below, timeout=30)
                        assert alive == []
                        server = start_it()
                    wait_until(ready, 90)
                wait_until(lambda: {"web", "follow"} <= parts_of(server).keys(), 40)  # noqa: B023
                running.answered()
        wait_until(installation.current, 90)  # the lease of a follower that was killed ends first
        installation.check()
    finally:
        end(server)
