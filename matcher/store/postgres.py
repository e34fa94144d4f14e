"""Connections to PostgreSQL that wait no longer than they may, also for a server that is frozen.

What a server should end itself, such as a statement that takes too long, a frozen one does not, and the
system on its machine goes on to acknowledge what is sent to it.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, text

from matcher.breaker import Breaker

_Result = TypeVar("_Result")

_GRACE = 1.1
"""How many times as long as the server should take at most is waited for it."""

_TURN = 0x63726564
"""The key of the lock under which writers take turns."""


class _Bounded(psycopg.Connection[Any]):
    """A connection that is closed where the server does not answer within `limit` seconds (None: never)."""

    breaker: Breaker
    limit: float | None = None

    def wait(self, gen: Generator[Any, Any, _Result], *args: Any, **kwargs: Any) -> _Result:
        """Wait for what was sent to be answered, as all that a connection does. Raises OperationalError."""
        done = super().wait(self._in_time(gen), *args, **kwargs)
        self.breaker.answered()
        return done

    def _in_time(self, waiting: Generator[Any, Any, _Result]) -> Generator[Any, Any, _Result]:
        began = time.monotonic()
        try:
            wanted = next(waiting)
            while True:
                ready = yield wanted
                if not ready and self.limit is not None and time.monotonic() - began > self.limit:
                    _waited(self.breaker, began)
                    self.close()
                    raise psycopg.OperationalError("no answer in time")
                wanted = waiting.send(ready)
        except StopIteration as end:
            done: _Result = end.value
            return done


def engine_of(url: URL, connections: int, timeout: float) -> Engine:
    """An engine for PostgreSQL with `connections` at most, in which nothing takes longer than `timeout` s.

    Where the server answered nothing in that time, those who have to connect fail at once for some seconds.
    """
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    milliseconds = int(timeout * 1_000)
    limit, breaker = timeout * _GRACE, Breaker()
    engine = create_engine(
        url,
        isolation_level="REPEATABLE READ",
        pool_pre_ping=True,  # a connection that the server closed meanwhile is replaced, not handed out
        pool_size=connections,
        max_overflow=0,
        pool_timeout=timeout,
        hide_parameters=True,
        connect_args={
            "connect_timeout": max(1, round(timeout)),
            "tcp_user_timeout": milliseconds,
            "application_name": "credmatch",
        },
    )

    @event.listens_for(engine, "do_connect")
    def do_connect(_dialect: object, _record: object, args: Any, options: Any) -> _Bounded:
        if not breaker.admits(timeout):
            raise psycopg.OperationalError("it did not answer in time just now")
        connection = _connected(breaker, args, options)
        connection.breaker, connection.limit = breaker, limit
        return connection

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        # Waiting for a lock ends a little earlier, so that the message says what was waited for.
        for name, longest in (("lock_timeout", milliseconds * 9 // 10), ("statement_timeout", milliseconds)):
            connection.execute("SELECT set_config(%s, %s, false)", (name, str(longest)))
        connection.commit()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.limit = limit  # which the transaction before may have lifted
        # Asked for by the first statement, so that every later one sees what the writer before has committed.
        options = connection.get_execution_options()
        if options.get("writes") and options.get("in_turn"):
            # Who is frozen or cut off in its turn loses it, later than who waits for it has given up.
            turn = "SELECT pg_advisory_xact_lock(:key), set_config(:name, :longest, true)"
            idle = {"name": "idle_in_transaction_session_timeout", "longest": str(2 * milliseconds)}
            connection.execute(text(turn), {"key": _TURN, **idle})

    return engine


def _connected(breaker: Breaker, args: Any, options: Any) -> _Bounded:
    began = time.monotonic()
    try:
        return _Bounded.connect(*args, **options)
    except psycopg.errors.ConnectionTimeout:
        _waited(breaker, began)
        raise
    except psycopg.Error:
        breaker.answered()
        raise


def _waited(breaker: Breaker, began: float) -> None:
    """Under load many are asked just before a server freezes, and some answered since the first of them: it
    counts what was answered in the second half of the wait, by the end of which the server ends anything."""
    breaker.waited((began + time.monotonic()) / 2)
