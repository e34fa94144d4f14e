"""The server: one process that starts the web workers, the follower and the encoder, and watches them.

    credmatch serve
    |-- make-ready brings database, vocabulary and index up to date, then ends
    |-- web        gunicorn with its workers: pages and API
    |-- follow     brings changes in the database to the search index, and reads achievements from their words
    `-- encoder    the sentence encoder, asked by the others; loads its model when first asked

On several machines each may have a part of it: `--only web` on those that answer, `--only follower` on one.

What makes ready is tried again while the database does not answer. Whichever of the others ends is started
again: at once, but later each time where it keeps ending. When this process is told to stop, it stops all of
them; when it is killed, they notice that the pipe to it is closed and stop too.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from click.exceptions import Exit

from matcher.errors import ConfigurationError, Unavailable
from matcher.logs import notice
from matcher.settings import Settings

MIN_TOKEN = 16
"""Characters that an access token must have at least."""

STOP_SECONDS = 12
"""How long a part may take to end what it is doing; then it is killed."""

LONGEST_PAUSE = 30
"""Seconds after which a part that keeps ending, or cannot make ready, is started again, at most."""

HEAD_START = 1.0
"""Seconds by which the web workers start before the other parts, which would slow the first page."""

SETTLED_SECONDS = 30
"""A part that ran this long had started well."""

_BOOT_FAILURES = frozenset({1, 3, 4})  # gunicorn: bad configuration, a worker or the application failed


def check_exposure(settings: Settings) -> None:
    """Refuse to be reachable from other machines without an access token.

    Raises ConfigurationError, also for a token that is too short and a host that has no address.
    """
    if settings.access_token and len(settings.access_token) < MIN_TOKEN:
        raise ConfigurationError(f"CREDMATCH_ACCESS_TOKEN must have at least {MIN_TOKEN} characters")
    if settings.metrics_token and len(settings.metrics_token) < MIN_TOKEN:
        raise ConfigurationError(f"CREDMATCH_METRICS_TOKEN must have at least {MIN_TOKEN} characters")
    if not settings.access_token and not _is_loopback(settings.host):
        raise ConfigurationError(
            f"CREDMATCH_HOST={settings.host} can be reached from other machines: "
            f"set CREDMATCH_ACCESS_TOKEN (at least {MIN_TOKEN} characters) or use 127.0.0.1"
        )


def bind(settings: Settings) -> socket.socket:
    """A socket bound to the server's address, not yet listening. Raises ConfigurationError."""
    family, address = _addresses(settings.host, settings.port)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _unusable(settings, error) from error
    return listener


def _unusable(settings: Settings, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"port {settings.port} on {settings.host} cannot be used ({error.strerror}): "
        "choose another with CREDMATCH_PORT or --port"
    )


def serve(settings: Settings, listener: socket.socket, *, sample: bool, follower: bool = True) -> None:
    """Run the server on `listener` until a signal raises KeyboardInterrupt; then stop every part.

    With `sample` a fictional pool is loaded first where nobody is in the pool; without `follower` another
    server brings changes to the index. Where a part cannot start, its reason is on standard error; raises
    Unavailable, ConfigurationError where another server came first, or click's Exit with the code of what
    made ready.
    """
    environ = _environ(settings)
    fd = listener.fileno()
    ready = Part("start", ("make-ready", *(("--sample",) if sample else ())), environ)
    web = Part("web", ("web", "--fd", str(fd)), environ, fds=(fd,), essential=True)
    others = [Part("follower", ("follow",), environ)] if follower else []
    others.append(Part("encoder", ("encoder",), environ))
    try:
        web.start()  # loads its modules, then waits to be told to go
        _make_ready(ready)
        try:
            listener.listen()  # another may be bound there too, until one of them listens
        except OSError as error:
            raise _unusable(settings, error) from error
        web.go()
        for part in others:
            part.due = time.monotonic() + HEAD_START
        _watch([web, *others])
    finally:
        listener.close()
        stop([web, ready, *others])


