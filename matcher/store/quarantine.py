"""Records that could not be read or stored, kept with where they stood and why until they are mended."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update

from matcher.errors import NotFound
from matcher.messages import said
from matcher.records import Rejected
from matcher.store import tables as t
from matcher.store.database import Connection, parts
from matcher.store.identity import digest

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A kept record; `created` is a moment. Lists give only the first 200 characters of `raw`."""

    id: int
    file: str
    line: int
    where: str
    reason: str
    raw: str
    created: int


def put(connection: Connection, organisation_id: int, rejected: Sequence[Rejected]) -> int:
    """Keep what was rejected, the same raw record once; gives how many were not kept before."""
    by_digest = {fingerprint(one): one for one in reversed(rejected)}
    q = t.quarantine.c
    kept: set[bytes] = set()
    for some in parts(by_digest):
        known = select(q.digest).where(q.organisation_id == organisation_id, q.digest.in_(some))
        kept.update(connection.execute(known).scalars())
    now = int(time.time())
    rows = [
        {
            "organisation_id": organisation_id,
            "file": one.file,
            "line": one.line,
            "where": one.where,
            "reason": one.reason,
            "raw": one.raw,
            "digest": key,
            "created": now,
        }
        for key, one in reversed(by_digest.items())
        if key not in kept
    ]
    if rows:
        connection.execute(insert(t.quarantine), rows)
    return len(rows)


def list_(
    connection: Connection, organisation_id: int, *, after: int = 0, limit: int = 100
) -> list[Quarantined]:
    """Up to `limit` kept records with ids above `after`, the oldest first."""
    q = t.quarantine.c
    rows = connection.execute(
        select(q.id, q.file, q.line, q.where, q.reason, func.substr(q.raw, 1, _SHOWN), q.created)
        .where(q.organisation_id == organisation_id, q.id > after)
        .order_by(q.id)
        .limit(limit)
    )
    return [Quarantined(*row) for row in rows]


def show(connection: Connection, organisation_id: int, id_: int) -> Quarantined:
    """One kept record, whole. Raises NotFound."""
    q = t.quarantine.c
    row = connection.execute(
        select(q.id, q.file, q.line, q.where, q.reason, q.raw, q.created).where(
            q.organisation_id == organisation_id, q.id == id_
        )
    ).one_or_none()
    if row is None:
        raise NotFound(said("there is no quarantined record %(id)s", id=str(id_)))
    return Quarantined(*row)


def remove(connection: Connection, organisation_id: int, ids: Iterable[int]) -> int:
    """Forget kept records; gives how many there were."""
    q = t.quarantine.c
    return sum(
        connection.execute(
            delete(t.quarantine).where(q.organisation_id == organisation_id, q.id.in_(some))
        ).rowcount
        for some in parts(ids)
    )


def explain(connection: Connection, organisation_id: int, id_: int, rejected: Rejected) -> None:
    """Say of a kept record what was found wrong with it when it was tried again."""
    q = t.quarantine.c
    connection.execute(
        update(t.quarantine)
        .where(q.organisation_id == organisation_id, q.id == id_)
        .values(where=rejected.where, reason=rejected.reason)
    )


def fingerprint(rejected: Rejected | Quarantined) -> bytes:
    """What tells two kept records apart: the raw record, or where there is none, its place and reason."""
    if rejected.raw:
        return digest(rejected.raw)
    return digest(rejected.file, rejected.line, rejected.where, rejected.reason)


def count_by_reason(connection: Connection, organisation_id: int) -> dict[str, int]:
    """How many records are kept for each reason."""
    q = t.quarantine.c
    rows = connection.execute(
        select(q.reason, func.count()).where(q.organisation_id == organisation_id).group_by(q.reason)
    )
    return {reason: int(count) for reason, count in rows}


def count_since(connection: Connection, organisation_id: int, moment: int) -> int:
    """How many of the kept records were not kept before a moment."""
    q = t.quarantine.c
    kept = select(func.count()).where(q.organisation_id == organisation_id, q.created >= moment)
    return int(connection.execute(kept).scalar_one())
