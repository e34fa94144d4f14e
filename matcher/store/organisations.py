"""Organisations: the tenants to which everything but shared vocabularies belongs."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from matcher.errors import NotFound
from matcher.messages import said
from matcher.store import tables as t
from matcher.store.database import Connection
from matcher.validation import shown


@dataclass(frozen=True, slots=True)
class Organisation:
    """A tenant. `vocabulary_change` rises with every change to its own competencies."""

    id: int
    key: str
    name: str
    zone: ZoneInfo
    vocabulary_change: int


def organisation(connection: Connection, key: str) -> Organisation:
    """The organisation with this key. Raises NotFound."""
    found = _find(connection, key)
    if found is None:
        raise NotFound(said("there is no organisation %(key)s", key=shown(key)))
    return found


def create_organisation(connection: Connection, key: str, name: str = "") -> Organisation:
    """The organisation with this key, created where there is none yet."""
    if _find(connection, key) is None:
        connection.execute(insert(t.organisations).values(key=key, name=name))
    return organisation(connection, key)


def organisation_keys(connection: Connection, limit: int) -> list[str]:
    """Keys of the first `limit` organisations, in order."""
    o = t.organisations.c
    rows = connection.execute(select(o.key).where(o.id != t.SHARED).order_by(o.key).limit(limit))
    return list(rows.scalars())


def vocabulary_change(connection: Connection, organisation_id: int) -> int:
    """The number of the last change to the organisation's own competencies (or `SHARED`'s)."""
    o = t.organisations.c
    number: int = connection.execute(select(o.vocabulary_change).where(o.id == organisation_id)).scalar_one()
    return number


def note_vocabulary_change(connection: Connection, organisation_id: int) -> None:
    """Say that a competency, label, relation or vector of the organisation (or of `SHARED`) changed."""
    o = t.organisations.c
    connection.execute(
        update(t.organisations)
        .where(o.id == organisation_id)
        .values(vocabulary_change=o.vocabulary_change + 1)
    )


def _find(connection: Connection, key: str) -> Organisation | None:
    o = t.organisations.c
    row = connection.execute(
        select(o.id, o.key, o.name, o.time_zone, o.vocabulary_change).where(o.key == key, o.id != t.SHARED)
    ).one_or_none()
    if row is None:
        return None
    return Organisation(row.id, row.key, row.name, ZoneInfo(row.time_zone), row.vocabulary_change)
