"""Servers for tests, as an operator starts them: `credmatch serve` in a process of its own."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.parts.processes import free_port


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
