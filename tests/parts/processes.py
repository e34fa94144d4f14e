"""Processes that tests start: on their own ports, not as root, gone when the tests are."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

STOP_SECONDS = 60
"""How long a process may take to stop before it is killed."""


def unavailable(what: str) -> NoReturn:
    """Skip the test with the reason; fail it where CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}; where CI=true no test may be left out")
    pytest.skip(what)


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@functools.cache
def docker_runs() -> bool:
    """Whether a Docker engine answers here."""
    if shutil.which("docker") is None:
        return False
    with contextlib.suppress(subprocess.TimeoutExpired):
        asked = subprocess.run(["docker", "info"], check=False, capture_output=True, timeout=20)
        return asked.returncode == 0
    return False


def servant(*names: str) -> str:
    """The user that servers run as where the tests are root, which they refuse: the first that there is."""
    if os.geteuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in (*names, "nobody") if name in known)


@contextmanager
def server_folder(name: str, user: str) -> Iterator[Path]:
    """A folder that `user` may write, removed afterwards. pytest's own are closed to other users."""
    folder = Path(tempfile.mkdtemp(prefix=f"credmatch-{name}-"))
    try:
        give(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def give(folder: Path, user: str) -> None:
    """Make `folder` and all in it belong to `user`; nothing changes where that is empty."""
    if user:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, user)


def as_user(user: str, *options: str) -> list[str]:
    """What stands before a command to run it as `user` (empty: as ourselves), by util-linux's setpriv."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:  # not Linux: nobody is root there
        return []
    if not user:
        return [setpriv, *options] if options else []
    group = str(pwd.getpwnam(user).pw_gid)
    return [setpriv, f"--reuid={user}", f"--regid={group}", "--init-groups", *options]


class Process:
    """A server that ends with the tests, also with killed ones: the kernel then signals it."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        user: str = "",
        stop: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        self._stop = stop
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [*as_user(user, f"--pdeathsig={stop.name.removeprefix('SIG')}"), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={**os.environ, **(environment or {})},
                start_new_session=True,  # an interrupt at the keyboard is for the tests alone
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready()` is true; RuntimeError with its log where it ends or takes longer."""
        until = time.monotonic() + seconds
        while not ready():
            if self._popen.poll() is not None or time.monotonic() > until:
                self.stop()
                raise RuntimeError(f"did not start:\n{self.log.read_text(errors='replace')[-4_000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it and wait for its end; nothing happens where it has ended."""
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGCONT)  # one that a test froze hears nothing
            self._popen.send_signal(self._stop)
        try:
            self._popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


def container_name(what: str) -> str:
    """A name for a container that nobody else has."""
    return f"credmatch-test-{what}-{uuid.uuid4().hex[:12]}"
