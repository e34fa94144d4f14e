"""The issuers of an organisation's awards, and which of them stand in its register."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, or_, select, update

from matcher.errors import NotFound
from matcher.messages import said
from matcher.store import tables as t
from matcher.store.changes import log_changes
from matcher.store.database import Connection, parts
from matcher.store.organisations import Organisation
from matcher.validation import shown


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who awards. `key`: the address, else the name; `known`: stands in the organisation's register."""

    key: str
    name: str
    url: str
    known: bool
    awards: int


def list_issuers(connection: Connection, organisation: Organisation) -> list[Issuer]:
    """All issuers with the number of their awards, by name."""
    i, a = t.issuers.c, t.achievements.c
    rows = connection.execute(
        select(i.key, i.name, i.url, i.known, func.count(t.awards.c.id))
        .outerjoin(t.achievements, a.issuer_id == i.id)
        .outerjoin(t.awards, t.awards.c.achievement_id == a.id)
        .where(i.organisation_id == organisation.id)
        .group_by(i.id, i.key, i.name, i.url, i.known)
        .order_by(func.lower(i.name), i.key)
    )
    return [Issuer(*row) for row in rows]


def set_issuer_known(connection: Connection, organisation: Organisation, key: str, *, known: bool) -> None:
    """Put the issuer with this key, name or address (letter case aside) in the register, or take it out.

    Every holder of one of its awards is logged as changed, where that changes anything. Raises NotFound.
    """
    i = t.issuers.c
    folded = key.strip().casefold()
    named = or_(func.lower(i.key) == folded, func.lower(i.name) == folded, func.lower(i.url) == folded)
    found = connection.execute(select(i.id, i.known).where(i.organisation_id == organisation.id, named)).all()
    if not found or not folded:  # the empty name is everybody's who has none
        raise NotFound(said("there is no issuer %(key)s", key=shown(key)))
    changing = [id_ for id_, before in found if before != known]
    connection.execute(update(t.issuers).where(i.id.in_(changing)).values(known=known))
    a = t.achievements.c
    offered = connection.execute(select(a.id).where(a.issuer_id.in_(changing))).scalars().all()
    log_changes(connection, organisation.id, achievements=offered)


def issuer_addresses(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Issuer id -> its address, of those that have one."""
    i = t.issuers.c
    found: dict[int, str] = {}
    for some in parts(ids):
        rows = connection.execute(select(i.id, i.url).where(i.id.in_(some), i.url != ""))
        found.update((id_, url) for id_, url in rows)
    return found
