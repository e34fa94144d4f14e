"""Leases: who may do what only one process at a time may do, on however many hosts.

A lease ends by itself, by the database's clock: the holders' own may differ or jump. A holder that was frozen
past its end has lost it, even if nobody else took it, and may not know it yet: whoever is written to has to
refuse it. Of Elasticsearch's indexes, which a lease guards, door and turn do so
(`matcher.search.elastic_build`); the nightly job's lease keeps a second one from beginning. Each holder has a
higher number than the one before, so that none takes another's lease for its own.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, select, text, update

from matcher.errors import ConfigurationError, LeaseLost, Unavailable
from matcher.store import tables as t
from matcher.store.database import Database, milliseconds_now

SECONDS = 30.0
"""How long a lease lasts that is not renewed; after so long another takes the place of who died or froze."""

_unreleased: WeakKeyDictionary[Database, dict[str, Held]] = WeakKeyDictionary()
"""By name, what this process no longer needs and could not give back: the database did not answer."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that was acquired. `fence`: its number, higher than that of every holder before."""

    name: str
    holder: str
    fence: int


@contextmanager
def leased(
    database: Database, name: str, seconds: float = SECONDS, *, outlast: bool = False
) -> Iterator[bool]:
    """Hold the lease `name`, renewed until the end; yields whether it was got. Raises Unavailable.

    `outlast`: where it is held, wait until it ends, unless its holder shows that they live: they renew it or
    give it back. So who is started anew after they were killed gets what they held.

    Where this process froze for longer than it lasts, it is lost without a sign here (see above).
    """
    held = acquire(database, name, seconds)
    if held is None and outlast:
        held = _acquire_from_dead(database, name, seconds)
    if held is None:
        yield False
        return
    done = threading.Event()
    keeper = threading.Thread(target=_keep, args=(database, held, seconds, done), name="lease", daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        done.set()
        keeper.join()
        left = _unreleased.setdefault(database, {})
        try:
            release(database, held)
            left.pop(name, None)
        except (Unavailable, ConfigurationError):  # it ends by itself, and until then is nobody's but ours
            left[name] = held


def _keep(database: Database, held: Held, seconds: float, done: threading.Event) -> None:
    """Renew a lease until `done`, or until it is lost."""
    while not done.wait(seconds / 3):
        try:
            renew(database, held, seconds)
        except LeaseLost as error:
            _log.warning("%s", error)
            return
        except (Unavailable, ConfigurationError) as error:  # whoever mends it may do so before it ends
            _log.warning("the lease %s could not be renewed: %s", held.name, error)


def acquire(database: Database, name: str, seconds: float) -> Held | None:
    """Take the lease `name` for so many seconds; None where somebody has it.

    One that this process could not give back is free for it. It does not wait for the turn of those who
    write. Raises Unavailable.
    """
    row = t.leases.c
    free = row.expires <= milliseconds_now(database)
    if left := _unreleased.get(database, {}).get(name):
        free |= _mine(left)
    with database.read() as connection:  # most often somebody has it: then nothing is written
        found = connection.execute(select(free).where(row.name == name)).scalar()
    if found is False:
        return None
    holder = f"{socket.gethostname()[:100]}:{os.getpid()}:{uuid.uuid4().hex}"
    with database.write(in_turn=False) as connection:
        connection.execute(_CREATE, {"name": name})
        fence = connection.execute(
            update(t.leases)
            .where(row.name == name, free)
            .values(holder=holder, fence=row.fence + 1, expires=_end(database, seconds))
            .returning(row.fence)
        ).scalar()
    return None if fence is None else Held(name, holder, fence)


def _acquire_from_dead(database: Database, name: str, seconds: float) -> Held | None:
    """The lease once it has ended of itself; None as soon as its holder renews it or gives it back."""
    row = t.leases.c
    looked = select(row.fence, row.expires, row.expires <= milliseconds_now(database)).where(row.name == name)
    seen: tuple[int, int] | None = None
    while True:
        with database.read() as connection:
            fence, expires, free = connection.execute(looked).one()
        if seen not in {None, (fence, expires)}:
            return None
        if free:
            return acquire(database, name, seconds)
        seen = fence, expires
        time.sleep(min(1.0, seconds / 3))


def renew(database: Database, held: Held, seconds: float) -> None:
    """Let it last so many seconds from now. Raises LeaseLost where it has ended; and Unavailable."""
    row = t.leases.c
    with database.write(in_turn=False) as connection:
        done = connection.execute(
            update(t.leases)
            .where(_mine(held), row.expires > milliseconds_now(database))
            .values(expires=_end(database, seconds))
        )
    if done.rowcount == 0:
        raise LeaseLost(f"the lease {held.name} has ended; somebody else may hold it")


def release(database: Database, held: Held) -> None:
    """Give it back; nothing happens where it was lost."""
    with database.write(in_turn=False) as connection:
        connection.execute(update(t.leases).where(_mine(held)).values(holder="", expires=0))


_CREATE = text(
    "INSERT INTO leases (name, holder, fence, expires) VALUES (:name, '', 0, 0) ON CONFLICT (name) DO NOTHING"
)


def _mine(held: Held) -> ColumnElement[bool]:
    row = t.leases.c
    return (row.name == held.name) & (row.fence == held.fence) & (row.holder == held.holder)


def _end(database: Database, seconds: float) -> ColumnElement[int]:
    return milliseconds_now(database) + round(seconds * 1_000)
