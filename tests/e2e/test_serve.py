"""The server as an operator sees it: it answers, mends itself, and leaves nothing behind when it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from indexer.serve import SETTLED_SECONDS, Part
from matcher.vocabulary.remote import socket_path
from tests.e2e.servers import all_below, end, parts_of, refused, serving, start, status, stopped, wait_until
from tests.parts.processes import free_port

TOKEN = "0123456789abcdef"  # noqa: S105 - nobody's

PARTS = {"web", "follow", "encoder"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all servers of this file: only the first start fills it."""
    return tmp_path_factory.mktemp("serve")


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


def stored(port: int, text: str) -> int:
    """Store a position with a text, which has to be understood for it: the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"requirements": [{"text": text}]})
    try:
        connection.request("PUT", "/api/v1/positions/any", body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.encoder
@pytest.mark.parametrize("order", [("web", "follower"), ("follower", "web")])
def test_whichever_of_two_servers_stops_texts_are_understood(data_dir: Path, order: tuple[str, str]) -> None:
    """They share a data folder, and so an encoder; texts that nobody read before go on being read."""
    port, path = free_port(), socket_path(data_dir)
    running: dict[str, subprocess.Popen[str]] = {}
    try:
        for only in order:
            listens = ("--port", str(port)) if only == "web" else ()
            running[only] = start(data_dir, "--only", only, *listens)
            wait_until(lambda only=only: "encoder" in parts_of(running[only]), 60)
            wait_until(lambda only=only: holds(running[only], f"{path}.lock"), 20)
        stopped(running["follower"], signal.SIGTERM)
        wait_until(lambda: status(port) == 200, 30)
        assert stored(port, f"steer a crane {order[0]} of them") in {200, 201}
        stopped(running["web"], signal.SIGTERM)
    finally:
        for process in running.values():
            end(process)


def holds(process: subprocess.Popen[str], path: str) -> bool:
    """Whether a server's encoder has opened a file."""
    encoder = parts_of(process).get("encoder")
    with suppress(psutil.NoSuchProcess):
        return encoder is not None and path in [file.path for file in encoder.open_files()]
    return False


def test_a_follower_loads_no_sample(data_dir: Path) -> None:
    code, said = refused(data_dir, "--only", "follower", "--sample")
    assert code == 2
    assert "--sample is for what serves pages" in said


def test_a_follower_listens_nowhere(data_dir: Path) -> None:
    code, said = refused(data_dir, "--only", "follower", "--port", "9")
    assert code == 2
    assert "it takes no --host, --port or --workers" in said


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


def test_of_two_servers_that_start_at_once_the_later_one_ends(tmp_path: Path) -> None:
    """Both could bind the port, which nobody listened to yet."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        process = start(tmp_path / "new", "--port", str(port))
        try:
            wait_until((tmp_path / "new").exists, 30)
            other.listen()
            _, said = process.communicate(timeout=90)
        finally:
            end(process)
    assert process.returncode == 6
    assert f"port {port} on 127.0.0.1 cannot be used (Address already in use)" in said
