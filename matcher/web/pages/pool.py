"""What the form of a position suggests for choosing people; kept, because it reads the whole pool."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import current_app

from matcher.store.changes import last_change
from matcher.store.database import Connection
from matcher.store.pool import PoolValues, pool_values

KEPT_SECONDS = 300
"""So long the numbers may be behind; they only help to choose."""

_MOST = 200
_EXTENSION = "credmatch-pool"


@dataclass(frozen=True, slots=True)
class _Kept:
    values: PoolValues
    change: int
    until: float


def suggested(connection: Connection, organisation_id: int) -> PoolValues:
    """The values of the pool that most people have, as they are or were some minutes ago."""
    kept: dict[int, _Kept] = current_app.extensions.setdefault(_EXTENSION, {})
    found, now = kept.get(organisation_id), time.monotonic()
    change = last_change(connection, organisation_id)
    if found is None or (found.change != change and found.until < now):
        values = pool_values(connection, organisation_id, int(time.time()), _MOST)
        found = kept[organisation_id] = _Kept(values, change, now + KEPT_SECONDS)
    return found.values
