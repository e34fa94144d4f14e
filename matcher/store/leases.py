"""Leases: who may do what only one process at a time may do, on however many hosts.

A lease ends by itself, by the database's clock: the holders' own may differ or jump. A holder that was frozen
past its end has lost it, even if nobody else took it. Each new holder of a name gets a higher fencing number,
by which whoever is written to can refuse an earlier holder.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, text, update

from matcher.errors import LeaseLost
from matcher.store import tables as t
from matcher.store.database import Connection, Database, milliseconds_now


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that was acquired. `fence`: higher than that of every holder before."""

    name: str
    holder: str
    fence: int


def acquire(database: Database, name: str, seconds: float) -> Held | None:
    """Take the lease `name` for so many seconds; None where somebody has it.

    It does not wait for the turn of those who write. Raises Unavailable.
    """
    row = t.leases.c
    free = row.expires <= milliseconds_now(database)
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


def require(connection: Connection, held: Held) -> None:
    """Let the transaction write only if the lease is still held, and keep others from it until its end.

    Raises LeaseLost.
    """
    row = t.leases.c
    mine = select(row.fence).where(_mine(held), row.expires > milliseconds_now(connection)).with_for_update()
    if connection.execute(mine).scalar() is None:
        raise LeaseLost(f"the lease {held.name} has ended; somebody else may hold it")


_CREATE = text(
    "INSERT INTO leases (name, holder, fence, expires) VALUES (:name, '', 0, 0) ON CONFLICT (name) DO NOTHING"
)


def _mine(held: Held) -> ColumnElement[bool]:
    row = t.leases.c
    return (row.name == held.name) & (row.fence == held.fence) & (row.holder == held.holder)


def _end(database: Database, seconds: float) -> ColumnElement[int]:
    return milliseconds_now(database) + round(seconds * 1_000)