def serve_follower(settings: Settings) -> None:
    """Run the follower with its encoder, and nothing that listens, until a signal raises KeyboardInterrupt.

    Raises click's Exit with the code of what made ready, and Unavailable.
    """
    environ = _environ(settings)
    ready = Part("start", ("make-ready",), environ)
    parts = [Part("follower", ("follow",), environ, essential=True), Part("encoder", ("encoder",), environ)]
    try:
        _make_ready(ready)
        _watch(parts)
    finally:
        stop([ready, *parts])


def _make_ready(ready: Part) -> None:
    """Bring everything up to date, however long the database does not answer.

    Raises click's Exit where it failed for another reason; that is on standard error.
    """
    pause = 1
    while code := ready.run():
        if code != Unavailable.exit_code:
            raise Exit(code)
        notice(f"credmatch: tries again in {pause} s")
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _environ(settings: Settings) -> dict[str, str]:
    """What the parts are told: what this process was, with what its options changed."""
    chosen = {"CREDMATCH_HOST": settings.host, "CREDMATCH_PORT": str(settings.port)}
    return {**os.environ, **chosen, "CREDMATCH_WORKERS": str(settings.workers)}


def _watch(parts: Sequence[Part]) -> NoReturn:
    """Start each part when it is due, again and again."""
    while True:
        for part in parts:
            part.check()
        time.sleep(0.2)


def wait_for_parent() -> None:
    """Wait until the server says `go`; ends this process where the server stops it, or is gone, instead."""
    try:
        if os.read(0, 1):
            return
    except KeyboardInterrupt:
        pass
    sys.exit(0)


def end_with_parent() -> None:
    """Send SIGTERM to this process when standard input ends: whoever started it with a pipe is gone."""

    def watch() -> NoReturn:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


@dataclass
class Part:
    """A process of the server.

    `command`: the `credmatch` command that runs it; `fds`: what it inherits; `essential`: without it there
    is no server, so where it cannot even start the server ends.
    """

    name: str
    command: tuple[str, ...]
    environ: dict[str, str]
    fds: tuple[int, ...] = ()
    essential: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0

    def start(self) -> None:
        """Start it, outside the terminal's process group: Ctrl-C reaches the server alone."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-P", "-m", "indexer.cli", *self.command, "--until-eof"],
            stdin=subprocess.PIPE,
            env=self.environ,
            pass_fds=self.fds,
            start_new_session=True,
        )

    def go(self) -> None:
        """Tell it that everything is ready."""
        if self.process is not None and self.process.stdin is not None:
            with suppress(BrokenPipeError):  # it has ended, as `check` will find
                self.process.stdin.write(b"go")
                self.process.stdin.flush()

    def run(self) -> int:
        """Start it and wait until it has ended; its exit code."""
        self.start()
        code = 0 if self.process is None else self.process.wait()
        self.process = None
        return code

    def check(self) -> None:
        """Start it where it is due or has ended. Raises Unavailable where it never started well."""
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self._ended(code)
        if time.monotonic() >= self.due:
            self.start()
            self.go()

    def _ended(self, code: int) -> None:
        """Say so, and decide when it is due: at once, unless it ended before and has not run well since."""
        lived = time.monotonic() - self.started
        if self.essential and not self.failures and code in _BOOT_FAILURES and lived < SETTLED_SECONDS:
            raise Unavailable(f"the {self.name} could not start; the reason is above")
        self.failures = 1 if lived >= SETTLED_SECONDS else self.failures + 1
        pause = 0 if self.failures == 1 else min(2 ** (self.failures - 2), LONGEST_PAUSE)
        self.due = time.monotonic() + pause
        self.process = None
        when = f"in {pause} s" if pause else "at once"
        notice(f"credmatch: the {self.name} ended ({code}); starts again {when}")


def stop(parts: Sequence[Part]) -> None:
    """Stop all parts, the first before the others, which it may still need; a second signal kills."""
    running = [part.process for part in parts if part.process is not None]
    try:
        for some in (running[:1], running[1:]):
            for process in some:
                process.terminate()
            for process in some:
                process.wait(STOP_SECONDS)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        pass
    for process in running:
        process.kill()
        process.wait()


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
    """Family and socket address of every address that `host` has."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"CREDMATCH_HOST={host} has no address: {error}") from error
    return [(family, address) for family, _, _, _, address in found]


def _is_loopback(host: str) -> bool:
    return all(ipaddress.ip_address(address[0]).is_loopback for _, address in _addresses(host, 0))
