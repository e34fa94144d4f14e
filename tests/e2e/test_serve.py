"""The server as an operator sees it: it answers, mends itself, and leaves nothing behind when it ends."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from indexer.serve import SETTLED_SECONDS, Part

TOKEN = "0123456789abcdef"  # noqa: S105 - nobody's

PARTS = {"web", "follow", "encoder"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all servers of this file: only the first start fills it."""
    return tmp_path_factory.mktemp("serve")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start(data_dir: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "CREDMATCH_DATA_DIR": str(data_dir), **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "indexer.cli", "serve", *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def refused(data_dir: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Exit code and standard error of a server that must not start."""
    process = start(data_dir, *arguments, **variables)
    try:
        _, said = process.communicate(timeout=60)
    finally:
        end(process)
    return process.returncode, said


@contextmanager
def serving(data_dir: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server that answers, with its port; killed at the end if it is still there."""
    port = free_port()
    process = start(data_dir, "--port", str(port), *arguments)
    try:
        wait_until(lambda: process.poll() is not None or status(port) is not None, 90)
        assert process.poll() is None, process.communicate()[1]
        yield process, port
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """Kill it, and close the pipes from it."""
    process.kill()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.wait()


def stopped(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """Stop it by a signal; what it said on standard error. It must end well."""
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    # A signal may arrive while Python clears up an object; it then says that it ignored the interruption.
    assert process.returncode == 0, said
    assert said.endswith("credmatch has stopped\n")
    return said


def status(port: int, path: str = "/") -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def parts_of(process: subprocess.Popen[str]) -> dict[str, psutil.Process]:
    """The server's child processes by the name of their command."""
    found = {}
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.NoSuchProcess, ValueError):  # it has just ended, or not quite started
            words = child.cmdline()
            found[words[words.index("indexer.cli") + 1]] = child
    return found


def all_below(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def test_it_answers_and_stops_without_leftovers(data_dir: Path) -> None:
    with serving(data_dir, "--workers", "2") as (process, port):
        assert status(port) == 200
        wait_until(lambda: set(parts_of(process)) == PARTS, 20)
        below = all_below(process)
        said = stopped(process, signal.SIGTERM)
        assert said.startswith(f"credmatch is ready at http://127.0.0.1:{port}/ (Ctrl-C stops it)\n")
    assert status(port) is None
    _, alive = psutil.wait_procs(below, timeout=1)
    assert alive == []


def test_spread_over_machines_each_has_its_part(data_dir: Path) -> None:
    """One answers and follows nothing, another follows and answers nothing; the change is found."""
    with serving(data_dir, "--only", "web") as (web, port):
        follower = start(data_dir, "--only", "follower")
        try:
            wait_until(lambda: set(parts_of(web)) == {"web", "encoder"}, 20)
            wait_until(lambda: set(parts_of(follower)) == {"follow", "encoder"}, 60)
            assert [c for child in all_below(follower) for c in child.net_connections()] == []
            assert stopped(follower, signal.SIGTERM) == "credmatch has stopped\n"
        finally:
            end(follower)
        assert status(port) == 200
        stopped(web, signal.SIGTERM)


def test_a_follower_loads_no_sample(data_dir: Path) -> None:
    code, said = refused(data_dir, "--only", "follower", "--sample")
    assert code == 2
    assert "--sample is for what serves pages" in said


def test_killed_it_takes_its_parts_along(data_dir: Path) -> None:
    with serving(data_dir) as (process, port):
        below = all_below(process)
        process.kill()
        _, alive = psutil.wait_procs(below, timeout=20)
    assert alive == []
    assert status(port) is None


def test_a_part_that_dies_is_started_again(data_dir: Path) -> None:
    with serving(data_dir) as (process, port):
        wait_until(lambda: set(parts_of(process)) == PARTS, 20)
        before = parts_of(process)
        for name in PARTS:
            before[name].kill()

        def replaced() -> bool:
            now = parts_of(process)
            return now.keys() == before.keys() and all(now[name].pid != before[name].pid for name in now)

        wait_until(replaced, 30)
        wait_until(lambda: status(port) == 200, 30)
        said = stopped(process, signal.SIGINT)
    assert said.count("starts again at once") == len(PARTS)


def test_a_part_that_keeps_dying_is_started_later_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    part = Part("follower", ("no-such-command",), dict(os.environ))
    part.start()
    for _ in range(3):
        assert part.process is not None
        part.process.communicate()
        part.check()
        if part.process is None:
            part.due = 0.0
            part.check()
    end_of_part(part)
    said = capsys.readouterr().err
    assert [line.split("; ")[1] for line in said.splitlines()] == [
        "starts again at once", "starts again in 1 s", "starts again in 2 s"
    ]  # fmt: skip


def test_a_part_that_ran_well_is_started_again_at_once() -> None:
    part = Part("follower", ("no-such-command",), dict(os.environ), failures=5)
    part.start()
    assert part.process is not None
    part.process.communicate()
    before, part.started = part.process.pid, time.monotonic() - SETTLED_SECONDS
    part.check()
    assert part.process is not None
    assert part.process.pid != before
    end_of_part(part)


def end_of_part(part: Part) -> None:
    """Wait for it, and close the pipe to it."""
    assert part.process is not None
    part.process.communicate()


def test_it_stops_while_it_is_still_making_ready(tmp_path: Path) -> None:
    process = start(tmp_path / "new", "--port", str(free_port()), "--sample")
    try:
        wait_until((tmp_path / "new").exists, 30)
        stopped(process, signal.SIGTERM)
    finally:
        end(process)


def test_beyond_loopback_it_needs_a_token(data_dir: Path) -> None:
    code, said = refused(data_dir, "--host", "0.0.0.0")  # noqa: S104 - that is what is refused
    assert (code, said.count("\n")) == (6, 1)
    assert "CREDMATCH_ACCESS_TOKEN" in said
    code, said = refused(data_dir, CREDMATCH_ACCESS_TOKEN=TOKEN[:-1])
    assert (code, said.count("\n")) == (6, 1)
    assert "at least 16" in said


def test_a_token_is_asked_for(data_dir: Path) -> None:
    port = free_port()
    process = start(data_dir, "--port", str(port), "--host", "0.0.0.0", CREDMATCH_ACCESS_TOKEN=TOKEN)  # noqa: S104
    try:
        wait_until(lambda: process.poll() is not None or status(port) is not None, 90)
        assert status(port, "/api/v1/positions/none/matches") in {401, 403}
        said = stopped(process, signal.SIGHUP)
    finally:
        end(process)
    assert TOKEN not in said


def test_a_port_in_use_is_said_in_one_line(data_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, said = refused(data_dir, "--port", str(port))
    assert (code, said.count("\n")) == (6, 1)
    assert f"port {port} on 127.0.0.1" in said
